//! Which files are songs: by their endings, or by their first bytes where the ending does not tell.

use crate::data::music::midi;
use crate::data::picture;

/// Number of first bytes that [`Kind::of_content`] and [`unusable`] need.
pub const START: usize = 12;

/// The format of a song.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A MIDI file, on its own or in a RIFF container.
    Midi,
    /// A PNG picture.
    Png,
}

impl Kind {
    /// The format that a file's ending tells.
    pub fn of_name(name: &str) -> Option<Self> {
        match ending(name)?.as_str() {
            "mid" | "midi" | "kar" | "smf" | "rmi" => Some(Self::Midi),
            "png" => Some(Self::Png),
            _ => None,
        }
    }

    /// The format that the first bytes of a file tell.
    pub fn of_content(start: &[u8]) -> Option<Self> {
        if midi::is_midi(start) {
            return Some(Self::Midi);
        }
        picture::is_png(start).then_some(Self::Png)
    }
}

/// Endings of files that are certainly not songs, so that they need not be opened.
const OTHERS: [&str; 40] = [
    "txt",
    "md",
    "rst",
    "pdf",
    "rtf",
    "doc",
    "docx",
    "xls",
    "xlsx",
    "csv",
    "tsv",
    "json",
    "jsonl",
    "yaml",
    "yml",
    "toml",
    "xml",
    "html",
    "htm",
    "css",
    "js",
    "py",
    "rs",
    "lock",
    "log",
    "safetensors",
    "pt",
    "ckpt",
    "npy",
    "npz",
    "wav",
    "mp3",
    "ogg",
    "flac",
    "m4a",
    "jpg",
    "jpeg",
    "gif",
    "svg",
    "mp4",
];
/// Endings of scores in formats that are not read.
const SCORES: [&str; 10] = ["mxl", "musicxml", "mscz", "abc", "krn", "gp5", "gpx", "mus", "sib", "nwc"];
/// First bytes of compressed files: gzip, zip, xz, bzip2, 7z, rar.
const COMPRESSED: [&[u8]; 6] = [b"\x1F\x8B", b"PK\x03\x04", b"\xFD7zXZ", b"BZh", b"7z\xBC\xAF", b"Rar!"];

/// Whether the ending of a file tells that it is no song.
pub fn is_other(name: &str) -> bool {
    ending(name).is_some_and(|ending| OTHERS.contains(&ending.as_str()))
}

/// Why a file that seems to hold music cannot be used, from its name and its first bytes; `None` for any other file.
pub fn unusable(name: &str, start: &[u8]) -> Option<&'static str> {
    if COMPRESSED.iter().any(|magic| start.starts_with(magic)) {
        return Some("is compressed; unpack it if it has songs");
    }
    if ending(name).is_some_and(|ending| SCORES.contains(&ending.as_str())) {
        return Some("is a score of another format; export it as a .mid file");
    }
    let lower = name.to_lowercase();
    let resembles = [".mid", ".kar", ".smf", ".rmi", ".png"].iter().any(|ending| lower.contains(ending));
    resembles.then_some("is neither a MIDI file nor a PNG picture")
}

/// Whether a file begins like a .zip.
pub fn is_zip(start: &[u8]) -> bool {
    start.starts_with(COMPRESSED[1])
}

/// The ending of a name in lower case.
fn ending(name: &str) -> Option<String> {
    name.rsplit('/').next()?.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase())
}
