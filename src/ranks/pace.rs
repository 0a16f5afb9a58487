//! Ranks that are slower than the others, which all wait for.

use std::time::Duration;

/// Steps over which times are summed.
const STEPS: usize = 20;
/// A rank is slow from this multiple of the others' time on.
const SLOW: f64 = 1.5;
/// Less than this per step is not worth a message.
const LEAST: Duration = Duration::from_millis(20);
/// Reports of one rank are this many sums apart.
const APART: usize = 50;

/// Sums the times of the ranks, and finds one that is slow.
#[derive(Debug, Default)]
pub struct Pace {
    sums: Vec<Duration>,
    steps: usize,
    rounds: usize,
    /// The round in which each rank was reported last.
    reported: Vec<Option<usize>>,
}

/// A rank that is slow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slow {
    /// Its number.
    pub rank: usize,
    /// Its time per step.
    pub busy: Duration,
    /// The time per step of the median of the others.
    pub others: Duration,
}

impl Pace {
    /// Adds the times of a step, and returns a rank that has been slow for some steps and was not returned for long.
    pub fn add(&mut self, busy: &[Duration]) -> Option<Slow> {
        self.sums.resize(busy.len(), Duration::ZERO);
        self.reported.resize(busy.len(), None);
        self.sums.iter_mut().zip(busy).for_each(|(sum, busy)| *sum += *busy);
        self.steps += 1;
        if self.steps < STEPS || busy.len() < 2 {
            return None;
        }
        let mut order: Vec<usize> = (0..busy.len()).collect();
        order.sort_by_key(|&rank| self.sums[rank]);
        let rank = order.pop().expect("two ranks or more");
        let mean = |rank: usize| self.sums[rank] / STEPS as u32;
        let slow = Slow { rank, busy: mean(rank), others: mean(order[order.len() / 2]) };
        (self.sums, self.steps) = (Vec::new(), 0);
        self.rounds += 1;
        let is_new = self.reported[rank].is_none_or(|round| self.rounds - round >= APART);
        let is_slow = slow.busy.as_secs_f64() > SLOW * slow.others.as_secs_f64() && slow.busy > slow.others + LEAST;
        if !(is_slow && is_new) {
            return None;
        }
        self.reported[rank] = Some(self.rounds);
        Some(slow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_rank_that_stays_slow_is_named_and_once() {
        let of = |millis: [u64; 3]| millis.map(Duration::from_millis);
        let mut pace = Pace::default();
        let mut found = Vec::new();
        for step in 0..10 * STEPS {
            let once = if step == 3 { 30 } else { 10 };
            found.extend(pace.add(&of([once, 10, if step < STEPS { 11 } else { 40 }])));
        }
        let [busy, others] = [40, 10].map(Duration::from_millis);
        assert_eq!(found, [Slow { rank: 2, busy, others }]);
        assert_eq!(Pace::default().add(&of([1, 2, 3])[..1]), None);
    }
}
