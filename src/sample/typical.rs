//! The most typical of several candidates.
//!
//! Of candidates for the same sample, the one is kept that is most like the others: its mean likeness to them estimates the expected
//! likeness to any music that fits, here that of its bars in pitches, durations, onsets and rhythm. This is decoding by minimum Bayes
//! risk (Kumar and Byrne 2004, "Minimum Bayes-Risk Decoding for Statistical Machine Translation").

use crate::data::music::roll::{Note, Roll};
use crate::metrics::bars::bar;
use crate::metrics::features::STEPS_PER_BAR;
use crate::metrics::filling::Filling;

/// Of each sample its most typical candidate: `candidates[c][i]` is candidate c of sample i. Of equally typical ones the first.
///
/// # Panics
/// Without a candidate.
pub(super) fn most_typical(candidates: &[Vec<Roll>]) -> Vec<Roll> {
    let count = candidates[0].len();
    let of_sample = |i: usize| {
        let bars: Vec<Vec<Vec<Note>>> = candidates.iter().map(|rolls| bars(&rolls[i])).collect();
        let typical = |own: &Vec<Vec<Note>>| bars.iter().map(|other| likeness(own, other)).sum::<f64>();
        let scores: Vec<f64> = bars.iter().map(typical).collect();
        (0..scores.len()).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b])).expect("a candidate")
    };
    (0..count).map(|i| candidates[of_sample(i)][i].clone()).collect()
}

/// The notes of each bar of 4/4.
fn bars(roll: &Roll) -> Vec<Vec<Note>> {
    (0..roll.steps().div_ceil(STEPS_PER_BAR)).map(|number| bar(roll.notes(), number)).collect()
}

/// How alike two rolls are: the mean over bars of four measures, each 0 to 1. Bars that are silent in both are alike.
fn likeness(a: &[Vec<Note>], b: &[Vec<Note>]) -> f64 {
    let of_bar = |(a, b): (&Vec<Note>, &Vec<Note>)| match Filling::of(a, b) {
        Some(filling) => filling.values().iter().sum::<f64>() / 4.0,
        None => f64::from(a.is_empty()),
    };
    a.iter().zip(b).map(of_bar).sum::<f64>() / a.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roll(pitches: &[u8]) -> Roll {
        let note = |(number, &pitch): (usize, &u8)| Note { start: 4 * number as u32, duration: 4, pitch, velocity: 80 };
        Roll::new(16, pitches.iter().enumerate().map(note).collect())
    }

    #[test]
    fn the_candidate_that_others_are_like_is_kept() {
        let candidates = [[60, 64, 67, 72], [61, 64, 67, 72], [60, 64, 67, 71], [30, 31, 32, 33]]
            .map(|pitches| vec![roll(&pitches)]);
        assert_eq!(most_typical(&candidates), [roll(&[60, 64, 67, 72])]);
        let equal = vec![vec![roll(&[60])], vec![roll(&[62])]];
        assert_eq!(most_typical(&equal), [roll(&[60])]);
        let silent = vec![vec![roll(&[])], vec![roll(&[60])], vec![roll(&[])]];
        assert_eq!(most_typical(&silent), [roll(&[])]);
    }

    #[test]
    fn samples_are_chosen_apart() {
        let [a, b, c] = [roll(&[60, 62]), roll(&[60, 64]), roll(&[40, 41])];
        let candidates = vec![vec![c.clone(), a.clone()], vec![a.clone(), c.clone()], vec![b.clone(), b.clone()]];
        assert_eq!(most_typical(&candidates), [a.clone(), a]);
    }
}
