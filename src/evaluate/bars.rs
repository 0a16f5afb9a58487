//! Bars of held-out windows compared with their reconstructions by the codec, and with lower baselines: a random other song
//! and earlier bars of the same song.

use serde::Serialize;

use super::bootstrap::{Estimate, estimate};
use crate::data::dataset::{Dataset, Window};
use crate::data::music::roll::Roll;
use crate::metrics::bars::BarOverlap;
use crate::metrics::features::STEPS_PER_BAR;
use crate::rng::Philox;

/// Similarity of the bars to one kind of substitute.
#[derive(Debug, Clone, Serialize)]
pub struct BarRow {
    /// The substitute for the original bars.
    pub what: &'static str,
    /// D_P: overlap of pitch histograms.
    pub pitch: Estimate,
    /// D_D: overlap of duration histograms.
    pub duration: Estimate,
    /// Note F1, a mean over bars.
    pub note_f1: Estimate,
}

impl BarRow {
    /// Compares windows with their substitutes; windows for which `other` returns `None` are left out.
    pub fn of(
        what: &'static str,
        data: &Dataset,
        windows: &[Window],
        seed: u64,
        other: impl Fn(usize, &Window) -> Option<Roll>,
    ) -> Self {
        let mut songs: Vec<BarOverlap> = Vec::new();
        for (i, window) in windows.iter().enumerate() {
            if i == 0 || windows[i - 1].song != window.song {
                songs.push(BarOverlap::default());
            }
            if let (Some(other), Some(song)) = (other(i, window), songs.last_mut()) {
                *song += BarOverlap::of(&data.roll(window), &other);
            }
        }
        let mean = |which: usize| {
            let mean = |[weights]: [&[f64]; 1]| {
                let mut sum = BarOverlap::default();
                songs.iter().zip(weights).for_each(|(song, &weight)| sum += song.times(weight));
                sum.means()[which]
            };
            estimate([songs.len()], seed, mean).within(0.0, 1.0)
        };
        Self { what, pitch: mean(0), duration: mean(1), note_f1: mean(2) }
    }
}

/// The lower baselines: a window of a random other song, and the same song one and eight bars earlier.
pub fn lower_baselines(data: &Dataset, windows: &[Window], seed: u64) -> Vec<BarRow> {
    let random = |i: usize, window: &Window| {
        let others: Vec<&Window> = windows.iter().filter(|other| other.song != window.song).collect();
        let mut rng = Philox::new(seed, i as u64);
        let other: &Window = others.get(rng.below(others.len().max(1)))?;
        Some(data.roll(other))
    };
    let earlier = |bars: u32| {
        move |_: usize, window: &Window| {
            let start = window.start.checked_sub(bars * STEPS_PER_BAR)?;
            Some(data.roll(&Window { start, ..*window }))
        }
    };
    vec![
        BarRow::of("a random other song", data, windows, seed, random),
        BarRow::of("the bar before", data, windows, seed, earlier(1)),
        BarRow::of("the bar eight before", data, windows, seed, earlier(8)),
    ]
}

/// The rows as a table.
pub fn table(rows: &[BarRow]) -> String {
    let mut text = format!("{:<24} {:<22} {:<22} {:<22}\n", "bars against", "D_P", "D_D", "note F1");
    for BarRow { what, pitch, duration, note_f1 } in rows {
        text += &format!("{what:<24} {pitch:<22} {duration:<22} {note_f1:<22}\n");
    }
    text
}
