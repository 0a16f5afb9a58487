//! The learning rate: a linear warm-up, then constant or half a cosine (Loshchilov and Hutter 2016, arXiv 1608.03983).

use crate::config::{ScheduleKind, TrainConfig};
use std::f64::consts::PI;

/// The learning rate of a step, counted from 1.
pub fn learning_rate(train: &TrainConfig, step: u64) -> f64 {
    if step <= train.warmup {
        return train.learning_rate * step as f64 / train.warmup as f64;
    }
    match train.schedule {
        ScheduleKind::Constant => train.learning_rate,
        ScheduleKind::Cosine => {
            let after = train.steps.saturating_sub(train.warmup).max(1);
            // The cosine reaches 0 one step after the last, so that the last step still learns.
            let done = (step - train.warmup - 1) as f64 / after as f64;
            train.learning_rate * 0.5 * (1.0 + (PI * done.min(1.0)).cos())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn train(schedule: ScheduleKind) -> TrainConfig {
        TrainConfig { steps: 100, warmup: 10, learning_rate: 2.0, schedule, ..TrainConfig::default() }
    }

    #[test]
    fn warms_up_linearly_then_stays() {
        let train = train(ScheduleKind::Constant);
        assert_eq!([1, 5, 10, 11, 100].map(|step| learning_rate(&train, step)), [0.2, 1.0, 2.0, 2.0, 2.0]);
    }

    #[test]
    fn falls_along_half_a_cosine_to_almost_nothing() {
        let train = train(ScheduleKind::Cosine);
        assert_eq!(learning_rate(&train, 11), 2.0);
        assert!((learning_rate(&train, 56) - 1.0).abs() < 1e-12, "halfway");
        let last = learning_rate(&train, 100);
        assert!(last > 0.0 && last < 0.001);
        assert_eq!(learning_rate(&train, 1000), 0.0);
    }

    #[test]
    fn no_warm_up_starts_at_the_peak() {
        let train = TrainConfig { warmup: 0, ..train(ScheduleKind::Cosine) };
        assert_eq!(learning_rate(&train, 1), 2.0);
    }
}
