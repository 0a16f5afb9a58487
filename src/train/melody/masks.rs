//! What is given of a melody in a training row, and what is told of it.

use crate::melody::{BAR, Conditions};
use crate::rng::Philox;

/// Probability that nothing is given but what is before, and that it is a span of bars that is written; else single bars.
const NOTHING: f64 = 0.65;
const SPAN: f64 = 0.2;
/// Probabilities that all bars' conditions are hidden, and each of the window's.
const BARS_HIDDEN: f64 = 0.6;
const WINDOW_HIDDEN: f64 = 0.5;

/// Whether each of `columns` columns is given. At least one bar is not.
pub fn given(columns: usize, random: &mut Philox) -> Vec<bool> {
    let bars = columns / BAR;
    let kind = random.uniform();
    let (a, b) = (random.below(bars), random.below(bars));
    let is_given = |bar: usize, random: &mut Philox| match kind {
        kind if kind < NOTHING => false,
        kind if kind < NOTHING + SPAN => !(a.min(b)..=a.max(b)).contains(&bar),
        _ => bar != a && random.chance(0.5),
    };
    (0..bars).flat_map(|bar| [is_given(bar, random); BAR]).collect()
}

/// The conditions, some of the numbers of bars and window hidden.
pub fn shown(conditions: &Conditions, random: &mut Philox) -> Conditions {
    let mut shown = conditions.clone();
    for number in 0..shown.bars.first().map_or(0, |bar| bar.len()) {
        let share = if random.chance(BARS_HIDDEN) { 1.0 } else { random.uniform() };
        for bar in &mut shown.bars {
            if random.chance(share) {
                bar[number] = None;
            }
        }
    }
    for number in &mut shown.window {
        if random.chance(WINDOW_HIDDEN) {
            *number = None;
        }
    }
    shown
}
