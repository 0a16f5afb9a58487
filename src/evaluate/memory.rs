//! Memorisation: for each sample the nearest training window, over all bars of all training songs and all transpositions; and
//! for comparison the same for real windows of held-out songs.

use rayon::prelude::*;
use serde::Serialize;

use crate::data::dataset::{Dataset, Window};
use crate::data::music::roll::Roll;
use crate::metrics::nearest::{Match, Onsets};

/// Transpositions searched, in semitones either way: all keys.
const TRANSPOSITIONS: i32 = 6;

/// The training window nearest to another window.
#[derive(Debug, Clone, Serialize)]
pub struct Nearest {
    /// Name of its song.
    pub song: String,
    /// Its first step in the song.
    pub step: u32,
    /// Transposition of the song in semitones.
    pub transpose: i32,
    /// F1 of the onsets.
    pub overlap: f64,
    /// The window itself.
    #[serde(skip)]
    pub window: Window,
}

/// The nearest training windows of two sets.
#[derive(Debug, Clone, Serialize)]
pub struct Memorisation {
    /// For generated windows.
    pub samples: Vec<Nearest>,
    /// For real windows of held-out songs.
    pub held_out: Vec<Nearest>,
}

/// The nearest training window of each roll; ties go to the first. Windows begin at every bar.
///
/// # Panics
/// If there is no training window; every [`Dataset`] has one.
pub fn nearest(data: &Dataset, rolls: &[Roll]) -> Vec<Nearest> {
    let targets: Vec<Onsets> = rolls.iter().map(Onsets::of).collect();
    let windows = data.encoding_windows(1, 1, 0);
    let songs: Vec<&[Window]> = windows.chunk_by(|a, b| a.song == b.song).collect();
    // Song by song, so that each thread has the onsets of only one song in memory.
    let found: Vec<Vec<Option<Match>>> = songs
        .par_iter()
        .map(|windows| {
            let candidates: Vec<Onsets> = windows.iter().map(|window| Onsets::of(&data.roll(window))).collect();
            targets.iter().map(|target| target.nearest(&candidates, -TRANSPOSITIONS..=TRANSPOSITIONS)).collect()
        })
        .collect();
    let best = |target: usize| -> Nearest {
        let matches = found.iter().zip(&songs).filter_map(|(found, windows)| Some((found[target]?, windows)));
        let (best, windows) = matches
            .reduce(|best, other| if other.0.overlap > best.0.overlap { other } else { best })
            .expect("a data set has training windows");
        let window = Window { transpose: best.transpose, ..windows[best.index] };
        Nearest {
            song: data.songs()[window.song].name.clone(),
            step: window.start,
            transpose: best.transpose,
            overlap: best.overlap,
            window,
        }
    };
    (0..targets.len()).map(best).collect()
}

/// Mean, median and largest overlap.
pub fn summary(nearest: &[Nearest]) -> [f64; 3] {
    let mut overlaps: Vec<f64> = nearest.iter().map(|nearest| nearest.overlap).collect();
    overlaps.sort_by(f64::total_cmp);
    let mean = overlaps.iter().sum::<f64>() / overlaps.len().max(1) as f64;
    let median = overlaps.get(overlaps.len() / 2).copied().unwrap_or(0.0);
    [mean, median, overlaps.last().copied().unwrap_or(0.0)]
}
