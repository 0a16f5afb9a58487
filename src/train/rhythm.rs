//! The steps at which a training run logs, saves and validates.

use crate::config::TrainConfig;

/// Validations that a run has at least, if it has as many steps.
const LEAST: u64 = 5;
/// The first validation comes after this part of the steps between two validations.
const EARLY: u64 = 4;

/// The rhythm of a run, from its configuration.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm {
    steps: u64,
    log_every: u64,
    checkpoint_every: u64,
    validate_every: u64,
}

impl Rhythm {
    /// The rhythm of a configuration. A run with fewer than five validations by `train.validate_every` has more of them.
    pub fn new(train: &TrainConfig) -> Self {
        Self {
            steps: train.steps,
            log_every: train.log_every.max(1),
            checkpoint_every: train.checkpoint_every.max(1),
            validate_every: train.validate_every.min(train.steps / LEAST).max(1),
        }
    }

    fn is_due(&self, step: u64, every: u64) -> bool {
        step == self.steps || step.is_multiple_of(every)
    }

    /// Whether a step's losses are logged.
    pub fn logs(&self, step: u64) -> bool {
        self.is_due(step, self.log_every)
    }

    /// Whether a step ends with a checkpoint.
    pub fn saves(&self, step: u64) -> bool {
        self.validates(step) || self.is_due(step, self.checkpoint_every)
    }

    /// Whether a step ends with a validation.
    pub fn validates(&self, step: u64) -> bool {
        let first = (self.validate_every / EARLY).max(1);
        step > 0 && (step == first || self.is_due(step, self.validate_every))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validations(steps: u64, validate_every: u64) -> Vec<u64> {
        let rhythm = Rhythm::new(&TrainConfig { steps, validate_every, ..TrainConfig::default() });
        (0..=steps).filter(|step| rhythm.validates(*step)).collect()
    }

    #[test]
    fn a_run_has_at_least_five_validations_and_the_first_is_early() {
        assert_eq!(validations(10_000, 2000), [500, 2000, 4000, 6000, 8000, 10_000]);
        assert_eq!(validations(1000, 1_000_000), [50, 200, 400, 600, 800, 1000]);
        assert_eq!(validations(4, 4), [1, 2, 3, 4]);
        assert_eq!(validations(1, 500), [1]);
        assert_eq!(validations(100, 10).len(), 11);
        for steps in 5..200 {
            assert!(validations(steps, 7).len() >= 5, "{steps}");
        }
    }

    #[test]
    fn every_validation_is_of_a_saved_checkpoint() {
        let train = TrainConfig { steps: 100, validate_every: 30, checkpoint_every: 50, ..TrainConfig::default() };
        let rhythm = Rhythm::new(&train);
        assert!((0..=100).all(|step| !rhythm.validates(step) || rhythm.saves(step)));
        assert!(rhythm.saves(50) && rhythm.logs(100) && !rhythm.logs(99));
    }
}
