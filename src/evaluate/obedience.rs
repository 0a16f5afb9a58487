//! Obedience of a conditioned flow: whether its samples have the key, the chords and the attributes that were asked for.

use std::fmt;

use rayon::prelude::*;
use serde::Serialize;

use super::bootstrap::{self, Estimate, estimate};
use super::windows::Set;
use crate::condition::attributes::{COUNT, attributes};
use crate::condition::{Attribute, Row};
use crate::data::music::key;
use crate::data::music::roll::Roll;
use crate::metrics::obedience::{correlation, share_in_chord, share_in_key};

/// Its key, as [`key`] counts.
const C: usize = 0;

/// Shares of a window's notes in the key and in the chords.
type Shares = [Option<f64>; 2];

/// Obedience of samples to their conditions.
#[derive(Debug, Clone, Serialize)]
pub struct Obedience {
    /// Share of notes in the key.
    pub in_key: Share,
    /// Share of notes in the chord of their beat.
    pub in_chord: Share,
    /// Correlation of each attribute with what was asked for.
    pub attributes: Vec<AttributeRow>,
}

/// A share of notes, mean over windows. None where no window has notes that count.
#[derive(Debug, Clone, Serialize)]
pub struct Share {
    /// Of samples, in what was asked for.
    pub generated: Option<Estimate>,
    /// Upper baseline: of held-out windows, in the key and chords that are recognised in them.
    pub real: Option<Estimate>,
    /// Lower baseline: of samples, in what was asked of the next sample, whose chords are compared in C; none of a single sample.
    pub other: Option<Estimate>,
}

/// One attribute.
#[derive(Debug, Clone, Serialize)]
pub struct AttributeRow {
    /// Its name.
    pub name: &'static str,
    /// Pearson correlation of what was asked for and what was generated, in C; none if one of them does not vary.
    pub correlation: Option<Estimate>,
}

impl Obedience {
    /// Of samples, each in the key of its row, and of held-out windows with the semitones that bring each to C.
    ///
    /// # Panics
    /// If there is not one row for each sample and one shift for each window.
    #[track_caller]
    pub fn of(samples: &[Roll], rows: &[Row], real: &Set, shifts: &[i32], seed: u64) -> Self {
        assert_eq!((samples.len(), real.rolls.len()), (rows.len(), shifts.len()), "a row and a shift for each");
        // All are compared in C, because the transposition is not the network's.
        let in_c: Vec<Roll> =
            samples.iter().zip(rows).map(|(roll, row)| roll.clone().shifted(row.shift.into())).collect();
        let shares = |sample: usize, asked: usize| {
            let (notes, key) = (in_c[sample].notes(), i32::from(rows[sample].shift) - i32::from(rows[asked].shift));
            let key = key.rem_euclid(key::COUNT as i32) as usize;
            vec![[share_in_key(notes, key), share_in_chord(notes, &rows[asked].chords)]]
        };
        let count = samples.len();
        let generated: Vec<Vec<Shares>> = (0..count).map(|sample| shares(sample, sample)).collect();
        let other: Vec<Vec<Shares>> = match count {
            1 => Vec::new(),
            _ => (0..count).map(|sample| shares(sample, (sample + 1) % count)).collect(),
        };
        let own = real.rolls.par_iter().zip(shifts).map(|(roll, &shift)| {
            let roll = roll.clone().shifted(shift);
            [share_in_key(roll.notes(), C), share_in_chord(roll.notes(), &Row::of(&roll, shift).chords)]
        });
        let own = real.grouped(own.collect());
        let share = |which| Share {
            generated: mean(&generated, which, seed),
            real: mean(&own, which, seed),
            other: mean(&other, which, seed),
        };
        let got: Vec<[f32; COUNT]> = in_c.iter().map(attributes).collect();
        let attribute = |attribute: Attribute| {
            let which = attribute as usize;
            let pair = |(row, got): (&Row, &[f32; COUNT])| (row.attributes[which].into(), got[which].into());
            let pairs: Vec<(f64, f64)> = rows.iter().zip(&got).map(pair).collect();
            AttributeRow { name: attribute.name(), correlation: correlated(&pairs, seed) }
        };
        Self { in_key: share(0), in_chord: share(1), attributes: Attribute::ALL.map(attribute).to_vec() }
    }
}

/// Mean share over the windows that have it; `None` if none does.
fn mean(groups: &[Vec<Shares>], which: usize, seed: u64) -> Option<Estimate> {
    let sum = |group: &Vec<Shares>| {
        let shares: Vec<f64> = group.iter().filter_map(|shares| shares[which]).collect();
        [shares.iter().sum(), shares.len() as f64]
    };
    let groups: Vec<[f64; 2]> = groups.iter().map(sum).collect();
    bootstrap::mean(&groups, seed).map(|estimate| estimate.within(0.0, 1.0))
}

/// Correlation of the pairs; `None` if it has none.
pub(super) fn correlated(pairs: &[(f64, f64)], seed: u64) -> Option<Estimate> {
    correlation(pairs)?;
    let weighted = |[weights]: [&[f64]; 1]| {
        let pairs = pairs.iter().zip(weights).flat_map(|(&pair, &weight)| std::iter::repeat_n(pair, weight as usize));
        correlation(&pairs.collect::<Vec<_>>()).unwrap_or(0.0)
    };
    Some(estimate([pairs.len()], seed, weighted).within(-1.0, 1.0))
}

impl fmt::Display for Obedience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |estimate: &Option<Estimate>| estimate.as_ref().map_or("-".to_owned(), Estimate::to_string);
        let [generated, real, other] = ["generated", "songs, their own", "of another sample"];
        writeln!(f, "{:<22} {generated:<22} {real:<22} {other}", "notes as asked")?;
        for (name, Share { generated, real, other }) in [("in the key", &self.in_key), ("in the chord", &self.in_chord)]
        {
            let [generated, real, other] = [generated, real, other].map(text);
            writeln!(f, "{name:<22} {generated:<22} {real:<22} {other}")?;
        }
        writeln!(f, "\n{:<22} asked and generated", "correlation")?;
        for AttributeRow { name, correlation } in &self.attributes {
            writeln!(f, "{name:<22} {}", text(correlation))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;
    use crate::data::music::to_c;

    /// Windows in their keys, and their conditions.
    fn windows(count: u64) -> (Vec<Roll>, Vec<Row>, Vec<i32>) {
        let rolls: Vec<Roll> = (0..count).map(|index| corpus::compose(4, index).merged().window(0, 128)).collect();
        let shifts: Vec<i32> = rolls.iter().map(|roll| to_c::shift(roll, roll)).collect();
        let row = |(roll, &shift): (&Roll, &i32)| Row::of(&roll.clone().shifted(shift), shift);
        let rows = rolls.iter().zip(&shifts).map(row).collect();
        (rolls, rows, shifts)
    }

    #[test]
    fn music_obeys_its_own_conditions() {
        let (rolls, rows, shifts) = windows(12);
        let real = Set::of_samples(rolls.clone());
        let found = Obedience::of(&rolls, &rows, &real, &shifts, 0);
        for share in [&found.in_key, &found.in_chord] {
            assert_eq!(share.generated, share.real);
            assert!(share.other.unwrap().value < share.real.unwrap().value - 0.1, "{share:?}");
        }
        assert!(found.in_key.real.unwrap().value > 0.9);
        assert!(found.attributes.iter().filter_map(|row| row.correlation).all(|found| found.value > 1.0 - 1e-9));
        assert!(found.attributes.iter().any(|row| row.correlation.is_some()));
    }

    #[test]
    fn a_sample_with_the_conditions_of_another_does_not() {
        let (rolls, mut rows, shifts) = windows(12);
        rows.rotate_left(1);
        let found = Obedience::of(&rolls, &rows, &Set::of_samples(rolls.clone()), &shifts, 0);
        assert!(found.in_chord.generated.unwrap().value < found.in_chord.real.unwrap().value - 0.1);
        let correlations = found.attributes.iter().filter_map(|row| row.correlation);
        assert!(correlations.map(|found| found.value).sum::<f64>() < 4.0);
    }

    #[test]
    fn silence_has_no_shares() {
        let (_, rows, _) = windows(1);
        let silence = vec![Roll::new(128, Vec::new())];
        let found = Obedience::of(&silence, &rows, &Set::of_samples(silence.clone()), &[0], 0);
        assert_eq!((found.in_key.generated, found.in_chord.real, found.in_key.other), (None, None, None));
        assert!(found.attributes.iter().all(|row| row.correlation.is_none()));
        assert!(found.to_string().contains("in the chord           -"));
    }
}
