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
    fn groove_is_that_of_the_onsets() {
        let mut logits = OnsetLogits { values: vec![-1.0; 2 * 3 * 4], bars: 3, steps: 4 };
        assert_eq!(logits.groove(), 1.0);
        // Steps 0 and 5 in different pitches: bars x..., .x.., ....
        logits.values[0] = 1.0;
        logits.values[12 + 5] = 1.0;
        assert_eq!(logits.groove(), 1.0 - 3.0 / 8.0);
    }
}
