//! Standard MIDI files: bytes to notes in ticks, and rolls to bytes.

mod read;
mod write;

pub use read::parse;
pub use write::{TICKS_PER_BEAT, write, write_tracks};

use super::roll::TimeSignature;

/// How many names of tracks a message quotes, and how many letters of each.
const NAMED: usize = 40;
/// The channel of drums, counted from 0.
const DRUMS: u8 = 9;

/// What a MIDI file holds, as far as a piano roll needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Ticks per quarter note, at least 1.
    pub ticks_per_beat: u32,
    /// The tracks in the file's order, those without notes too.
    pub tracks: Vec<Track>,
    /// (tick, microseconds per quarter note), by tick; empty means 120 beats per minute.
    pub tempos: Vec<(u64, u32)>,
    /// (tick, time signature), by tick; empty means 4/4.
    pub metres: Vec<(u64, TimeSignature)>,
}

/// A track of a [`Score`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Track {
    /// Its name, empty where the file gives none.
    pub name: String,
    /// Its notes, in the order in which they end.
    pub notes: Vec<TickNote>,
}

/// A note measured in ticks from the file's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TickNote {
    /// When it begins.
    pub start: u64,
    /// When it ends, not before its start.
    pub end: u64,
    /// MIDI pitch, 0..=127.
    pub pitch: u8,
    /// MIDI velocity, 1..=127.
    pub velocity: u8,
    /// On the drum channel.
    pub drum: bool,
}

/// Which notes of a score are wanted.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Track names, upper or lower case; none means all tracks.
    pub tracks: Vec<String>,
    /// The drum channel too.
    pub drums: bool,
}

impl Score {
    /// The notes of the selected tracks, merged.
    ///
    /// # Errors
    /// If none of the named tracks is there, or the selection holds no note.
    pub fn notes(&self, selection: &Selection) -> Result<Vec<TickNote>, String> {
        let wanted = |track: &&Track| {
            selection.tracks.is_empty() || selection.tracks.iter().any(|t| t.eq_ignore_ascii_case(track.name.trim()))
        };
        let tracks: Vec<&Track> = self.tracks.iter().filter(wanted).collect();
        if tracks.is_empty() {
            let names = self.tracks.iter().map(|t| t.name.trim()).filter(|n| !n.is_empty());
            let there: Vec<String> = names.take(NAMED).map(|n| n.chars().take(NAMED).collect()).collect();
            return Err(format!(
                "has no track named {}; its tracks are: {}",
                selection.tracks.join(" or "),
                if there.is_empty() { "all unnamed".into() } else { there.join(", ") }
            ));
        }
        let all = || tracks.iter().flat_map(|t| t.notes.iter().copied());
        let notes: Vec<TickNote> = all().filter(|n| selection.drums || !n.drum).collect();
        match (notes.is_empty(), all().next()) {
            (false, _) => Ok(notes),
            (true, Some(_)) => Err("holds no notes but drums, which are read only with data.drums".into()),
            (true, None) => Err("holds no notes".into()),
        }
    }
}
