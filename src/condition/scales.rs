//! Mean and standard deviation of the attributes of a training set.

use super::attributes::COUNT;
use super::{BAR_ATTRIBUTES, RHYTHM_STEPS, Row};

/// Added to the deviations of a rhythm: on some steps nearly no bar has an onset.
const RHYTHM_FLOOR: f32 = 0.05;

/// Mean and standard deviation of N numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale<const N: usize> {
    /// The means.
    pub mean: [f32; N],
    /// The standard deviations, none 0.
    pub deviation: [f32; N],
}

impl<const N: usize> Scale<N> {
    /// Of a set. A number that does not vary has deviation 1. `floor` is added to every deviation.
    pub fn fit(values: impl Iterator<Item = [f32; N]> + Clone, floor: f32) -> Self {
        let count = values.clone().count().max(1) as f64;
        let mean: [f64; N] =
            std::array::from_fn(|i| values.clone().map(|value| f64::from(value[i])).sum::<f64>() / count);
        let variance =
            |i: usize| values.clone().map(|value| (f64::from(value[i]) - mean[i]).powi(2)).sum::<f64>() / count;
        let deviation = std::array::from_fn(|i| match variance(i).sqrt() as f32 + floor {
            deviation if deviation > 1e-6 => deviation,
            _ => 1.0,
        });
        Self { mean: mean.map(|mean| mean as f32), deviation }
    }

    /// Minus the mean, over the deviation.
    pub fn apply(&self, values: [f32; N]) -> [f32; N] {
        std::array::from_fn(|i| (values[i] - self.mean[i]) / self.deviation[i])
    }

    /// The inverse of [`apply`](Self::apply).
    pub fn invert(&self, normalised: [f32; N]) -> [f32; N] {
        std::array::from_fn(|i| normalised[i] * self.deviation[i] + self.mean[i])
    }

    /// The first means and deviations of a slice, which is advanced past them.
    ///
    /// # Errors
    /// One clause if one is not finite or a deviation is not positive.
    ///
    /// # Panics
    /// If the slice is shorter.
    #[track_caller]
    pub fn take(rest: &mut &[f32]) -> Result<Self, String> {
        let (values, after) = rest.split_at(2 * N);
        *rest = after;
        let (mean, deviation) = (std::array::from_fn(|i| values[i]), std::array::from_fn(|i| values[N + i]));
        let scale = Self { mean, deviation };
        let valid = scale.mean.iter().all(|mean| mean.is_finite())
            && scale.deviation.iter().all(|deviation| deviation.is_finite() && *deviation > 0.0);
        valid.then_some(scale).ok_or_else(|| "the attributes' scales are not finite and positive".into())
    }
}

/// The scales of all attributes, from which a network's inputs have mean 0 and deviation 1 over the training set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scales {
    /// Of the window's attributes.
    pub window: Scale<COUNT>,
    /// Of the bars' attributes.
    pub bar: Scale<BAR_ATTRIBUTES>,
    /// Of the rhythm.
    pub rhythm: Scale<RHYTHM_STEPS>,
}

impl Scales {
    /// Numbers in [`values`](Self::values).
    pub const SIZE: usize = 2 * (COUNT + BAR_ATTRIBUTES + RHYTHM_STEPS);

    /// Of the rows of a training set.
    pub fn fit(rows: &[Row]) -> Self {
        Self {
            window: Scale::fit(rows.iter().map(|row| row.attributes), 0.0),
            bar: Scale::fit(rows.iter().flat_map(|row| row.bars.iter().copied()), 0.0),
            rhythm: Scale::fit(rows.iter().map(|row| row.rhythm), RHYTHM_FLOOR),
        }
    }

    /// All means and deviations, for a checkpoint.
    pub fn values(&self) -> Vec<f32> {
        let Self { window, bar, rhythm } = self;
        [&window.mean[..], &window.deviation, &bar.mean, &bar.deviation, &rhythm.mean, &rhythm.deviation].concat()
    }

    /// The scales with these [`values`](Self::values).
    ///
    /// # Errors
    /// One clause if their number is wrong, one is not finite, or a deviation is not positive.
    pub fn of_values(values: &[f32]) -> Result<Self, String> {
        if values.len() != Self::SIZE {
            return Err(format!("the attributes' scales have {} numbers instead of {}", values.len(), Self::SIZE));
        }
        let mut rest = values;
        let scales =
            Self { window: Scale::take(&mut rest)?, bar: Scale::take(&mut rest)?, rhythm: Scale::take(&mut rest)? };
        Ok(scales)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalised_numbers_have_mean_0_and_deviation_1() {
        let values = [[1.0, 7.0], [3.0, 7.0], [5.0, 7.0], [7.0, 7.0]];
        let scale = Scale::fit(values.into_iter(), 0.0);
        assert_eq!((scale.mean, scale.deviation), ([4.0, 7.0], [5f32.sqrt(), 1.0]));
        let normalised = values.map(|value| scale.apply(value));
        assert!(normalised.iter().map(|value| value[0]).sum::<f32>().abs() < 1e-6);
        for (value, normalised) in values.into_iter().zip(normalised) {
            let back = scale.invert(normalised);
            assert!((back[0] - value[0]).abs() < 1e-5 && back[1] == value[1]);
        }
    }

    #[test]
    fn scales_are_read_as_they_are_written() {
        let scales = Scales::of_values(&(1..=Scales::SIZE).map(|i| i as f32).collect::<Vec<_>>()).unwrap();
        assert_eq!((scales.window.mean[0], scales.bar.mean[0], scales.rhythm.deviation[15]), (1.0, 17.0, 54.0));
        assert_eq!(Scales::of_values(&scales.values()), Ok(scales));
        assert!(Scales::of_values(&[1.0; 3]).is_err() && Scales::of_values(&[0.0; Scales::SIZE]).is_err());
        assert!(Scales::of_values(&[f32::NAN; Scales::SIZE]).is_err());
    }
}
