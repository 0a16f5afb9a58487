//! Notes in seconds.

use crate::data::music::beats::TempoMap;
use crate::data::music::midi::{Score, Selection};
use crate::data::music::roll::{Roll, STEPS_PER_BEAT};

/// A note, timed in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimedNote {
    /// Onset in seconds.
    pub start: f64,
    /// Seconds from onset to release.
    pub duration: f64,
    /// MIDI pitch.
    pub pitch: u8,
    /// MIDI velocity, 1..=127.
    pub velocity: u8,
}

/// The notes of a roll at its tempo.
pub fn of_roll(roll: &Roll) -> Vec<TimedNote> {
    let step = 60.0 / roll.tempo / f64::from(STEPS_PER_BEAT);
    roll.notes()
        .iter()
        .map(|note| TimedNote {
            start: f64::from(note.start) * step,
            duration: f64::from(note.duration) * step,
            pitch: note.pitch,
            velocity: note.velocity,
        })
        .collect()
}

/// All notes of a MIDI file except drums, at its tempi.
///
/// # Errors
/// If the file has no such notes.
pub fn of_score(score: &Score) -> Result<Vec<TimedNote>, String> {
    let tempos = TempoMap::new(score);
    let mut all = score.tracks.iter().flat_map(|track| &track.notes).peekable();
    if all.peek().is_some() && all.all(|note| note.drum) {
        return Err("has no notes but drums, which are not rendered".into());
    }
    let mut notes: Vec<TimedNote> = score
        .notes(&Selection::default())?
        .iter()
        .map(|note| {
            let start = tempos.seconds(note.start);
            TimedNote { start, duration: tempos.seconds(note.end) - start, pitch: note.pitch, velocity: note.velocity }
        })
        .collect();
    notes.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.pitch.cmp(&b.pitch)));
    Ok(notes)
}
