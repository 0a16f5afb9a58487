//! Pitches as musicians write them: `C4` is middle C, MIDI pitch 60.

use std::ops::RangeInclusive;

use super::roll::PITCHES;

/// Semitones of the letters from A to G above C.
const LETTERS: [i32; 7] = [9, 11, 0, 2, 4, 5, 7];

/// A pitch: a letter, `#` or `b` if any, and an octave from -1 to 9, or a MIDI pitch from 0 to 127.
///
/// # Errors
/// A clause that describes the notation.
pub fn parse(text: &str) -> Result<u8, String> {
    let wrong = || format!("'{text}' is not a pitch from C-1 to G9; middle C is C4, or 60");
    let in_range = |pitch: i32| u8::try_from(pitch).ok().filter(|&pitch| usize::from(pitch) < PITCHES);
    let parsed = text.parse().ok().and_then(in_range).or_else(|| {
        let letter = text.chars().next()?.to_ascii_uppercase();
        let natural = LETTERS.get((letter as usize).checked_sub('A' as usize)?)?;
        let rest = &text[1..];
        let sharp = ["#", "♯"].iter().find_map(|sign| rest.strip_prefix(sign)).map(|rest| (1, rest));
        let flat = ["b", "♭"].iter().find_map(|sign| rest.strip_prefix(sign)).map(|rest| (-1, rest));
        let (shift, octave) = sharp.or(flat).unwrap_or((0, rest));
        let octave: i32 = octave.parse().ok().filter(|octave| (-1..=9).contains(octave))?;
        in_range(12 * (octave + 1) + natural + shift)
    });
    parsed.ok_or_else(wrong)
}

/// The pitches from one to another: `C4-C6`, `60-84`. A single pitch is a range of one.
///
/// # Errors
/// One sentence that describes the notation.
pub fn parse_range(text: &str) -> Result<RangeInclusive<u8>, String> {
    // A minus sign after a letter or at the beginning is that of an octave.
    let is_dash = |&(at, _): &(usize, &str)| text[..at].trim_end().ends_with(|c: char| c.is_ascii_digit());
    let dash = text.match_indices('-').find(is_dash);
    let (low, high) = dash.map_or((text, text), |(at, _)| (&text[..at], &text[at + 1..]));
    let (low, high) = (parse(low.trim())?, parse(high.trim())?);
    if low > high {
        return Err(format!("the pitches '{text}' end before they begin; write the lower one first, as in C4-C6"));
    }
    Ok(low..=high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitches_are_named_or_numbered() {
        for (text, pitch) in [
            ("C4", 60),
            ("c4", 60),
            ("60", 60),
            ("A0", 21),
            ("C-1", 0),
            ("G9", 127),
            ("Bb3", 58),
            ("F#5", 78),
            ("Cb4", 59),
            ("B♭3", 58),
        ] {
            assert_eq!(parse(text), Ok(pitch), "{text}");
        }
        for text in ["", "C", "H4", "G#9", "128", "-1", "C10", "C4x", "é4", "Cb-1"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ranges_have_two_ends() {
        for (text, range) in [
            ("C4-C6", 60..=84),
            ("60-84", 60..=84),
            ("C-1-C4", 0..=60),
            ("C-1 - G9", 0..=127),
            ("C4", 60..=60),
            ("Bb2-60", 46..=60),
        ] {
            assert_eq!(parse_range(text), Ok(range), "{text}");
        }
        assert!(parse_range("C5-C4").unwrap_err().contains("lower one first"));
        assert_eq!(parse_range("C4-x").unwrap_err(), "'x' is not a pitch from C-1 to G9; middle C is C4, or 60");
    }
}
