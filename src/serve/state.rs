//! The state of a piece as the page sends it.

use std::sync::Arc;

use serde::Deserialize;

use super::described::NoteJson;
use super::draft::Draft;
use super::failure::Failure;
use super::songs::Songs;
use crate::data::music::roll::{MAX_STEPS, Note, PITCHES, TimeSignature};
use crate::song::{Edits, SongFile};

/// Most bars and beats of an empty piece.
const BARS: usize = 1024;
const BEATS: u8 = 16;
/// Tempi of an empty piece, in quarter notes per minute.
const TEMPI: std::ops::RangeInclusive<f64> = 10.0..=400.0;

/// A piece: a dropped song or an empty piece, with notes removed and added.
#[derive(Debug, Clone, Deserialize)]
pub struct State {
    /// The id of a dropped song; none is an empty piece.
    pub song: Option<String>,
    /// Indices of the song's notes.
    #[serde(default)]
    pub removed: Vec<usize>,
    /// Added notes.
    #[serde(default)]
    pub added: Vec<NoteJson>,
    /// Bars of an empty piece.
    #[serde(default = "bars")]
    pub bars: usize,
    /// Quarter notes of its bars.
    #[serde(default = "beats")]
    pub beats: u8,
    /// Its quarter notes per minute.
    #[serde(default = "tempo")]
    pub tempo: f64,
}

fn bars() -> usize {
    8
}

fn beats() -> u8 {
    4
}

fn tempo() -> f64 {
    120.0
}

impl State {
    /// The piece.
    ///
    /// # Errors
    /// A song that is no longer in memory, or numbers out of range.
    pub fn draft(&self, songs: &Songs) -> Result<Draft, Failure> {
        let added = self.added.iter().map(note).collect::<Result<Vec<Note>, _>>()?;
        let (base, is_own) = match &self.song {
            Some(id) => (songs.get(id), false),
            None => (Some(Arc::new(self.silent()?)), true),
        };
        let base = base.ok_or_else(|| Failure::missing("the song is no longer in memory; send its file again"))?;
        let all = base.notes().len();
        if let Some(other) = self.removed.iter().find(|&&index| index >= all) {
            return Err(Failure::bad(format!("the song has {all} notes, so there is no note {other} to remove")));
        }
        Ok(Draft { base, edits: Edits { removed: self.removed.clone(), added }, is_own })
    }

    /// The time signature of an empty piece.
    pub fn time_signature(&self) -> TimeSignature {
        TimeSignature { beats: self.beats, unit: 4 }
    }

    /// The empty piece.
    fn silent(&self) -> Result<SongFile, String> {
        if !(1..=BARS).contains(&self.bars) || !(1..=BEATS).contains(&self.beats) {
            return Err(format!("a piece has 1 to {BARS} bars of 1 to {BEATS} beats"));
        }
        if !TEMPI.contains(&self.tempo) {
            return Err(format!("a tempo is from {} to {} beats per minute", TEMPI.start(), TEMPI.end()));
        }
        SongFile::silent(self.bars, self.tempo, self.time_signature())
    }
}

/// A note that was sent.
fn note(&[pitch, start, duration, velocity]: &NoteJson) -> Result<Note, String> {
    let is_note = (pitch as usize) < PITCHES && (1..=127).contains(&velocity);
    let is_inside = duration > 0 && start <= MAX_STEPS && duration <= MAX_STEPS - start;
    if !is_note || !is_inside {
        return Err(format!(
            "[{pitch}, {start}, {duration}, {velocity}] is no note: pitch 0 to 127, start, duration from 1 up to step {MAX_STEPS}, \
             velocity 1 to 127"
        ));
    }
    Ok(Note { pitch: pitch as u8, start, duration, velocity: velocity as u8 })
}
