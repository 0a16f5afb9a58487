//! Statistics of a data set, as printed by `flocoder data stats`.

use super::notice::{Notice, Skipped};
use super::source::Scan;
use super::windows::{separate_starts, starts};
use crate::config::DataConfig;
use crate::data::music::roll::{PITCHES, Roll, STEPS_PER_BEAT};
use std::collections::BTreeMap;
use std::fmt;

/// Mean and standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    /// Mean.
    pub mean: f64,
    /// Population standard deviation.
    pub deviation: f64,
}

impl Moments {
    /// Of some values; zeros of none.
    pub fn of(values: &[f64]) -> Self {
        let n = values.len().max(1) as f64;
        // The standard sum of no values is -0.
        let sum = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |sum, value| sum + value);
        let mean = sum(&mut values.iter().copied()) / n;
        let deviation = (sum(&mut values.iter().map(|v| (v - mean).powi(2))) / n).sqrt();
        Self { mean, deviation }
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
    /// Bars where a window may begin.
    pub starts: usize,
    /// Non-overlapping windows.
    pub windows: usize,
    /// Notes per four beats, over the non-overlapping windows.
    pub notes_per_bar: Moments,
    /// Fraction of lit cells in the non-overlapping windows.
    pub lit: f64,
    /// Number of songs by time signature.
    pub time_signatures: BTreeMap<String, usize>,
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
        let steps = config.steps as u32;
        let windows: Vec<Roll> = scan
            .songs
            .iter()
            .flat_map(|song| separate_starts(song, config).into_iter().map(|start| song.roll.window(start, steps)))
            .collect();
        let bars_per_window = f64::from(steps) / f64::from(4 * STEPS_PER_BEAT);
        let densities: Vec<f64> = windows.iter().map(|w| w.notes().len() as f64 / bars_per_window).collect();
        let lit: usize = windows.iter().map(Roll::lit_cells).sum();
        let rolls = || scan.songs.iter().map(|s| &s.roll);
        let notes = || rolls().flat_map(|r| r.notes());
        let mut time_signatures = BTreeMap::new();
        rolls().for_each(|r| *time_signatures.entry(r.time_signature.to_string()).or_default() += 1);
        let tempos = || rolls().map(|r| r.tempo);
        let pitches = || notes().map(|n| n.pitch);
        let mut velocities: Vec<u8> = notes().map(|n| n.velocity).collect();
        velocities.sort_unstable();
        let percentile = |p: usize| velocities.get(velocities.len() * p / 100).copied().unwrap_or(0);
        Self {
            songs: scan.songs.len(),
            bars: scan.songs.iter().map(|s| s.bars.len()).sum(),
            notes: velocities.len(),
            starts: scan.songs.iter().map(|s| starts(s, config).len()).sum(),
            windows: windows.len(),
            notes_per_bar: Moments::of(&densities),
            lit: lit as f64 / ((windows.len() * PITCHES) as f64 * f64::from(steps)).max(1.0),
            time_signatures,
            tempo: (tempos().fold(f64::INFINITY, f64::min), tempos().fold(0.0, f64::max)),
            pitch: (pitches().min().unwrap_or(0), pitches().max().unwrap_or(0)),
            velocity: [percentile(5), percentile(50), percentile(95)],
            skipped: scan.skipped.clone(),
            notices: scan.notices.clone(),
        }
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time_signatures: Vec<String> =
            self.time_signatures.iter().map(|(time_signature, songs)| format!("{time_signature} ({songs})")).collect();
        writeln!(f, "songs          {}", self.songs)?;
        writeln!(f, "bars           {}", self.bars)?;
        writeln!(f, "notes          {}", self.notes)?;
        writeln!(f, "windows        {} without overlap, {} possible starts", self.windows, self.starts)?;
        let Moments { mean, deviation } = self.notes_per_bar;
        writeln!(f, "notes per bar  {mean:.2}, standard deviation {deviation:.2}")?;
        writeln!(f, "lit cells      {:.2} %", 100.0 * self.lit)?;
        writeln!(f, "metres         {}", time_signatures.join(", "))?;
        writeln!(f, "tempo          {:.0} to {:.0} beats per minute", self.tempo.0, self.tempo.1)?;
        writeln!(f, "pitches        {} to {}", self.pitch.0, self.pitch.1)?;
        let [low, middle, high] = self.velocity;
        writeln!(f, "velocities     {low} / {middle} / {high} at the 5th / 50th / 95th percentile")?;
        write!(f, "skipped files  {}", self.skipped.len())?;
        self.skipped.iter().try_for_each(|s| write!(f, "\n  {} {}", s.name, s.reason))?;
        self.notices.iter().try_for_each(|notice| write!(f, "\n{notice}"))
    }
}
