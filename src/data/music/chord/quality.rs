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
pub(super) const QUALITIES: [Quality; 37] = [
    quality("", &["maj", "major", "ma", "M", "Δ"], &[0, 4, 7]),
    quality("m", &["min", "minor", "mi", "-"], &[0, 3, 7]),
    quality("dim", &["o", "°", "mb5"], &[0, 3, 6]),
    quality("sus4", &["sus", "4"], &[0, 5, 7]),
    quality("7", &["dom7"], &[0, 4, 7, 10]),
    quality("maj7", &["ma7", "M7", "Δ7", "j7"], &[0, 4, 7, 11]),
    quality("m7", &["min7", "mi7", "-7"], &[0, 3, 7, 10]),
    quality("sus2", &["2"], &[0, 2, 7]),
    quality("aug", &["+"], &[0, 4, 8]),
    quality("6", &["maj6", "ma6", "M6"], &[0, 4, 7, 9]),
    quality("m6", &["min6", "mi6", "-6"], &[0, 3, 7, 9]),
    quality("m7b5", &["ø", "ø7", "hdim7", "min7b5", "mi7b5", "-7b5"], &[0, 3, 6, 10]),
    quality("dim7", &["o7", "°7"], &[0, 3, 6, 9]),
    quality("add9", &["add2"], &[0, 2, 4, 7]),
    quality("9", &["dom9"], &[0, 2, 4, 7, 10]),
    quality("maj9", &["ma9", "M9", "Δ9", "j9"], &[0, 2, 4, 7, 11]),
    quality("m9", &["min9", "mi9", "-9"], &[0, 2, 3, 7, 10]),
    quality("mmaj7", &["mM7", "mma7", "minmaj7", "mimaj7", "-maj7", "-Δ7", "mΔ7"], &[0, 3, 7, 11]),
    quality("7sus4", &["7sus"], &[0, 5, 7, 10]),
    quality("5", &[], &[0, 7]),
    quality("madd9", &["madd2", "minadd9", "-add9"], &[0, 2, 3, 7]),
    quality("add11", &["add4"], &[0, 4, 5, 7]),
    quality("69", &["6/9", "6add9"], &[0, 2, 4, 7, 9]),
    quality("m69", &["m6/9", "min69", "-69"], &[0, 2, 3, 7, 9]),
    quality("7b5", &[], &[0, 4, 6, 10]),
    quality("7#5", &["aug7", "+7", "7+"], &[0, 4, 8, 10]),
    quality("7b9", &[], &[0, 1, 4, 7, 10]),
    quality("7#9", &[], &[0, 3, 4, 7, 10]),
    quality("7#11", &[], &[0, 4, 6, 7, 10]),
    quality("maj7#5", &["M7#5", "augmaj7", "+maj7"], &[0, 4, 8, 11]),
    quality("maj7#11", &["M7#11", "Δ7#11"], &[0, 4, 6, 7, 11]),
    quality("9sus4", &["9sus", "11"], &[0, 2, 5, 7, 10]),
    quality("m11", &["min11", "mi11", "-11"], &[0, 2, 3, 5, 7, 10]),
    quality("13", &[], &[0, 2, 4, 7, 9, 10]),
    quality("maj13", &["ma13", "M13"], &[0, 2, 4, 7, 9, 11]),
    quality("m13", &["min13", "mi13", "-13"], &[0, 2, 3, 7, 9, 10]),
    quality("13sus4", &["13sus"], &[0, 2, 5, 7, 9, 10]),
];

/// The kind with a suffix in one of its spellings. Brackets are left out, as in m7(b5), and signs may be those of printed music.
pub(super) fn of_suffix(suffix: &str) -> Option<&'static Quality> {
    let plain = |character| match character {
        '(' | ')' => None,
        '♭' => Some('b'),
        '♯' => Some('#'),
        '△' | '^' => Some('Δ'),
        other => Some(other),
    };
    let suffix: String = suffix.chars().filter_map(plain).collect();
    QUALITIES.iter().find(|quality| quality.suffix == suffix || quality.also.contains(&suffix.as_str()))
}

/// The suffix closest to an unknown one, as a suggestion.
pub(super) fn closest(suffix: &str) -> &'static str {
    let written = QUALITIES.iter().map(|quality| quality.suffix).filter(|suffix| !suffix.is_empty());
    written.min_by_key(|known| strsim::osa_distance(known, suffix)).unwrap_or_default()
}
