//! The most typical of several candidates.
//!
//! Of candidates for the same sample, the one is kept that is most like the others: its mean likeness to them estimates the expected
//! likeness to any music that fits, here that of its bars in pitches, durations, onsets and rhythm. A bar has too few notes to tell in which
//! durations a texture moves, so that durations are also compared with those of all other bars. This is decoding by minimum Bayes
//! risk (Kumar and Byrne 2004, "Minimum Bayes-Risk Decoding for Statistical Machine Translation").

use crate::data::music::roll::{Note, Roll};
use crate::metrics::bars::{bar, duration_overlap};
use crate::metrics::features::STEPS_PER_BAR;
use crate::metrics::filling::Filling;

/// Weight of the likeness of durations to those of all bars, beside the likeness of bars in their places.
const TEXTURE: f64 = 3.0;

/// Of each sample its most typical candidate: `candidates[c][i]` is candidate c of sample i. Of equally typical ones the first.
///
/// # Panics
/// Without a candidate.
pub(super) fn most_typical(candidates: &[Vec<Roll>]) -> Vec<Roll> {
    let count = candidates[0].len();
    let of_sample = |i: usize| {
        let bars: Vec<Vec<Vec<Note>>> = candidates.iter().map(|rolls| bars(&rolls[i])).collect();
        let typical = |own: usize| {
            let others = bars.iter().enumerate().filter(|(other, _)| *other != own);
            let in_places = others.map(|(_, other)| likeness(&bars[own], other)).sum::<f64>();
            in_places + TEXTURE * bars.iter().map(|other| texture(&bars[own], other)).sum::<f64>()
        };
        let scores: Vec<f64> = (0..bars.len()).map(typical).collect();
        (0..scores.len()).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b])).expect("a candidate")
    };
    (0..count).map(|i| candidates[if candidates.len() > 1 { of_sample(i) } else { 0 }][i].clone()).collect()
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

/// How alike the durations of each bar of one roll and of each other bar of another are, of which it may be a candidate or itself: a mean over
/// pairs of bars, 0 to 1. A bar's durations are too few to be compared with those of one bar, and nearly those of the whole texture.
fn texture(a: &[Vec<Note>], b: &[Vec<Note>]) -> f64 {
    let pairs = (0..a.len()).flat_map(|i| (0..b.len()).filter(move |&j| j != i).map(move |j| (i, j)));
    let overlap = |(i, j): (usize, usize)| duration_overlap(&a[i], &b[j]);
    pairs.map(overlap).sum::<f64>() / (a.len() * b.len().saturating_sub(1)).max(1) as f64
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
    fn of_two_the_one_with_one_texture_is_kept() {
        let bars = |durations: [u32; 3]| {
            let bar = |(bar, duration): (usize, u32)| {
                (0..16 / duration).map(move |i| Note {
                    start: 16 * bar as u32 + i * duration,
                    duration,
                    pitch: 60,
                    velocity: 80,
                })
            };
            Roll::new(48, durations.into_iter().enumerate().flat_map(bar).collect())
        };
        let candidates = [vec![bars([4, 8, 2])], vec![bars([4, 4, 2])]];
        assert_eq!(most_typical(&candidates), [bars([4, 4, 2])]);
    }

    #[test]
    fn samples_are_chosen_apart() {
        let [a, b, c] = [roll(&[60, 62]), roll(&[60, 64]), roll(&[40, 41])];
        let candidates = vec![vec![c.clone(), a.clone()], vec![a.clone(), c.clone()], vec![b.clone(), b.clone()]];
        assert_eq!(most_typical(&candidates), [a.clone(), a]);
    }
}
