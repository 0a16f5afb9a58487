//! The logits of a sample's onsets.

/// Logits of onsets, `[pitches, bars, steps per bar]`. An onset is a logit above 0.
#[derive(Debug, Clone, PartialEq)]
pub struct OnsetLogits {
    /// The numbers.
    pub values: Vec<f32>,
    /// Bars of the window.
    pub bars: usize,
    /// Steps of a bar.
    pub steps: usize,
}

impl OnsetLogits {
    /// The onsets of a decoder's logits `[pitches, steps of the window, channels]`: channel 0.
    ///
    /// # Panics
    /// If the logits are not those of whole pitches.
    #[track_caller]
    pub fn of(decoded: &[f32], channels: usize, bars: usize, steps: usize) -> Self {
        assert!(decoded.len().is_multiple_of(bars * steps * channels), "logits of whole pitches");
        Self { values: decoded.iter().step_by(channels).copied().collect(), bars, steps }
    }

    /// Replaces channel 0 of a decoder's logits.
    pub fn write(&self, decoded: &mut [f32], channels: usize) {
        decoded.iter_mut().step_by(channels).zip(&self.values).for_each(|(logit, value)| *logit = *value);
    }

    /// Steps of the window.
    pub fn columns(&self) -> usize {
        self.bars * self.steps
    }

    /// The logits of all pitches at a step of the window.
    pub fn column(&self, column: usize) -> impl Iterator<Item = f32> {
        self.values.iter().skip(column).step_by(self.columns()).copied()
    }

    /// 1 - mean Hamming distance of consecutive bars' rhythms / steps; 1 for a single bar.
    pub fn groove(&self) -> f64 {
        let onset: Vec<bool> = (0..self.columns()).map(|column| self.column(column).any(|logit| logit > 0.0)).collect();
        let pairs = self.columns() - self.steps;
        let different = (0..pairs).filter(|&column| onset[column] != onset[column + self.steps]).count();
        1.0 - different as f64 / pairs.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn onsets_are_channel_0() {
        let mut decoded: Vec<f32> = (0..3 * 8 * 2).map(|i| i as f32).collect();
        let mut logits = OnsetLogits::of(&decoded, 2, 2, 4);
        assert_eq!((logits.values.len(), logits.values[..3].to_vec()), (24, vec![0.0, 2.0, 4.0]));
        assert_eq!(logits.column(1).collect::<Vec<_>>(), [2.0, 18.0, 34.0]);
        logits.values[1] = -1.0;
        logits.write(&mut decoded, 2);
        assert_eq!(decoded[..5], [0.0, 1.0, -1.0, 3.0, 4.0]);
    }

    #[test]
    fn groove_is_that_of_the_onsets() {
        let mut logits = OnsetLogits { values: vec![-1.0; 2 * 3 * 4], bars: 3, steps: 4 };
        assert_eq!(logits.groove(), 1.0);
        // Steps 0 and 5 in different pitches: bars x..., .x.., ....
        logits.values[0] = 1.0;
        logits.values[12 + 5] = 1.0;
        assert_eq!(logits.groove(), 1.0 - 3.0 / 8.0);
    }
}
