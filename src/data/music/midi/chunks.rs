//! The chunks of a Standard MIDI file, in files whose lengths and counts may be wrong.

use super::bytes::{find, is_at};

const TRACK: &[u8; 4] = b"MTrk";
const HEADER: &[u8; 4] = b"MThd";
/// Bytes of a chunk's type and length.
const HEAD: usize = 8;

/// The header of a file.
pub(super) struct Header {
    /// 0, 1 or 2.
    pub format: u16,
    /// Number of tracks that the file claims.
    pub tracks: usize,
    pub division: u16,
    /// Offset of the division.
    pub division_at: usize,
    /// Offset of the chunk after the header.
    pub next: usize,
}

impl Header {
    /// Reads a header, at the start or after the head of another container, such as RIFF.
    ///
    /// # Errors
    /// One sentence with the offset if there is none.
    pub fn read(file: &[u8]) -> Result<Self, String> {
        if file.is_empty() {
            return Err("is empty".into());
        }
        let start = start(file).ok_or("is not a MIDI file: it does not begin with MThd")?;
        let word = |i: usize| {
            let at = start + HEAD + 2 * i;
            let bytes = file.get(at..at + 2).and_then(<[u8]>::first_chunk);
            bytes.map(|bytes| u16::from_be_bytes(*bytes)).ok_or_else(|| {
                format!("is cut off at byte {}: expected {} bytes of a header", file.len(), start + HEAD + 6)
            })
        };
        let (format, tracks, division) = (word(0)?, word(1)?.into(), word(2)?);
        let shortest = start + HEAD + 6;
        let next = end(file, start).filter(|&end| end >= shortest && begins_chunk(file, end)).unwrap_or(shortest);
        Ok(Self { format, tracks, division, division_at: start + HEAD + 4, next })
    }
}

/// Offset of the header. Where it is not the first chunk, its length has to be plausible.
fn start(file: &[u8]) -> Option<usize> {
    if is_at(file, HEADER, 0) {
        return Some(0);
    }
    let plausible = |&at: &usize| length(file, at).is_some_and(|length| (6..=64).contains(&length));
    find(file, HEADER, 0).filter(plausible)
}

/// Whether a file holds MIDI, as its first bytes tell.
pub fn is_midi(start: &[u8]) -> bool {
    start.starts_with(HEADER) || (start.starts_with(b"RIFF") && is_at(start, b"RMID", 8))
}

/// The extent of a track.
pub(super) struct Extent {
    /// Offset of its first event.
    pub start: usize,
    /// Offset after its last event, as far as can be told without reading them.
    pub end: usize,
    /// Whether `end` follows from its length. Otherwise the length is wrong, and `end` is the next track or the file's end.
    trusted: bool,
    /// Bytes that the track should have after the file's end.
    pub missing: usize,
}

impl Extent {
    /// The first track at `at` or later. Other chunks, and bytes that are no chunk, are passed over.
    pub fn next(file: &[u8], mut at: usize) -> Option<Self> {
        while !is_at(file, TRACK, at) {
            at = match end(file, at) {
                Some(end) if is_named(file, at) => end,
                _ => find(file, TRACK, at)?,
            };
        }
        let start = at + HEAD;
        let length = length(file, at)?;
        let declared = start.saturating_add(length);
        let trusted = declared <= file.len() && (begins_chunk(file, declared) || ends_track(file, declared));
        let end = if trusted { declared } else { find(file, TRACK, start).unwrap_or(file.len()) };
        // Programs that record without end write the largest number.
        let unknown = length > i32::MAX as usize || end < file.len();
        Some(Self { start, end, trusted, missing: if unknown { 0 } else { declared.saturating_sub(file.len()) } })
    }

    /// Offset of the chunk after this one; `ended` is the offset after the end-of-track event, if there is one.
    pub fn after(&self, file: &[u8], ended: Option<usize>) -> usize {
        match ended {
            Some(ended) if !self.trusted || is_at(file, TRACK, ended) => ended,
            _ => self.end,
        }
    }
}

/// Whether the bytes after the last track are the beginning of another one.
pub(super) fn breaks_off(file: &[u8], at: usize) -> bool {
    let rest = file.get(at..).unwrap_or_default();
    !rest.is_empty() && rest.len() < HEAD && rest.iter().zip(TRACK).all(|(a, b)| a == b)
}

/// The length that a chunk claims.
fn length(file: &[u8], at: usize) -> Option<usize> {
    let bytes = file.get(at + 4..at + HEAD)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes) as usize)
}

/// Offset after a chunk, if it is within the file.
fn end(file: &[u8], at: usize) -> Option<usize> {
    at.checked_add(HEAD)?.checked_add(length(file, at)?).filter(|&end| end <= file.len())
}

/// Whether a chunk's type is a word.
fn is_named(file: &[u8], at: usize) -> bool {
    file.get(at..at + 4).is_some_and(|name| name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b' '))
}

/// Whether a chunk begins at an offset, or the file ends there.
fn begins_chunk(file: &[u8], at: usize) -> bool {
    at == file.len() || is_at(file, TRACK, at) || (is_named(file, at) && end(file, at).is_some())
}

/// Whether the bytes before an offset are an end-of-track event.
fn ends_track(file: &[u8], at: usize) -> bool {
    at >= 3 && is_at(file, &[0xFF, 0x2F, 0x00], at - 3)
}
