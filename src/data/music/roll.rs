//! The piano roll: notes on a grid of 128 pitches and a number of steps, four steps per beat.
//!
//! A roll is stored as notes, not as cells: fewer than 3 in 100 cells are lit. Invariant: notes are sorted by start and
//! pitch, none is empty, and none overlaps another of its pitch. So a roll and its picture hold the same information.

use std::{fmt, ops::RangeInclusive, str::FromStr};

/// Rows of a roll: the MIDI pitches 0..=127.
pub const PITCHES: usize = 128;
/// Steps per quarter note: a step is a sixteenth note, in every time signature.
pub const STEPS_PER_BEAT: u32 = 4;
/// Longest roll that is read or drawn, in steps: 4,096 bars of 4/4, over two hours at 120 beats per minute.
pub const MAX_STEPS: u32 = 1 << 16;
/// The velocity of notes read from a source that stores none.
pub const DEFAULT_VELOCITY: u8 = 80;

/// One note of a roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Note {
    /// First step.
    pub start: u32,
    /// Length in steps, at least 1.
    pub duration: u32,
    /// MIDI pitch, 0..=127; 60 is middle C.
    pub pitch: u8,
    /// MIDI velocity, 1..=127.
    pub velocity: u8,
}

impl Note {
    /// The first step after the note.
    pub fn end(&self) -> u32 {
        self.start + self.duration
    }

    /// A note from start and end in steps. Start and duration are rounded independently; the duration is at least 1.
    pub fn quantized(start: f64, end: f64, pitch: u8, velocity: u8) -> Self {
        let duration = (end - start).round().max(1.0) as u32;
        Self { start: start.round().max(0.0) as u32, duration, pitch, velocity }
    }
}

/// A time signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeSignature {
    /// Units in a bar, at least 1.
    pub beats: u8,
    /// The unit, a power of two: 4 is a quarter note.
    pub unit: u8,
}

impl TimeSignature {
    /// 4/4.
    pub const COMMON: Self = Self { beats: 4, unit: 4 };

    /// Length of a bar in quarter notes.
    pub fn quarters_per_bar(self) -> f64 {
        4.0 * f64::from(self.beats) / f64::from(self.unit)
    }
}

impl fmt::Display for TimeSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.beats, self.unit)
    }
}

impl FromStr for TimeSignature {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (beats, unit) = text.trim().split_once('/')?;
            let (beats, unit) = (beats.parse().ok()?, unit.parse::<u8>().ok()?);
            (beats > 0 && unit.is_power_of_two()).then_some(Self { beats, unit })
        };
        parse().ok_or_else(|| format!("'{text}' is not a time signature such as 4/4"))
    }
}

/// Notes on a grid, with tempo and time signature.
#[derive(Debug, Clone, PartialEq)]
pub struct Roll {
    steps: u32,
    notes: Vec<Note>,
    /// Quarter notes per minute.
    pub tempo: f64,
    /// The time signature of most of the roll.
    pub time_signature: TimeSignature,
}

impl Roll {
    /// A roll of `steps` columns, 120 beats per minute and 4/4, from notes in any order.
    ///
    /// A later onset on the same pitch ends the earlier note. Two notes with the same start and pitch become one, with the
    /// longer duration and the higher velocity. Notes are cut at the last column.
    pub fn new(steps: u32, mut notes: Vec<Note>) -> Self {
        notes.retain(|n| n.start < steps && n.duration > 0);
        notes.sort_unstable_by_key(|n| (n.start, n.pitch));
        let mut kept: Vec<Note> = Vec::with_capacity(notes.len());
        let mut latest = [None; PITCHES];
        for mut note in notes {
            note.duration = note.duration.min(steps - note.start);
            note.velocity = note.velocity.clamp(1, 127);
            let slot = &mut latest[usize::from(note.pitch.min(127))];
            if let Some(earlier) = slot.map(|i: usize| &mut kept[i]) {
                if earlier.start == note.start {
                    earlier.duration = earlier.duration.max(note.duration);
                    earlier.velocity = earlier.velocity.max(note.velocity);
                    continue;
                }
                earlier.duration = earlier.duration.min(note.start - earlier.start);
            }
            *slot = Some(kept.len());
            kept.push(note);
        }
        Self { steps, notes: kept, tempo: 120.0, time_signature: TimeSignature::COMMON }
    }

    /// The same roll with another tempo (quarter notes per minute) and time signature.
    pub fn with_time(self, tempo: f64, time_signature: TimeSignature) -> Self {
        Self { tempo, time_signature, ..self }
    }

    /// Several rolls as one, with the largest number of steps and the first roll's tempo and time signature.
    pub fn merged(rolls: &[Roll]) -> Self {
        let steps = rolls.iter().map(Roll::steps).max().unwrap_or(0);
        let merged = Self::new(steps, rolls.iter().flat_map(|r| r.notes.iter().copied()).collect());
        rolls.first().map_or(merged.clone(), |first| merged.with_time(first.tempo, first.time_signature))
    }

    /// Number of columns.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// The notes, sorted by start and pitch.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Number of lit cells: onsets and sustains.
    pub fn lit_cells(&self) -> usize {
        self.notes.iter().map(|n| n.duration as usize).sum()
    }

    /// The transpositions, at most `limit` semitones up or down, that keep every note on the roll.
    pub fn transpositions(&self, limit: u32) -> RangeInclusive<i32> {
        let limit = limit.min(127) as i32;
        let pitches = || self.notes.iter().map(|n| i32::from(n.pitch));
        let down = pitches().min().unwrap_or(limit);
        let up = 127 - pitches().max().unwrap_or(127 - limit);
        -limit.min(down)..=limit.min(up)
    }

    /// Every note moved by `semitones`.
    ///
    /// # Panics
    /// If a note would leave the roll; see [`transpositions`](Self::transpositions).
    #[track_caller]
    pub fn transposed(mut self, semitones: i32) -> Self {
        for note in &mut self.notes {
            let pitch = i32::from(note.pitch) + semitones;
            assert!((0..=127).contains(&pitch), "pitch {} transposed by {semitones} leaves the roll", note.pitch);
            note.pitch = pitch as u8;
        }
        self
    }

    /// Columns `start..start + steps`, silent after the end of the roll.
    ///
    /// Notes that begin before the window are dropped and notes that end after it are cut: the same as reading back a cropped
    /// picture, in which an orphaned sustain is dropped.
    pub fn window(&self, start: u32, steps: u32) -> Self {
        let end = start.saturating_add(steps);
        let notes = self.notes[self.notes_in(start, end)]
            .iter()
            .map(|n| Note { start: n.start - start, duration: n.duration.min(end - n.start), ..*n })
            .collect();
        Self { steps, notes, tempo: self.tempo, time_signature: self.time_signature }
    }

    /// Number of notes that begin in columns `start..end`.
    pub fn onsets_in(&self, start: u32, end: u32) -> usize {
        self.notes_in(start, end).len()
    }

    fn notes_in(&self, start: u32, end: u32) -> std::ops::Range<usize> {
        let first = self.notes.partition_point(|n| n.start < start);
        first..first.max(self.notes.partition_point(|n| n.start < end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(start: u32, duration: u32, pitch: u8) -> Note {
        Note { start, duration, pitch, velocity: 90 }
    }

    #[test]
    fn a_later_onset_ends_the_earlier_note() {
        let roll = Roll::new(16, vec![note(4, 2, 60), note(0, 8, 60), note(0, 8, 62)]);
        assert_eq!(roll.notes(), [note(0, 4, 60), note(0, 8, 62), note(4, 2, 60)]);
    }

    #[test]
    fn two_notes_at_the_same_cell_become_one() {
        let loud = Note { velocity: 120, ..note(0, 2, 60) };
        assert_eq!(Roll::new(8, vec![loud, note(0, 4, 60)]).notes(), [Note { duration: 4, ..loud }]);
    }

    #[test]
    fn notes_are_cut_at_the_last_column() {
        assert_eq!(Roll::new(8, vec![note(6, 9, 60), note(8, 1, 61)]).notes(), [note(6, 2, 60)]);
    }

    #[test]
    fn start_and_duration_are_rounded_independently() {
        let rounded = |start, end| {
            let n = Note::quantized(start, end, 60, 90);
            (n.start, n.duration)
        };
        assert_eq!(rounded(3.4, 5.0), (3, 2));
        assert_eq!(rounded(3.6, 5.0), (4, 1));
        assert_eq!(rounded(2.0, 2.1), (2, 1));
        assert_eq!(rounded(-0.4, 1.0), (0, 1));
    }

    #[test]
    fn a_window_drops_earlier_notes_and_cuts_later_ones() {
        let roll = Roll::new(64, vec![note(0, 20, 60), note(16, 30, 62), note(40, 2, 64)]);
        assert_eq!(roll.window(16, 16).notes(), [note(0, 16, 62)]);
        assert_eq!(roll.window(60, 16).steps(), 16);
    }

    #[test]
    fn transpositions_keep_every_note_on_the_roll() {
        let roll = Roll::new(4, vec![note(0, 1, 2), note(1, 1, 124)]);
        assert_eq!(roll.transpositions(6), -2..=3);
        assert_eq!(Roll::new(4, Vec::new()).transpositions(6), -6..=6);
        assert_eq!(roll.clone().transposed(3).notes()[1].pitch, 127);
    }

    #[test]
    fn time_signatures_read_as_they_are_written() {
        assert_eq!("6/8".parse(), Ok(TimeSignature { beats: 6, unit: 8 }));
        for bad in ["", "4", "0/4", "4/3", "4/0", "x/4"] {
            assert!(bad.parse::<TimeSignature>().is_err(), "{bad}");
        }
    }
}
