//! The melodies of a data set's windows, in C major or A minor.

use rayon::prelude::*;

use crate::condition::Row;
use crate::data::dataset::{Dataset, Window};
use crate::data::evenly;
use crate::data::music::chord::Chord;
use crate::data::music::melody;
use crate::data::music::roll::{Note, Roll};
use crate::data::music::to_c;
use crate::melody::{BAR, Cell, Conditions, Token};
use crate::song::monophonic;

/// Bars between two training windows of a song, as of a flow's, and most windows.
pub const STRIDE: usize = 2;
const MOST: usize = 1 << 16;
/// Fewest notes of a melody.
const LEAST: usize = 6;

/// The melody of a window.
#[derive(Debug, Clone)]
pub struct Excerpt {
    /// Its song, as an index into the data set's.
    pub song: usize,
    /// Its notes.
    pub roll: Roll,
    /// All its tokens.
    pub cells: Vec<Cell>,
    /// The chords of the whole music, one per beat, and what the melody fulfils.
    pub conditions: Conditions,
}

impl Excerpt {
    /// The melody of a window: the upper voice of its song's melody track, or of all notes. `None` if it has only few notes, or if a bar
    /// of the song in it has not 16 steps.
    fn of(data: &Dataset, window: &Window) -> Option<Self> {
        if !is_in_four(data, window) {
            return None;
        }
        let notes = notes(data, window);
        if notes.len() < LEAST {
            return None;
        }
        let (whole, song) = (data.roll(window), &data.songs()[window.song]);
        let shift = to_c::shift(&whole, &song.roll);
        let chords: Vec<Chord> = Row::of(&whole.clone().shifted(shift), shift).chords;
        let cells: Vec<Cell> =
            Token::of_notes(&notes, whole.steps()).into_iter().map(|token| Cell::of(token, shift)).collect();
        let roll = whole.with_notes(whole.steps(), notes).shifted(shift);
        let conditions = Conditions::of(&cells, chords);
        Some(Self { song: window.song, roll, cells, conditions })
    }

    /// Those of windows, without those that have none.
    pub fn of_windows(data: &Dataset, windows: &[Window]) -> Vec<Self> {
        windows.par_iter().filter_map(|window| Self::of(data, window)).collect()
    }

    /// Those to train on.
    pub fn training(data: &Dataset) -> Vec<Self> {
        Self::of_windows(data, &evenly(&data.encoding_windows(STRIDE, 1, 0), MOST))
    }
}

/// Whether all bars of the song that begin in a window have 16 steps.
pub fn is_in_four(data: &Dataset, window: &Window) -> bool {
    let end = window.start + data.roll(window).steps();
    let mut bars = data.songs()[window.song].bars.iter().filter(|bar| (window.start..end).contains(*bar));
    bars.all(|bar| (bar - window.start).is_multiple_of(BAR as u32))
}

/// The melody of a window: the upper voice of its song's melody track, or of all notes.
pub fn notes(data: &Dataset, window: &Window) -> Vec<Note> {
    let song = &data.songs()[window.song];
    let parts: Vec<(&str, &Roll)> = song.parts.iter().map(|part| (part.name.as_str(), &part.roll)).collect();
    let source = melody::track(&parts).map_or(&song.roll, |track| parts[track].1);
    monophonic(source.window(window.start, data.roll(window).steps()).notes())
}
