//! Which bars repeat an earlier one. Draws note by note repeat less than songs do, which are made of bars and phrases. So it is drawn for each
//! bar whether it repeats one of the same chords, and then what that has is likelier.

use super::conditions::BAR;
use super::view::View;
use crate::data::music::chord::Chord;
use crate::data::music::roll::STEPS_PER_BEAT;
use crate::rng::Philox;

/// Bars before that may be repeated, the likeliest first.
const LAGS: [usize; 3] = [4, 2, 1];
/// Beats of a bar, and how many of them have the chords of a bar that may be repeated.
const BEATS: usize = BAR / STEPS_PER_BEAT as usize;
const SAME: usize = 3;
/// Probability that a bar after one that repeats goes on with it.
const GOES_ON: f64 = 0.7;
/// What is added to the logit of a repeated rhythm, and of a repeated pitch.
const RHYTHM: f32 = 1.5;
const PITCH: f32 = 2.5;

/// The columns by which each bar of `chords`, one per beat, is after the one that it repeats, if it does; a bar begins to repeat another
/// with probability `share`.
pub fn draw(chords: &[Chord], share: f64, random: &mut Philox) -> Vec<Option<usize>> {
    let bars: Vec<&[Chord]> = chords.chunks(BEATS).collect();
    let is_like = |bar: usize, lag: usize| {
        let earlier = bar.checked_sub(lag).map(|bar| bars[bar]);
        earlier.is_some_and(|earlier| {
            earlier.iter().zip(bars[bar]).filter(|(a, b)| a.tones() == b.tones()).count() >= SAME
        })
    };
    let mut repeated: Vec<Option<usize>> = Vec::new();
    for bar in 0..bars.len() {
        let (goes_on, begins) = (random.chance(GOES_ON), random.chance(share));
        let before = repeated.last().copied().flatten().filter(|&lag| goes_on && share > 0.0 && is_like(bar, lag));
        let first = LAGS.into_iter().find(|&lag| is_like(bar, lag)).filter(|_| begins);
        repeated.push(before.or(first));
    }
    repeated.into_iter().map(|lag| lag.map(|lag| lag * BAR)).collect()
}

/// Makes the rhythm `lag` columns before likelier.
pub fn favour_rhythm(view: &View<'_>, lag: usize, logits: &mut [f32]) {
    if let Some(logit) = view.rhythm(-(lag as isize)).and_then(|rhythm| logits.get_mut(rhythm)) {
        *logit += RHYTHM;
    }
}

/// Makes the pitch `lag` columns before likelier.
pub fn favour_pitch(view: &View<'_>, lag: usize, logits: &mut [f32]) {
    if let Some(pitch) = view.pitch(-(lag as isize)) {
        logits[pitch] += PITCH;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::music::chord::Progression;

    #[test]
    fn bars_of_the_same_chords_are_repeated() {
        let chords = Progression::parse("C G C G Am F C G", 4).unwrap().beats(8).unwrap();
        assert_eq!(draw(&chords, 0.0, &mut Philox::new(0, 0)), [None; 8]);
        let mut found = [0; 8];
        for stream in 0..200 {
            for (bar, lag) in draw(&chords, 0.5, &mut Philox::new(0, stream)).into_iter().enumerate() {
                let Some(lag) = lag else { continue };
                assert!(lag % BAR == 0 && chords[bar * 4] == chords[bar * 4 - lag / 4]);
                found[bar] += 1;
            }
        }
        assert!(found[0] + found[1] + found[4] + found[5] == 0, "{found:?}");
        assert!([2, 3, 6, 7].iter().all(|&bar| found[bar] > 60), "{found:?}");
    }
}
