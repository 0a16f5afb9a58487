//! The best of several samples.

use std::str::FromStr;

/// Keep some of a number of samples: `4/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Best {
    /// How many are kept.
    pub keep: usize,
    /// How many are generated.
    pub of: usize,
}

impl Best {
    /// The indices of the samples that are kept, the best first: those with the smallest scores. Of equal scores the earlier is better.
    pub fn choose(&self, scores: &[f64]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        order.truncate(self.keep);
        order
    }
}

impl FromStr for Best {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (keep, of) = text.split_once('/')?;
            let (keep, of) = (keep.trim().parse().ok()?, of.trim().parse().ok()?);
            (keep > 0 && keep <= of).then_some(Self { keep, of })
        };
        parse().ok_or_else(|| format!("it takes how many are kept of how many, as in 4/32, not '{text}'"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_are_kept_in_order() {
        let best: Best = "2/4".parse().unwrap();
        assert_eq!(best.choose(&[3.0, 1.0, 2.0, 1.0]), [1, 3]);
        for text in ["4", "0/4", "5/4", "a/b", "4/"] {
            assert!(text.parse::<Best>().is_err(), "{text}");
        }
    }
}
