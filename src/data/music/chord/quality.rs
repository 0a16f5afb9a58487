//! The kinds of chords: intervals above the root, and how they are written.

/// A kind of chord.
#[derive(Debug)]
pub(super) struct Quality {
    /// What is written after the root.
    pub suffix: &'static str,
    /// Other spellings that are read.
    pub also: &'static [&'static str],
    /// Semitones above the root.
    pub intervals: &'static [usize],
}

/// Number of kinds that are recognised in music: the first of [`QUALITIES`].
pub(super) const TEMPLATES: usize = 9;

const fn quality(suffix: &'static str, also: &'static [&'static str], intervals: &'static [usize]) -> Quality {
    Quality { suffix, also, intervals }
}

/// All kinds. Of two that have the same tones, a name uses the first.
pub(super) const QUALITIES: [Quality; 20] = [
    quality("", &["maj", "major", "M"], &[0, 4, 7]),
    quality("m", &["min", "minor"], &[0, 3, 7]),
    quality("dim", &["o", "°"], &[0, 3, 6]),
    quality("sus4", &["sus"], &[0, 5, 7]),
    quality("7", &["dom7"], &[0, 4, 7, 10]),
    quality("maj7", &["M7", "Δ", "Δ7"], &[0, 4, 7, 11]),
    quality("m7", &["min7"], &[0, 3, 7, 10]),
    quality("sus2", &[], &[0, 2, 7]),
    quality("aug", &["+"], &[0, 4, 8]),
    quality("6", &["maj6"], &[0, 4, 7, 9]),
    quality("m6", &["min6"], &[0, 3, 7, 9]),
    quality("m7b5", &["ø", "hdim7"], &[0, 3, 6, 10]),
    quality("dim7", &["o7", "°7"], &[0, 3, 6, 9]),
    quality("add9", &["add2"], &[0, 2, 4, 7]),
    quality("9", &[], &[0, 2, 4, 7, 10]),
    quality("maj9", &["M9"], &[0, 2, 4, 7, 11]),
    quality("m9", &["min9"], &[0, 2, 3, 7, 10]),
    quality("mmaj7", &["mM7", "minmaj7"], &[0, 3, 7, 11]),
    quality("7sus4", &["7sus"], &[0, 5, 7, 10]),
    quality("5", &[], &[0, 7]),
];

/// The kind with a suffix in one of its spellings.
pub(super) fn of_suffix(suffix: &str) -> Option<&'static Quality> {
    QUALITIES.iter().find(|quality| quality.suffix == suffix || quality.also.contains(&suffix))
}

/// The suffix closest to an unknown one, as a suggestion.
pub(super) fn closest(suffix: &str) -> &'static str {
    let written = QUALITIES.iter().map(|quality| quality.suffix).filter(|suffix| !suffix.is_empty());
    written.min_by_key(|known| strsim::osa_distance(known, suffix)).unwrap_or_default()
}
