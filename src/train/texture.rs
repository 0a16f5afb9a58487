//! Learning the texture that is expected of music with a given melody: a regression, within seconds.

use rayon::prelude::*;

use crate::condition::{Example, Expectation, Row, Scales};
use crate::data::dataset::{Dataset, Window};
use crate::data::evenly;
use crate::data::music::melody::is_melody;
use crate::data::music::roll::Roll;
use crate::data::music::to_c;
use crate::metrics::features::STEPS_PER_BAR;

/// Bars between two windows of a song, which do not overlap in 4/4, and most windows.
const STRIDE: usize = 8;
const MOST: usize = 8192;
/// Least notes per bar of the melody, and of the rest of a window.
const LEAST: u32 = 1;

/// What is expected of the windows of training songs that have a melody in a track. `scales` are those of the flow's conditions. `None` if
/// there is no such song.
pub fn learn(data: &Dataset, scales: &Scales) -> Option<Expectation> {
    let windows = evenly(&data.encoding_windows(STRIDE, 1, 0), MOST);
    let examples: Vec<Example> = windows.par_iter().filter_map(|window| example(data, *window)).collect();
    Expectation::fit(&examples, scales)
}

/// A window in C with its melody; `None` without a melody, or something beside it.
fn example(data: &Dataset, window: Window) -> Option<Example> {
    let roll = data.roll(&window);
    let melody = data.melody_first(&window).into_iter().next()?;
    let least = (LEAST * roll.steps() / STEPS_PER_BAR) as usize;
    let enough =
        is_melody(&melody) && melody.notes().len() >= least && roll.notes().len() >= melody.notes().len() + least;
    let shift = to_c::shift(&roll, &data.songs()[window.song].roll);
    let row = |roll: &Roll| Row::of(&roll.clone().shifted(shift), shift);
    let context = data.context(&window);
    enough.then(|| Example { melody: row(&melody), context, whole: row(&roll) })
}
