//! How far hidden parts repeat the passages that they follow.

use std::fmt;

use serde::Serialize;

use super::case::{Case, Outcome};
use crate::evaluate::bootstrap::{self, Estimate};
use crate::metrics::bars::{bar, onset_f1};
use crate::text::count;

/// Onsets in common with the passages, mean F1 over hidden bars.
#[derive(Debug, Clone, Serialize)]
pub struct Repeated {
    /// Windows with a passage.
    pub windows: usize,
    /// Of the flow's bars.
    pub written: Estimate,
    /// Of the song's own.
    pub real: Estimate,
}

impl Repeated {
    /// Of all windows; `None` if none has a passage.
    pub fn of(cases: &[Case], written: &[Outcome], real: &[Outcome], seed: u64) -> Option<Self> {
        let mean = |outcomes: &[Outcome]| {
            let mut songs: Vec<[f64; 2]> = Vec::new();
            let mut outcomes = outcomes.iter();
            for song in cases.chunk_by(Case::is_of_song_of) {
                let f1 = song.iter().zip(outcomes.by_ref()).flat_map(|(case, outcome)| in_common(case, outcome));
                songs.push(f1.fold([0.0; 2], |[sum, count], f1| [sum + f1, count + 1.0]));
            }
            bootstrap::mean(&songs, seed).map(|estimate| estimate.within(0.0, 1.0))
        };
        let windows = cases.iter().filter(|case| case.prompt.passage.is_some()).count();
        Some(Self { windows, written: mean(written)?, real: mean(real)? })
    }
}

/// The F1 of the onsets of each hidden bar of a window and its passage.
fn in_common(case: &Case, outcome: &Outcome) -> Vec<f64> {
    let Some(passage) = &case.prompt.passage else { return Vec::new() };
    let [there, new] = [passage, &outcome.roll].map(|roll| case.new_notes(roll));
    case.bars.iter().map(|&number| onset_f1(&bar(&there, number), &bar(&new, number))).collect()
}

impl fmt::Display for Repeated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { windows, written, real } = self;
        write!(
            f,
            "{} follow a passage of the song; onsets in common with it: {written}, of the real music: {real}",
            count(*windows, "window")
        )
    }
}
