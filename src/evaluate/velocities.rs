//! Velocities: how far the predicted ones are from those of held-out songs, and how alike those of samples and of songs are.

use std::fmt;

use serde::Serialize;

use super::bootstrap::{Estimate, estimate};
use super::feature_row::FeatureRow;
use super::windows::Set;
use crate::data::music::roll::Roll;
use crate::dynamics::{Asked, Dynamics, Loudness};
use crate::error::Result;
use crate::metrics::velocity::repeated_difference;

/// Measures of the velocities of a window. Windows without notes, or without repeated notes, are left out.
const NAMES: [&str; 3] = ["level", "spread", "repeated notes"];

/// Velocities of samples and of songs.
#[derive(Debug, Clone, Serialize)]
pub struct Velocities {
    /// Median velocity of a window, median distance from it, and mean difference of a note and its repetition. The lower baseline are
    /// the samples with one velocity.
    pub features: Vec<FeatureRow>,
    /// The error of the predicted velocities.
    pub errors: Errors,
}

/// Mean absolute error of velocities of held-out windows.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Errors {
    /// Of the network, which is given level and spread of each window.
    pub predicted: Estimate,
    /// Of the level of each window.
    pub level: Estimate,
    /// Of one velocity for all: the median level of the training windows.
    pub constant: Estimate,
}

impl Velocities {
    /// Of samples, which get velocities by their numbers, held-out windows and training windows.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn of(dynamics: &Dynamics, samples: &Set, real: &Set, training: &Set, seed: u64) -> Result<Self> {
        let perform = |(number, roll): (u64, &Roll)| dynamics.perform(roll, seed, number, &Asked::default());
        let performed = Set::of_samples((0..).zip(&samples.rolls).map(perform).collect::<Result<_>>()?);
        let others = [&performed, training, samples];
        let trained = !others[1].rolls.is_empty();
        let row = |(which, name)| {
            let others = others.map(|set| column(set, which));
            FeatureRow::of(name, &column(real, which), others.each_ref().map(Vec::as_slice), trained, seed)
        };
        Ok(Self {
            features: NAMES.into_iter().enumerate().map(row).collect(),
            errors: Errors::of(dynamics, real, seed)?,
        })
    }
}

impl Errors {
    /// On windows of songs.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn of(dynamics: &Dynamics, real: &Set, seed: u64) -> Result<Self> {
        let constant = f64::from(dynamics.levels.median());
        // A window without notes has no errors at any loudness.
        let known =
            |roll: &Roll| (roll.clone(), Loudness::of(roll.notes()).unwrap_or(Loudness { level: 0, spread: 0 }));
        let windows: Vec<(Roll, Loudness)> = real.rolls.iter().map(known).collect();
        let predicted = dynamics.predict(&windows)?;
        // Sums of the three errors over the notes of each window, and their number.
        let sums = windows.iter().zip(&predicted).map(|((roll, loudness), predicted)| {
            roll.notes().iter().zip(predicted).fold([0.0; 4], |sums, (note, &predicted)| {
                let error = |value: f64| (f64::from(note.velocity) - value).abs();
                let errors = [error(predicted.into()), error(loudness.level.into()), error(constant), 1.0];
                std::array::from_fn(|i| sums[i] + errors[i])
            })
        });
        let sums: Vec<Vec<[f64; 4]>> = real.grouped(sums.collect());
        let mean = |which: usize| {
            let of = |[weights]: [&[f64]; 1]| {
                let sum = |which: usize| {
                    let group = |group: &Vec<[f64; 4]>| group.iter().map(|sums| sums[which]).sum::<f64>();
                    sums.iter().zip(weights).map(|(windows, weight)| weight * group(windows)).sum::<f64>()
                };
                sum(which) / sum(3).max(1.0)
            };
            estimate([sums.len()], seed, of).within(0.0, f64::INFINITY)
        };
        Ok(Self { predicted: mean(0), level: mean(1), constant: mean(2) })
    }
}

/// The values of one measure, by group.
fn column(set: &Set, which: usize) -> Vec<Vec<f64>> {
    let measure = |roll: &Roll| match which {
        0 => Loudness::of(roll.notes()).map(|loudness| loudness.level.into()),
        1 => Loudness::of(roll.notes()).map(|loudness| loudness.spread.into()),
        _ => repeated_difference(roll.notes()),
    };
    let groups = set.grouped(set.rolls.iter().map(measure).collect());
    groups.into_iter().map(|group: Vec<Option<f64>>| group.into_iter().flatten().collect()).collect()
}

impl fmt::Display for Velocities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", FeatureRow::heading("velocities"))?;
        self.features.iter().try_for_each(|row| writeln!(f, "{row}"))?;
        write!(f, "\n{}", self.errors)
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { predicted, level, constant } = self;
        writeln!(f, "{:<40} velocities", "mean absolute error on held-out windows")?;
        writeln!(f, "{:<40} {predicted}", "predicted, level and spread known")?;
        writeln!(f, "{:<40} {level}", "level alone")?;
        writeln!(f, "{:<40} {constant}", "one velocity")
    }
}
