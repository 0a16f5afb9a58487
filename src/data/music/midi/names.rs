//! Names of tracks: bytes in an encoding that the file does not tell.

use super::encodings::{composed, japanese, latin};

/// The name of a track, and the other reading of bytes that are not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name {
    text: String,
    other: Option<String>,
}

impl Name {
    /// Decodes a name: UTF-8, or else Shift-JIS or Latin-1 (Windows-1252), whichever is more plausible.
    pub(super) fn decode(bytes: &[u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Self { text: trimmed(text), other: None };
        }
        let latin = trimmed(&latin(bytes));
        let Some(japanese) = japanese(bytes) else {
            return Self { text: latin, other: None };
        };
        // Two bytes of a Latin word may happen to be a character; a Japanese name consists of them.
        let wide = japanese.chars().filter(|c| ('\u{3000}'..'\u{A000}').contains(c)).count();
        let japanese = trimmed(&japanese);
        let (text, other) = if 2 * wide >= japanese.chars().count() { (japanese, latin) } else { (latin, japanese) };
        Self { text, other: Some(other) }
    }

    /// The more plausible reading; empty if the track has no name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a reading equals `wanted`, regardless of case and Unicode's forms.
    pub fn is(&self, wanted: &str) -> bool {
        let wanted = folded(wanted);
        std::iter::once(&self.text).chain(&self.other).any(|reading| folded(reading) == wanted)
    }
}

/// A name without the blanks, zero bytes and byte-order mark around it.
fn trimmed(name: &str) -> String {
    name.trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{FEFF}').to_owned()
}

/// Equal for texts that differ in case or form only. Upper case first, since it makes SS of ß.
fn folded(name: &str) -> String {
    composed(&trimmed(name)).to_uppercase().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::SHIFT_JIS;

    #[test]
    fn names_are_decoded_by_what_they_are() {
        let text = |bytes: &[u8]| Name::decode(bytes).text;
        assert_eq!(text(b" Piano\0\0"), "Piano");
        assert_eq!(text(b"Fl\xF6te"), "Flöte");
        assert_eq!(text(b"Kl\xE4nge"), "Klänge", "also a kanji between Latin letters");
        assert_eq!(text(&SHIFT_JIS.encode("ピアノ").0), "ピアノ");
        assert_eq!(text("\u{FEFF}曲".as_bytes()), "曲");
    }

    #[test]
    fn names_are_compared_in_every_reading_without_case() {
        let is = |bytes: &[u8], wanted: &str| Name::decode(bytes).is(wanted);
        assert!(
            is(b"Fl\xF6te", "FLÖTE") && is("Flo\u{308}te".as_bytes(), "flöte") && is("STRASSE".as_bytes(), "Straße")
        );
        assert!(is(&SHIFT_JIS.encode("ピアノ 2").0, "ピアノ 2") && is(&SHIFT_JIS.encode("Piano 右").0, "PIANO 右"));
        assert!(is(b"piano\0", " Piano") && !is(b"piano", "pian"));
    }
}
