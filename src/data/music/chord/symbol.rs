//! Reading the symbol of a chord, as `F#m7/C#`.

use super::quality::{closest, of_suffix};
use super::spelling;
use super::tones::Chord;
use std::str::FromStr;

/// The part of a symbol that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Characters of the symbol before it.
    pub at: usize,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl FromStr for Chord {
    type Err = String;

    /// A root A to G with # or b, a kind (m, 7, maj7, m7, dim, aug, sus2, sus4, 6, m6, 9, add9, ...), and a slash with another
    /// bass; or N for no chord. The error names the column.
    fn from_str(text: &str) -> Result<Self, String> {
        read(text).map_err(|Fault { at, reason }| format!("column {}: {reason}", at + 1))
    }
}

/// The chord of a symbol.
pub(super) fn read(symbol: &str) -> Result<Chord, Fault> {
    if matches!(symbol, "N" | "NC" | "N.C." | "N.C" | "n.c." | "nc") {
        return Ok(Chord::NONE);
    }
    let (head, bass) = match symbol.rsplit_once('/') {
        // C6/9
        None | Some((_, "9")) => (symbol, None),
        Some((head, bass)) => (head, Some(bass)),
    };
    let (root, suffix) = spelling::read(head).ok_or_else(|| Fault { at: 0, reason: no_root(symbol) })?;
    let quality = of_suffix(suffix).ok_or_else(|| {
        let name = head.strip_suffix(suffix).unwrap_or(head);
        let reason = format!("'{suffix}' is not a kind of chord; the closest is {name}{}", closest(suffix));
        Fault { at: name.chars().count(), reason }
    })?;
    let chord = Chord::above(root, quality.intervals);
    match bass.map(|bass| (bass, spelling::read(bass))) {
        None => Ok(chord),
        Some((_, Some((class, "")))) => Ok(chord.over(class)),
        Some((bass, _)) => {
            let reason =
                format!("'{bass}' after the slash is not a note; write a letter A to G with # or b, as in C/E");
            Err(Fault { at: head.chars().count() + 1, reason })
        }
    }
}

/// Why a symbol has no root.
fn no_root(symbol: &str) -> String {
    match symbol.chars().next() {
        None => "a chord is missing; write one such as Am, or N for none".into(),
        Some(letter @ 'a'..='g') => {
            format!("'{symbol}' begins with a small letter; write {}{}", letter.to_ascii_uppercase(), &symbol[1..])
        }
        Some('H' | 'h') => format!("'{symbol}' is not a chord; the note H is written B"),
        Some(_) => format!("'{symbol}' is not a chord; write a root A to G, as in Am, F#m7 or C/E, or N for none"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_read() {
        for (text, classes, bass) in [
            ("C", &[0, 4, 7][..], 0),
            ("Cmaj", &[0, 4, 7], 0),
            ("Am", &[9, 0, 4], 9),
            ("F#m7", &[6, 9, 1, 4], 6),
            ("Bb7", &[10, 2, 5, 8], 10),
            ("Bbmaj7/D", &[10, 2, 5, 9], 2),
            ("Bdim", &[11, 2, 5], 11),
            ("Eaug", &[4, 8, 0], 4),
            ("Dsus2", &[2, 4, 9], 2),
            ("Gsus4", &[7, 0, 2], 7),
            ("C6", &[0, 4, 7, 9], 0),
            ("Am6", &[9, 0, 4, 6], 9),
            ("G9", &[7, 11, 2, 5, 9], 7),
            ("Cadd9", &[0, 4, 7, 2], 0),
            ("C/Bb", &[0, 4, 7, 10], 10),
            ("F#m7b5", &[6, 9, 0, 4], 6),
            ("F♯m7(♭5)", &[6, 9, 0, 4], 6),
            ("A-7", &[9, 0, 4, 7], 9),
            ("C6/9", &[0, 2, 4, 7, 9], 0),
            ("C6/9/E", &[0, 2, 4, 7, 9], 4),
            ("E7(#9)", &[4, 7, 8, 11, 2], 4),
            ("G13", &[7, 9, 11, 2, 4, 5], 7),
            ("Bb/D", &[10, 2, 5], 2),
            ("C^7", &[0, 4, 7, 11], 0),
            ("D11", &[2, 4, 7, 9, 0], 2),
        ] {
            assert_eq!(text.parse(), Ok(Chord::new(classes.iter().copied(), bass)), "{text}");
        }
        assert_eq!(["N", "N.C.", "NC", "n.c."].map(str::parse), [const { Ok(Chord::NONE) }; 4]);
    }

    #[test]
    fn an_error_has_the_column_and_says_what_would_be_right() {
        for (text, message) in [
            ("am", "column 1: 'am' begins with a small letter; write Am"),
            ("Hm", "column 1: 'Hm' is not a chord; the note H is written B"),
            ("X", "column 1: 'X' is not a chord; write a root A to G, as in Am, F#m7 or C/E, or N for none"),
            ("C#mah7", "column 3: 'mah7' is not a kind of chord; the closest is C#maj7"),
            ("F#m/x", "column 5: 'x' after the slash is not a note; write a letter A to G with # or b, as in C/E"),
            ("C/", "column 3: '' after the slash is not a note; write a letter A to G with # or b, as in C/E"),
            ("", "column 1: a chord is missing; write one such as Am, or N for none"),
        ] {
            assert_eq!(text.parse::<Chord>(), Err(message.to_owned()));
        }
    }
}
