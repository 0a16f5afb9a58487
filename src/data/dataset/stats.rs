//! What is in some data: the numbers that `flocoder data stats` prints.

use super::source::{Scan, Skipped};
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
    /// Standard deviation (of the whole, not of a sample).
    pub deviation: f64,
}

impl Moments {
    /// Of some numbers; zeros of none.
    pub fn of(values: &[f64]) -> Self {
        let n = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        Self { mean, deviation }
    }
}

/// Statistics of the songs that a scan found.
#[derive(Debug, Clone, PartialEq)]
pub struct Stats {
    /// Songs.
    pub songs: usize,
    /// Bars.
    pub bars: usize,
    /// Notes.
    pub notes: usize,
    /// Bars that a window may begin at.
    pub starts: usize,
    /// Windows that do not overlap.
    pub windows: usize,
    /// Notes per four beats, over those windows.
    pub notes_per_bar: Moments,
    /// Share of the windows' cells that are lit.
    pub lit: f64,
    /// Songs by time signature.
    pub metres: BTreeMap<String, usize>,
    /// Slowest and fastest song, quarter notes per minute.
    pub tempo: (f64, f64),
    /// Lowest and highest pitch.
    pub pitch: (u8, u8),
    /// Velocities at the 5th, 50th and 95th percentile.
    pub velocity: [u8; 3],
    /// Files that were not used, and why.
    pub skipped: Vec<Skipped>,
}

impl Stats {
    /// Of a scan, with windows as the configuration cuts them.
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
        let mut metres = BTreeMap::new();
        rolls().for_each(|r| *metres.entry(r.metre.to_string()).or_default() += 1);
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
            metres,
            tempo: (tempos().fold(f64::INFINITY, f64::min), tempos().fold(0.0, f64::max)),
            pitch: (pitches().min().unwrap_or(0), pitches().max().unwrap_or(0)),
            velocity: [percentile(5), percentile(50), percentile(95)],
            skipped: scan.skipped.clone(),
        }
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metres: Vec<String> = self.metres.iter().map(|(metre, songs)| format!("{metre} ({songs})")).collect();
        writeln!(f, "songs          {}", self.songs)?;
        writeln!(f, "bars           {}", self.bars)?;
        writeln!(f, "notes          {}", self.notes)?;
        writeln!(f, "windows        {} side by side, {} bars to begin at", self.windows, self.starts)?;
        let Moments { mean, deviation } = self.notes_per_bar;
        writeln!(f, "notes per bar  {mean:.2}, standard deviation {deviation:.2}")?;
        writeln!(f, "lit cells      {:.2} %", 100.0 * self.lit)?;
        writeln!(f, "metres         {}", metres.join(", "))?;
        writeln!(f, "tempo          {:.0} to {:.0} beats per minute", self.tempo.0, self.tempo.1)?;
        writeln!(f, "pitches        {} to {}", self.pitch.0, self.pitch.1)?;
        let [low, middle, high] = self.velocity;
        writeln!(f, "velocities     {low} / {middle} / {high} at the 5th / 50th / 95th percentile")?;
        write!(f, "skipped files  {}", self.skipped.len())?;
        self.skipped.iter().try_for_each(|s| write!(f, "\n  {} {}", s.name, s.reason))
    }
}
