//! Pushing onsets towards a rhythm.

use super::OnsetLogits;

/// Push towards a given rhythm.
pub const GIVEN: f32 = 4.0;
/// Strengths to choose from for a groove.
const STRENGTHS: [f32; 7] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0];

/// Pushes onsets towards the rhythm that the sample's bars have in common; strength 0 changes no bit.
///
/// r is the probability of any onset at a step of a bar, m its mean over the other bars; the push is `strength` (2 m - 1).
pub fn own_rhythm(logits: &mut OnsetLogits, strength: f32) {
    if strength == 0.0 {
        return;
    }
    let silent = |logit: f32| 1.0 / (1.0 + f64::from(logit).exp());
    let rate: Vec<f64> =
        (0..logits.columns()).map(|column| 1.0 - logits.column(column).map(silent).product::<f64>()).collect();
    let (bars, steps) = (logits.bars, logits.steps);
    let total: Vec<f64> = (0..steps).map(|step| rate.iter().skip(step).step_by(steps).sum()).collect();
    let others = |column: usize| (total[column % steps] - rate[column]) / (bars.max(2) - 1) as f64;
    let pushes: Vec<f32> = (0..bars * steps).map(|column| strength * (2.0 * others(column) - 1.0) as f32).collect();
    push(logits, &pushes);
}

/// Pushes onsets towards a rhythm, of one bar or of all: `strength` up where an onset is wanted, as much down elsewhere; strength 0
/// changes no bit.
pub fn given_rhythm(logits: &mut OnsetLogits, rhythm: &[bool], strength: f32) {
    let push_of = |column: usize| if rhythm[column % rhythm.len()] { strength } else { -strength };
    let pushes: Vec<f32> = (0..logits.columns()).map(push_of).collect();
    push(logits, &pushes);
}

/// The strength, at most `most`, with which [`own_rhythm`] brings groove nearest to a wish, once `finish` has made all later corrections.
pub fn strength_for(logits: &OnsetLogits, groove: f64, most: f32, finish: impl Fn(&mut OnsetLogits)) -> f32 {
    let distance = |strength: f32| {
        let mut pushed = logits.clone();
        own_rhythm(&mut pushed, strength);
        finish(&mut pushed);
        (pushed.groove() - groove).abs()
    };
    STRENGTHS
        .into_iter()
        .filter(|strength| *strength <= most)
        .map(|strength| (distance(strength), strength))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(0.0, |best| best.1)
}

/// Adds a number to the logits of each step: to all pitches if it is negative, else only to the likeliest, because more of them
/// would thicken the music.
fn push(logits: &mut OnsetLogits, pushes: &[f32]) {
    let columns = logits.columns();
    for (column, &push) in pushes.iter().enumerate().filter(|(_, push)| **push != 0.0) {
        let likeliest = logits.column(column).fold(f32::NEG_INFINITY, f32::max);
        for logit in logits.values.iter_mut().skip(column).step_by(columns) {
            if push < 0.0 || *logit == likeliest {
                *logit += push;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four bars of four steps and three pitches; the first step of each bar has an onset but in bar 2, where it is undecided.
    fn sample() -> OnsetLogits {
        let mut values = vec![-6.0; 3 * 16];
        for bar in 0..4 {
            values[16 + 4 * bar] = if bar == 2 { -0.5 } else { 6.0 };
            values[32 + 4 * bar] = -0.8;
        }
        values[3] = 0.5;
        OnsetLogits { values, bars: 4, steps: 4 }
    }

    #[test]
    fn no_push_changes_no_bit() {
        let mut pushed = sample();
        own_rhythm(&mut pushed, 0.0);
        given_rhythm(&mut pushed, &[true, false], 0.0);
        assert_eq!(pushed, sample());
    }

    #[test]
    fn the_common_rhythm_wins_where_the_sample_is_unsure() {
        let mut pushed = sample();
        own_rhythm(&mut pushed, 3.0);
        assert!(pushed.values[16 + 8] > 0.0, "the first step of bar 2 follows the other bars");
        assert!(pushed.values[3] < 0.0, "an onset that only one bar has is dropped");
        assert_eq!(pushed.values[32 + 8], -0.8, "only the likeliest pitch is pushed up");
        assert!(pushed.groove() > sample().groove());
        assert!(pushed.values[17] < -6.0 && pushed.values[1] < -6.0, "all pitches are pushed down");
    }

    #[test]
    fn a_given_rhythm_is_followed() {
        let mut pushed = sample();
        given_rhythm(&mut pushed, &[false, false, true, false], 7.0);
        let onsets: Vec<usize> = (0..16).filter(|&column| pushed.column(column).any(|logit| logit > 0.0)).collect();
        assert_eq!(onsets, [2, 6, 10, 14]);
    }

    #[test]
    fn the_strength_follows_the_groove_asked_for() {
        let weak = strength_for(&sample(), sample().groove(), 7.0, |_| ());
        assert_eq!((weak, strength_for(&sample(), 1.0, 7.0, |_| ())), (0.0, 1.0));
    }
}
