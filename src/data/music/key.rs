//! Keys as the twelve diatonic collections, each of a major key and its relative natural minor.
//!
//! A collection is numbered by the pitch class of its major tonic: 0 is C major and A minor, 1 is D flat major and B flat
//! minor.

use super::roll::Note;

/// Number of collections.
pub const COUNT: usize = 12;

/// Scale degrees, in semitones above the major tonic.
pub(super) const DEGREES: [usize; 7] = [0, 2, 4, 5, 7, 9, 11];
/// Semitones from a minor tonic up to that of its relative major.
const RELATIVE: usize = 3;

/// The collections in the usual spelling of their major and minor keys.
const NAMES: [&str; COUNT] = [
    "C / Am", "Db / Bbm", "D / Bm", "Eb / Cm", "E / C#m", "F / Dm", "F# / D#m", "G / Em", "Ab / Fm", "A / F#m",
    "Bb / Gm", "B / G#m",
];

/// Number of notes of each pitch class.
pub fn pitch_classes(notes: &[Note]) -> [u32; COUNT] {
    let mut classes = [0; COUNT];
    for note in notes {
        classes[usize::from(note.pitch) % COUNT] += 1;
    }
    classes
}

/// Number of notes in a collection.
pub fn notes_in(key: usize, classes: &[u32; COUNT]) -> u32 {
    DEGREES.iter().map(|degree| classes[(key + degree) % COUNT]).sum()
}

/// The collection with most of the notes. Ties go to the collection with most notes on its two tonics, then to the lowest.
pub fn of(classes: &[u32; COUNT]) -> usize {
    (0..COUNT).max_by_key(|&key| (fit(key, classes), COUNT - key)).unwrap_or(0)
}

/// Whether no collection fits the notes better than this one.
pub fn fits_best(key: usize, classes: &[u32; COUNT]) -> bool {
    fit(key, classes) == fit(of(classes), classes)
}

/// How well a collection fits: its notes, then those on its two tonics.
fn fit(key: usize, classes: &[u32; COUNT]) -> (u32, u32) {
    (notes_in(key, classes), classes[key] + classes[(key + COUNT - RELATIVE) % COUNT])
}

/// A collection in musical notation, as its major and its relative minor key: `C / Am`.
///
/// # Panics
/// If there is no such collection.
#[track_caller]
pub fn name(key: usize) -> &'static str {
    NAMES[key]
}

/// The collection of notes in musical notation, or `silence`.
pub fn describe(notes: &[Note]) -> &'static str {
    if notes.is_empty() { "silence" } else { name(of(&pitch_classes(notes))) }
}

/// The collection of a key in musical notation: `C`, `F#`, `Bb`, `Am`, `c# minor`, `E flat major`.
///
/// # Errors
/// A clause that describes the notation.
pub fn parse(text: &str) -> Result<usize, String> {
    let lower = text.trim().to_lowercase();
    let named = lower.chars().next().and_then(|letter| {
        let tonic = [9, 11, 0, 2, 4, 5, 7].get((letter as usize).checked_sub('a' as usize)?)?;
        let rest = lower[1..].trim_start();
        let cut = |marks: &[&str]| marks.iter().find_map(|mark| rest.strip_prefix(mark));
        let (shift, rest) = match (cut(&["#", "♯", "sharp"]), cut(&["b", "♭", "flat"])) {
            (Some(rest), _) => (1, rest),
            (_, Some(rest)) => (COUNT - 1, rest),
            _ => (0, rest),
        };
        let mode = match rest.trim() {
            "" | "maj" | "major" => 0,
            "m" | "min" | "minor" => RELATIVE,
            _ => return None,
        };
        Some((tonic + shift + mode) % COUNT)
    });
    named.ok_or_else(|| "a key is a letter, # or b if any, and m for minor, as in C, F#, Bb or Am".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(pitches: &[u8]) -> [u32; COUNT] {
        let note = |&pitch| Note { start: 0, duration: 1, pitch, velocity: 80 };
        pitch_classes(&pitches.iter().map(note).collect::<Vec<_>>())
    }

    #[test]
    fn a_scale_is_its_key_and_its_relative_minor() {
        assert_eq!(of(&classes(&[60, 62, 64, 65, 67, 69, 71])), 0);
        assert_eq!(of(&classes(&[57, 59, 60, 62, 64, 65, 67])), 0);
        // G major, without and with a foreign note
        assert_eq!(of(&classes(&[67, 69, 71, 72, 74, 76, 78])), 7);
        assert_eq!(of(&classes(&[67, 69, 71, 72, 74, 76, 78, 67, 63])), 7);
    }

    #[test]
    fn among_keys_that_hold_all_notes_the_tonics_decide() {
        // C, D, E, G, A are in C, F and G major.
        assert_eq!(of(&classes(&[60, 62, 64, 67, 69, 60])), 0);
        assert_eq!(of(&classes(&[62, 62, 62, 67, 69, 67, 67, 64, 60])), 7);
        assert_eq!(of(&[0; COUNT]), 0);
    }

    #[test]
    fn transposing_notes_transposes_their_key() {
        let tune = [60, 62, 64, 65, 67, 69, 71, 60, 67];
        for shift in 0..12 {
            assert_eq!(of(&classes(&tune.map(|pitch| pitch + shift))), usize::from(shift));
        }
    }

    #[test]
    fn names_read_as_their_collection() {
        for key in 0..COUNT {
            assert!(name(key).split(" / ").all(|name| parse(name) == Ok(key)), "{}", name(key));
        }
        assert_eq!(describe(&[]), "silence");
    }

    #[test]
    fn keys_are_read_in_musical_notation() {
        for (text, key) in [
            ("C", 0),
            ("c", 0),
            ("Am", 0),
            ("a minor", 0),
            ("F#", 6),
            ("Gb", 6),
            ("E flat major", 3),
            ("c sharp minor", 4),
            ("Bbm", 1),
            ("B", 11),
            ("bb", 10),
            ("Cb", 11),
            (" G♯ min ", 11),
        ] {
            assert_eq!(parse(text), Ok(key), "{text}");
        }
        for text in ["", "H", "C##", "Cx", "7", "é", "major", "Amm"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
