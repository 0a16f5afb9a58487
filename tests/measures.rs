//! Measures of music on cases computed by hand. (`external` compares them with published implementations.)

use flocoder::data::music::roll::{Note, Roll};
use flocoder::evaluate::bootstrap::estimate;
use flocoder::metrics::bars::BarOverlap;
use flocoder::metrics::density::Densities;
use flocoder::metrics::frechet::{Moments, distance};
use flocoder::metrics::nearest::{Match, Onsets};

fn roll(steps: u32, notes: &[(u32, u32, u8)]) -> Roll {
    Roll::new(
        steps,
        notes.iter().map(|&(start, duration, pitch)| Note { start, duration, pitch, velocity: 80 }).collect(),
    )
}

#[track_caller]
fn close(a: f64, b: f64, within: f64) {
    assert!((a - b).abs() <= within, "{a} is not {b}");
}

fn overlap(a: &[f64], b: &[f64]) -> f64 {
    Densities::of([&[a.to_vec()], &[b.to_vec()]]).overlap([&[1.0], &[1.0]])
}

/// Each of {-1, 1} and {1, 3} has standard deviation sqrt 2, so kernels of width h = sqrt 2 x 2^(-1/5) = 1.23114. Both sums of
/// two kernels have one peak, at 0 and at 2, and are equal at 1. So the common area is twice what the first has beyond 1,
/// Phi(0) + Phi(-2 / h) = 0.5 + Phi(-1.62450) = 0.5 + 0.05214.
#[test]
fn two_densities_overlap_as_computed_by_hand() {
    close(overlap(&[-1.0, 1.0], &[1.0, 3.0]), 0.55214, 2e-5);
    close(overlap(&[-1.0, 1.0], &[-1.0, 1.0]), 1.0, 1e-4);
    assert!(overlap(&[0.0, 1.0], &[100.0, 101.0]) < 1e-12);
}

#[test]
fn samples_that_do_not_vary_overlap_wholly_or_not_at_all() {
    assert_eq!(overlap(&[7.0; 5], &[7.0; 3]), 1.0);
    assert!(overlap(&[7.0; 5], &[8.0; 3]) < 1e-6);
    // Half of the second sample equals the first, but is smoothed by wider kernels.
    let half = overlap(&[0.0; 8], &[0.0, 0.0, 1.0, 1.0]);
    assert!((0.01..0.5).contains(&half), "{half}");
}

/// A group counted twice is equivalent to a sample with its values twice, except for the width of the kernels.
#[test]
fn groups_count_as_often_as_they_are_drawn() {
    let densities = Densities::of([&[vec![0.0, 1.0], vec![4.0]], &[vec![0.0]]]);
    let (once, first, second) =
        (densities.density(0, &[1.0, 1.0]), densities.density(0, &[1.0, 0.0]), densities.density(0, &[0.0, 1.0]));
    for ((once, first), second) in once.iter().zip(first).zip(second) {
        close(*once, (2.0 * first + second) / 3.0, 1e-12);
    }
}

/// In one dimension: means 1 and 5, variances 2 and 8, so 16 + 2 + 8 - 2 sqrt 16 = 18.
#[test]
fn frechet_distance_of_two_pairs_of_numbers() {
    close(distance(&Moments::of(&[0.0, 2.0], 1), &Moments::of(&[3.0, 7.0], 1)), 18.0, 1e-9);
}

/// Covariances A = diag(4, 1) and B = [[2, 1], [1, 2]], which do not commute. A B = [[8, 4], [1, 2]] has trace 10 and
/// determinant 12, so that its square root has the trace sqrt(10 + 2 sqrt 12); means (0, 0) and (3, 4).
#[test]
fn frechet_distance_in_the_plane() {
    let (a, b) = (6f32.sqrt(), 1.5f32.sqrt());
    let straight = Moments::of(&[a, 0.0, -a, 0.0, 0.0, b, 0.0, -b], 2);
    let turned = [1.5, 1.5, -1.5, -1.5, 0.75f32.sqrt(), -(0.75f32.sqrt()), -(0.75f32.sqrt()), 0.75f32.sqrt()];
    let moved: Vec<f32> = turned.chunks(2).flat_map(|point| [point[0] + 3.0, point[1] + 4.0]).collect();
    let expected = 25.0 + 5.0 + 4.0 - 2.0 * (10.0 + 2.0 * 12f64.sqrt()).sqrt();
    close(distance(&straight, &Moments::of(&moved, 2)), expected, 1e-5);
    close(distance(&straight, &straight), 0.0, 1e-9);
}

#[test]
fn moments_of_groups_add_up() {
    let whole = Moments::of(&[1.0, 2.0, 3.0, 5.0, 8.0, 1.0, 3.0, 5.0], 2);
    let mut sum = Moments::of(&[1.0, 2.0, 8.0, 1.0], 2);
    sum.add(&Moments::of(&[3.0, 5.0], 2), 2.0);
    assert_eq!(sum, whole);
}

/// First bar: pitches {60: 2/3, 64: 1/3} against {60: 1/2, 67: 1/2} overlap by 1/2; durations {2: 2/3, 4: 1/3} against
/// {2: 1/2, 8: 1/2} by 1/2; of 3 and 2 notes one is common, so F1 = 2/5. Second bar: silence against a note. Third: silence
/// in both. Fourth: the same.
#[test]
fn bars_are_compared_one_by_one() {
    let a = roll(64, &[(0, 2, 60), (4, 2, 60), (8, 4, 64), (48, 4, 70)]);
    let b = roll(64, &[(0, 2, 60), (4, 8, 67), (20, 1, 60), (48, 4, 70)]);
    let sum = BarOverlap::of(&a, &b);
    assert_eq!(sum.bars, 3.0);
    let [pitch, duration, note_f1] = sum.means();
    close(pitch, (0.5 + 0.0 + 1.0) / 3.0, 1e-12);
    close(duration, (0.5 + 0.0 + 1.0) / 3.0, 1e-12);
    close(note_f1, (0.4 + 0.0 + 1.0) / 3.0, 1e-12);
    assert_eq!(BarOverlap::default().means(), [0.0; 3]);
}

#[test]
fn the_nearest_window_is_found_in_another_key() {
    let tune = [(0, 2, 60), (4, 2, 62), (70, 4, 64), (127, 1, 67)];
    let sample = Onsets::of(&roll(128, &tune));
    let near = Onsets::of(&roll(128, &[(0, 2, 60), (4, 2, 62), (71, 4, 64)]));
    let moved: Vec<_> = tune.iter().map(|&(start, duration, pitch)| (start, duration + 1, pitch + 3)).collect();
    let copy = Onsets::of(&roll(160, &moved));
    // Two of 4 and 3 notes are common: 2 x 2 / 7.
    close(sample.overlap(&near, 0), 4.0 / 7.0, 1e-12);
    assert_eq!(sample.overlap(&copy, 0), 0.0);
    let candidates = [near, copy.clone(), copy];
    assert_eq!(sample.nearest(&candidates, -6..=6), Some(Match { index: 1, transpose: -3, overlap: 1.0 }));
    assert_eq!(sample.nearest(&candidates, -2..=2).map(|found| (found.index, found.transpose)), Some((0, 0)));
    assert_eq!(sample.nearest(&[], 0..=0), None);
}

#[test]
fn notes_transposed_off_the_roll_match_nothing() {
    let (low, high) = (Onsets::of(&roll(16, &[(0, 1, 1)])), Onsets::of(&roll(16, &[(0, 1, 126)])));
    assert_eq!((low.overlap(&high, 5), high.overlap(&low, -5)), (0.0, 0.0));
    assert_eq!((low.overlap(&high, -125), high.overlap(&low, 125)), (1.0, 1.0));
    assert_eq!(Onsets::of(&roll(16, &[])).overlap(&low, 0), 0.0);
}

/// The mean of 0 and 1, fifty times each, as a number over groups: its bootstrap's deviation is that of a mean of 100 draws,
/// 0.05, so that the interval is about 0.5 +- 0.098.
#[test]
fn an_interval_has_the_width_of_the_sampling_error() {
    let values: Vec<f64> = (0..100).map(|i| f64::from(i % 2)).collect();
    let mean = |[weights]: [&[f64]; 1]| {
        assert_eq!(weights.iter().sum::<f64>(), 100.0);
        values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>() / 100.0
    };
    let found = estimate([100], 1, mean);
    assert_eq!(found.value, 0.5);
    close(found.low, 0.402, 0.02);
    close(found.high, 0.598, 0.02);
    assert_eq!(found, estimate([100], 1, mean), "the same seed, the same interval");
    let one = estimate([1], 1, |[weights]: [&[f64]; 1]| weights[0]);
    assert_eq!((one.value, one.low, one.high), (1.0, 1.0, 1.0));
}
