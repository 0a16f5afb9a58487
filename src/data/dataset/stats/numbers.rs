//! Statistics of a data set.

use crate::config::DataConfig;
use crate::data::dataset::notice::{Notice, Skipped};
use crate::data::dataset::source::Scan;
use crate::data::dataset::windows::{separate_starts, starts};
use crate::data::music::key;
use crate::data::music::roll::{Roll, STEPS_PER_BEAT, TimeSignature};
use crate::data::music::upbeat::upbeat;
use std::collections::BTreeMap;

/// Mean and standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    /// Mean.
    pub mean: f64,
    /// Population standard deviation.
    pub deviation: f64,
}

impl Moments {
    /// Of some values; `None` of none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        (!values.is_empty()).then_some(Self { mean, deviation })
    }
}

/// Statistics of the songs in a scan.
#[derive(Debug, Clone, PartialEq)]
pub struct Stats {
    /// Songs.
    pub songs: usize,
    /// Bars.
    pub bars: usize,
    /// Notes.
    pub notes: usize,
    /// Length of a window in steps.
    pub steps: usize,
    /// Bars where a window may begin.
    pub starts: usize,
    /// Non-overlapping windows.
    pub windows: usize,
    /// Names of the songs without a window, as they are too short or have too few notes.
    pub without_window: Vec<String>,
    /// Notes per four beats, over the non-overlapping windows.
    pub notes_per_bar: Option<Moments>,
    /// Fraction of lit cells in the non-overlapping windows.
    pub lit: Option<f64>,
    /// Number of songs by time signature.
    pub time_signatures: BTreeMap<TimeSignature, usize>,
    /// Number of songs by key, a number of [`key`].
    pub keys: BTreeMap<usize, usize>,
    /// Number of songs by the name of a track with notes.
    pub tracks: BTreeMap<String, usize>,
    /// Name of each song that begins with an upbeat which its bars ignore, and the upbeat's length in beats.
    pub upbeats: Vec<(String, f64)>,
    /// Slowest and fastest song, quarter notes per minute.
    pub tempo: (f64, f64),
    /// Lowest and highest pitch.
    pub pitch: (u8, u8),
    /// Velocities at the 5th, 50th and 95th percentile.
    pub velocity: [u8; 3],
    /// Files that were not used, with reasons.
    pub skipped: Vec<Skipped>,
    /// Groups of files that were left out or treated in another way.
    pub notices: Vec<Notice>,
}

impl Stats {
    /// Statistics of a scan, with windows by the configuration.
    pub fn of(scan: &Scan, config: &DataConfig) -> Self {
        let songs = &scan.songs;
        let steps = config.steps as u32;
        let cut = |song, start| Roll::window(song, start, steps);
        let windows: Vec<Roll> = songs
            .iter()
            .flat_map(|song| separate_starts(song, config).into_iter().map(|start| cut(&song.roll, start)))
            .collect();
        let bars_per_window = f64::from(steps) / f64::from(4 * STEPS_PER_BEAT);
        let densities: Vec<f64> = windows.iter().map(|w| w.notes().len() as f64 / bars_per_window).collect();
        let lit: usize = windows.iter().map(Roll::lit_cells).sum();
        let cells = (windows.len() * config.pitches.count()) as f64 * f64::from(steps);
        let starts: Vec<usize> = songs.iter().map(|song| starts(song, config).len()).collect();
        let rolls = || songs.iter().map(|song| &song.roll);
        let notes = || rolls().flat_map(|roll| roll.notes());
        let tempos = || rolls().map(|roll| roll.tempo);
        let pitches = || notes().map(|note| note.pitch);
        let mut velocities: Vec<u8> = notes().map(|note| note.velocity).collect();
        velocities.sort_unstable();
        let percentile = |p: usize| velocities.get(velocities.len() * p / 100).copied().unwrap_or(0);
        let upbeats = songs.iter().filter_map(|song| {
            let signature = song.roll.time_signature;
            let length = upbeat(song.roll.notes(), &song.bars, signature)?;
            let steps_per_beat = f64::from(4 * STEPS_PER_BEAT) / f64::from(signature.unit);
            Some((song.name.clone(), f64::from(length) / steps_per_beat))
        });
        Self {
            songs: songs.len(),
            bars: songs.iter().map(|song| song.bars.len()).sum(),
            notes: velocities.len(),
            steps: config.steps,
            starts: starts.iter().sum(),
            windows: windows.len(),
            without_window: songs.iter().zip(&starts).filter(|(_, n)| **n == 0).map(|(s, _)| s.name.clone()).collect(),
            notes_per_bar: Moments::of(&densities),
            lit: (cells > 0.0).then_some(lit as f64 / cells),
            time_signatures: counts(rolls().map(|roll| roll.time_signature)),
            keys: counts(rolls().map(|roll| key::of(&key::pitch_classes(roll.notes())))),
            tracks: counts(songs.iter().flat_map(|song| song.tracks.iter().cloned())),
            upbeats: upbeats.collect(),
            tempo: (tempos().fold(f64::INFINITY, f64::min), tempos().fold(0.0, f64::max)),
            pitch: (pitches().min().unwrap_or(0), pitches().max().unwrap_or(0)),
            velocity: [percentile(5), percentile(50), percentile(95)],
            skipped: scan.skipped.clone(),
            notices: scan.notices.clone(),
        }
    }
}

/// How often each item occurs.
fn counts<T: Ord>(items: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    items.for_each(|item| *counts.entry(item).or_default() += 1);
    counts
}
