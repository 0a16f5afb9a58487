//! The notes of a MIDI file, by track.

use super::names::Name;
use crate::data::music::roll::TimeSignature;

/// Limit on what an error message quotes: this many track names, and this many characters of each.
pub(super) const QUOTED: usize = 40;
/// The drum channel, counted from 0.
pub(super) const DRUMS: u8 = 9;

/// The part of a MIDI file that a piano roll needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Ticks per quarter note, at least 1.
    pub ticks_per_beat: u32,
    /// All tracks in the file's order, including those without notes.
    pub tracks: Vec<Track>,
    /// (tick, microseconds per quarter note), sorted by tick; empty means 120 beats per minute.
    pub tempos: Vec<(u64, u32)>,
    /// (tick, time signature), sorted by tick; empty means 4/4.
    pub time_signatures: Vec<(u64, TimeSignature)>,
    /// Whether the file is marked as made by a model.
    pub generated: bool,
    /// Where the file is cut off, and what was expected there.
    pub cut_off: Option<String>,
}

/// A track of a [`Score`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Track {
    /// Track name; empty if the file gives none.
    pub name: Name,
    /// Notes, in no particular order.
    pub notes: Vec<TickNote>,
}

/// A note, timed in ticks from the start of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TickNote {
    /// First tick.
    pub start: u64,
    /// Tick of the release, not before `start`.
    pub end: u64,
    /// MIDI pitch, 0..=127.
    pub pitch: u8,
    /// MIDI velocity, 1..=127.
    pub velocity: u8,
    /// Whether the note is on the drum channel.
    pub drum: bool,
}

/// Which notes of a score are read.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Track names, compared without case; empty means all tracks.
    pub tracks: Vec<String>,
    /// Whether the drum channel is included.
    pub drums: bool,
}

impl Score {
    /// The notes of the selected tracks, merged.
    ///
    /// # Errors
    /// If none of the named tracks exists, or the selection has no notes.
    pub fn notes(&self, selection: &Selection) -> Result<Vec<TickNote>, String> {
        Ok(self.parts(selection)?.into_iter().flat_map(|(_, notes)| notes).collect())
    }

    /// The selected tracks that have notes: names and notes.
    ///
    /// # Errors
    /// If none of the named tracks exists, or the selection has no notes.
    pub fn parts(&self, selection: &Selection) -> Result<Vec<(&Name, Vec<TickNote>)>, String> {
        let wanted =
            |track: &&Track| selection.tracks.is_empty() || selection.tracks.iter().any(|wanted| track.name.is(wanted));
        let tracks: Vec<&Track> = self.tracks.iter().filter(wanted).collect();
        if tracks.is_empty() && !self.tracks.is_empty() {
            let names = self.tracks.iter().map(|t| t.name.as_str()).filter(|n| !n.is_empty());
            let quoted: Vec<String> = names.take(QUOTED).map(|n| n.chars().take(QUOTED).collect()).collect();
            return Err(format!(
                "has no track named {}; its tracks are: {}",
                selection.tracks.join(" or "),
                if quoted.is_empty() { "all unnamed".into() } else { quoted.join(", ") }
            ));
        }
        let read = |note: &TickNote| selection.drums || !note.drum;
        let parts: Vec<_> = tracks
            .iter()
            .copied()
            .map(|track| (&track.name, track.notes.iter().copied().filter(read).collect::<Vec<_>>()))
            .filter(|(_, notes)| !notes.is_empty())
            .collect();
        match (parts.is_empty(), tracks.iter().find_map(|track| track.notes.first())) {
            (false, _) => Ok(parts),
            (true, Some(_)) => {
                Err("has no notes but drums; read them with --drums, or data.drums=true in a training run".into())
            }
            (true, None) => Err("has no notes".into()),
        }
    }
}
