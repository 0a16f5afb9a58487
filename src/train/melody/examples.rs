//! What the melodies of training windows are like.

use rayon::prelude::*;

use super::windows::{STRIDE, is_in_four, notes};
use crate::condition::Row;
use crate::data::dataset::{Dataset, Window};
use crate::data::evenly;
use crate::data::music::roll::Note;
use crate::data::music::to_c;
use crate::melody::{BAR, Example, Examples, Rhythm};

/// Most examples.
const MOST: usize = 1024;

/// Those of the training windows of a data set in 4/4, also of windows without a melody; evenly spaced.
pub fn examples(data: &Dataset) -> Examples {
    let windows: Vec<Window> =
        data.encoding_windows(STRIDE, 1, 0).into_iter().filter(|w| is_in_four(data, w)).collect();
    Examples(evenly(&windows, MOST).par_iter().map(|window| example(data, window)).collect())
}

fn example(data: &Dataset, window: &Window) -> Example {
    let whole = data.roll(window);
    let shift = to_c::shift(&whole, &data.songs()[window.song].roll);
    let row = Row::of(&whole.clone().shifted(shift), shift);
    let melody = notes(data, window);
    let steps = whole.steps();
    let sounding: u32 = melody.iter().map(|note| note.end().min(steps) - note.start).sum();
    let in_bar = |bar: u32| melody.iter().filter(|note| note.start / BAR as u32 == bar).count() as f32;
    let mean = |notes: &[Note]| notes.iter().map(|note| f32::from(note.pitch)).sum::<f32>() / notes.len() as f32;
    Example {
        attributes: row.attributes,
        bars: row.bars.iter().map(|bar| bar[0]).collect(),
        notes: (0..steps / BAR as u32).map(in_bar).collect(),
        register: if melody.is_empty() { 0.0 } else { mean(&melody) + shift as f32 },
        sounding: sounding as f32 / steps as f32,
        rhythm: Rhythm::of(&melody, row.bars.len(), &row.rhythm),
    }
}
