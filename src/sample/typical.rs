//! The most typical of several candidates, as a whole or bar by bar.
//!
//! Of candidates for the same sample, the one is kept whose new notes are most like those of the others: its mean likeness to them estimates the expected
//! likeness to any music that fits, here that of its bars in pitches, durations, onsets and rhythm. A bar has too few notes to tell in which
//! durations a texture moves, so that durations are also compared with those of all other bars. This is decoding by minimum Bayes
//! risk (Kumar and Byrne 2004, "Minimum Bayes-Risk Decoding for Statistical Machine Translation").
//!
//! Candidates that are told the same melody, chords and texture also continue each other. Of these the most typical bars are kept, with few
//! changes from one candidate to another: the best path through them (Viterbi 1967, "Error bounds for convolutional codes").

use crate::data::music::roll::{Note, Roll};
use crate::metrics::bars::{bar, duration_overlap};
use crate::metrics::features::STEPS_PER_BAR;
use crate::metrics::filling::Filling;

/// Weight of the likeness of durations to those of all bars, beside the likeness of bars in their places.
const TEXTURE: f64 = 3.0;
/// What a change to another candidate costs, in the unit of the likeness of a bar.
const CHANGE: f64 = 0.07;

/// The notes of a sample's candidate that are not given.
pub(super) type NewNotes<'a> = dyn Fn(usize, &Roll) -> Vec<Note> + 'a;

/// Of each sample its most typical candidate: `candidates[c][i]` is candidate c of sample i. Of equally typical ones the first.
///
/// # Panics
/// Without a candidate.
pub(super) fn most_typical(candidates: &[Vec<Roll>], new_notes: &NewNotes<'_>) -> Vec<Roll> {
    chosen(candidates, new_notes, |typicality| {
        let sums: Vec<f64> = typicality.iter().map(|bars| bars.iter().sum()).collect();
        vec![best(&sums); typicality[0].len()]
    })
}

/// Of each sample the most typical bars of its candidates, notes up to their ends.
///
/// # Panics
/// Without a candidate.
pub(super) fn most_typical_bars(candidates: &[Vec<Roll>], new_notes: &NewNotes<'_>) -> Vec<Roll> {
    chosen(candidates, new_notes, path)
}

/// The samples of the candidates that `choose` takes for each bar, of the typicality of each candidate in each bar.
fn chosen(candidates: &[Vec<Roll>], new_notes: &NewNotes<'_>, choose: impl Fn(&[Vec<f64>]) -> Vec<usize>) -> Vec<Roll> {
    let of_sample = |i: usize| {
        let steps = candidates[0][i].steps();
        let bars: Vec<Vec<Vec<Note>>> = candidates.iter().map(|rolls| bars(steps, &new_notes(i, &rolls[i]))).collect();
        let numbers = choose(&typicality(&bars));
        let notes = candidates.iter().enumerate().flat_map(|(number, rolls)| {
            let is_chosen = |note: &&Note| numbers[(note.start / STEPS_PER_BAR) as usize] == number;
            rolls[i].notes().iter().filter(is_chosen).copied().collect::<Vec<_>>()
        });
        candidates[0][i].with_notes(steps, notes.collect())
    };
    if candidates.len() == 1 {
        return candidates[0].clone();
    }
    (0..candidates[0].len()).map(of_sample).collect()
}

/// The candidate of each bar on the path with the largest sum of typicality, less what changes cost. Of equal ones the first.
fn path(typicality: &[Vec<f64>]) -> Vec<usize> {
    let at = |bar: usize| typicality.iter().map(move |bars| bars[bar]);
    let bars = typicality[0].len();
    let mut sums: Vec<f64> = at(0).collect();
    let mut came_from: Vec<Vec<usize>> = Vec::new();
    for bar in 1..bars {
        let other = best(&sums);
        let from = |own: usize| if sums[own] >= sums[other] - CHANGE { own } else { other };
        let reached = |own: usize| sums[own].max(sums[other] - CHANGE);
        came_from.push((0..sums.len()).map(from).collect());
        sums = at(bar).enumerate().map(|(own, typicality)| reached(own) + typicality).collect();
    }
    let mut path = vec![best(&sums)];
    for from in came_from.iter().rev() {
        path.push(from[path[path.len() - 1]]);
    }
    path.reverse();
    path
}

/// The index of the largest number, of equal ones the first.
fn best(values: &[f64]) -> usize {
    (0..values.len()).rev().max_by(|&a, &b| values[a].total_cmp(&values[b])).expect("a candidate")
}

/// The notes of each bar of 4/4.
fn bars(steps: u32, notes: &[Note]) -> Vec<Vec<Note>> {
    (0..steps.div_ceil(STEPS_PER_BAR)).map(|number| bar(notes, number)).collect()
}

/// How typical each bar of each candidate is: its mean likeness to the bars in its place of other candidates, and that of its durations to those
/// of all other bars.
fn typicality(candidates: &[Vec<Vec<Note>>]) -> Vec<Vec<f64>> {
    let of_bar = |own: usize, bar: usize| {
        let notes = &candidates[own][bar];
        let others = candidates.iter().enumerate().filter(|(other, _)| *other != own);
        let in_place = mean(others.map(|(_, other)| likeness(notes, &other[bar])));
        let elsewhere = candidates.iter().flat_map(|bars| (0..bars.len()).filter(|&i| i != bar).map(|i| &bars[i]));
        in_place + TEXTURE * mean(elsewhere.map(|other| duration_overlap(notes, other)))
    };
    (0..candidates.len()).map(|own| (0..candidates[own].len()).map(|bar| of_bar(own, bar)).collect()).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0, 0.0), |(count, sum), value| (count + 1, sum + value));
    sum / f64::from(count.max(1))
}

/// How alike two bars are: the mean of four measures, each 0 to 1. Bars that are both silent are alike.
fn likeness(a: &[Note], b: &[Note]) -> f64 {
    match Filling::of(a, b) {
        Some(filling) => filling.values().iter().sum::<f64>() / 4.0,
        None => f64::from(a.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(_: usize, roll: &Roll) -> Vec<Note> {
        roll.notes().to_vec()
    }

    fn roll(pitches: &[u8]) -> Roll {
        let note = |(number, &pitch): (usize, &u8)| Note { start: 4 * number as u32, duration: 4, pitch, velocity: 80 };
        Roll::new(16, pitches.iter().enumerate().map(note).collect())
    }

    #[test]
    fn the_candidate_that_others_are_like_is_kept() {
        let candidates = [[60, 64, 67, 72], [61, 64, 67, 72], [60, 64, 67, 71], [30, 31, 32, 33]]
            .map(|pitches| vec![roll(&pitches)]);
        assert_eq!(most_typical(&candidates, &all), [roll(&[60, 64, 67, 72])]);
        let equal = vec![vec![roll(&[60])], vec![roll(&[62])]];
        assert_eq!(most_typical(&equal, &all), [roll(&[60])]);
        let silent = vec![vec![roll(&[])], vec![roll(&[60])], vec![roll(&[])]];
        assert_eq!(most_typical(&silent, &all), [roll(&[])]);
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
        assert_eq!(most_typical(&candidates, &all), [bars([4, 4, 2])]);
    }

    #[test]
    fn typical_bars_are_of_several_candidates() {
        let [a, b, c] = [[60, 64, 67, 72], [61, 64, 67, 72], [60, 64, 67, 71]].map(|pitches| roll(&pitches));
        let song = |first: &Roll, second: &Roll| {
            let late = second.notes().iter().map(|note| Note { start: note.start + 16, ..*note });
            vec![Roll::new(32, first.notes().iter().copied().chain(late).collect())]
        };
        let odd = roll(&[30, 31, 32, 33]);
        let candidates = [song(&odd, &a), song(&a, &odd), song(&b, &b), song(&c, &c)];
        assert_eq!(most_typical_bars(&candidates, &all), song(&a, &a));
        assert_eq!(most_typical_bars(&candidates[..1], &all), candidates[0]);
    }

    #[test]
    fn a_path_changes_where_that_pays() {
        let of = |typicality: [[f64; 4]; 2]| path(&typicality.map(|bars| bars.to_vec()));
        assert_eq!(of([[1.0; 4]; 2]), [0; 4]);
        assert_eq!(of([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]), [0, 0, 1, 1]);
        let little = 1.0 + 0.5 * CHANGE;
        assert_eq!(of([[1.0; 4], [1.0, little, 1.0, 0.9]]), [0; 4]);
        assert_eq!(of([[1.0; 4], [1.0, little, little, little]]), [1; 4]);
    }

    #[test]
    fn given_notes_do_not_count() {
        let candidates = [[60, 64, 67, 72], [60, 64, 67, 72], [60, 64, 67, 30]].map(|pitches| vec![roll(&pitches)]);
        let last = |_: usize, roll: &Roll| roll.notes().iter().filter(|note| note.pitch < 60).copied().collect();
        assert_eq!(most_typical(&candidates, &last), [roll(&[60, 64, 67, 72])]);
        let but_one = |_: usize, roll: &Roll| roll.notes()[..1].to_vec();
        assert_eq!(most_typical(&candidates[1..], &but_one), [roll(&[60, 64, 67, 72])]);
    }

    #[test]
    fn samples_are_chosen_apart() {
        let [a, b, c] = [roll(&[60, 62]), roll(&[60, 64]), roll(&[40, 41])];
        let candidates = vec![vec![c.clone(), a.clone()], vec![a.clone(), c.clone()], vec![b.clone(), b.clone()]];
        assert_eq!(most_typical(&candidates, &all), [a.clone(), a]);
    }
}
