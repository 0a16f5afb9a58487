//! When notes on the grid sound: swing, and the small deviations of a human player.
//!
//! They cannot be learnt from POP909, whose notes are on its own grid: of 160,000 onsets of 120 songs 9 in 10 are within 0.004 steps of
//! it, and of the notes of a chord 91 % begin at once. The deviations are those that others measured: the timing of a player drifts with a spectrum near 1/f
//! by about 10 ms (Hennig et al. 2011, PLoS ONE 6(10) e26457), notes of a chord are a few milliseconds apart, and a melody
//! sounds before its chord (Goebl 2001, JASA 110(1)).

use super::roll::{Note, STEPS_PER_BEAT};
use crate::rng::Philox;

/// Standard deviations in seconds: of the drift, and of each note by itself.
const DRIFT: f64 = 0.010;
const ALONE: f64 = 0.005;
/// Seconds by which the highest of several notes is early.
const LEAD: f64 = 0.012;
/// Octaves of the drift: the slowest part of it changes every 32 steps.
const OCTAVES: u32 = 6;
/// Keys of the random numbers, combined with the seed.
const DRIFT_KEY: u64 = 0x0064_7269_6674;
const NOTE_KEY: u64 = 0x6e6f_7465;

/// Which notes of a track are its melody, which a player has sound before what begins with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Melody {
    /// The highest of several notes that begin together.
    Highest,
    /// All.
    All,
    /// None: it is in another track.
    None,
}

/// How notes on the grid are timed. By default they are where they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Share of a quarter that its first eighth lasts: 0.5 is straight, 2/3 is triplets.
    pub swing: f64,
    /// Size of the human deviations: 0 for none, 1 as measured.
    pub humanize: f64,
    /// Seed of the deviations.
    pub seed: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self { swing: 0.5, humanize: 0.0, seed: 0 }
    }
}

impl Timing {
    /// Start and end of each note in steps, in the order of the notes, which are sorted by start and pitch. `step` is the length of a
    /// step in seconds. No note begins before step 0, is shorter than a tenth of a step, or sounds into the next one on its pitch.
    pub fn apply(&self, notes: &[Note], melody: Melody, step: f64) -> Vec<[f64; 2]> {
        let mut times = Vec::with_capacity(notes.len());
        for together in notes.chunk_by(|a, b| a.start == b.start) {
            for (place, note) in together.iter().enumerate() {
                let is_melody = match melody {
                    Melody::Highest => together.len() > 1 && place + 1 == together.len(),
                    Melody::All => true,
                    Melody::None => false,
                };
                let moved = self.humanize * self.deviation(note, is_melody) / step;
                let start = (self.swung(note.start) + moved).max(0.0);
                times.push([start, (self.swung(note.end()) + moved).max(start + 0.1)]);
            }
        }
        let mut next = [f64::INFINITY; 128];
        for (note, [start, end]) in notes.iter().zip(&mut times).rev() {
            let after = &mut next[usize::from(note.pitch)];
            *end = end.min(*after).max(*start + 0.01);
            *after = *start;
        }
        times
    }

    /// The place of a step with the eighths of its quarter lengthened and shortened.
    fn swung(&self, step: u32) -> f64 {
        let (quarter, half) = (STEPS_PER_BEAT, f64::from(STEPS_PER_BEAT / 2));
        let (start, within) = (f64::from(step - step % quarter), f64::from(step % quarter));
        let long = f64::from(quarter) * self.swing;
        let swung = if within <= half {
            within * long / half
        } else {
            long + (within - half) * (f64::from(quarter) - long) / half
        };
        start + swung
    }

    /// Seconds by which a note is late.
    fn deviation(&self, note: &Note, is_melody: bool) -> f64 {
        // The sum of numbers that each hold for 1, 2, 4 ... steps has a spectrum near 1/f (Voss and Clarke 1978).
        let held = |octave: u32| {
            let stream = u64::from(octave) << 32 | u64::from(note.start >> octave);
            Philox::new(self.seed ^ DRIFT_KEY, stream).normal()
        };
        let drift: f64 = (0..OCTAVES).map(held).sum::<f64>() / f64::from(OCTAVES).sqrt();
        let stream = u64::from(note.start) << 8 | u64::from(note.pitch);
        let alone = Philox::new(self.seed ^ NOTE_KEY, stream).normal();
        DRIFT * drift + ALONE * alone - if is_melody { LEAD } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;

    fn note(start: u32, duration: u32, pitch: u8) -> Note {
        Note { start, duration, pitch, velocity: 80 }
    }

    #[test]
    fn by_default_notes_are_where_they_are() {
        let roll = corpus::compose(0, 0).merged();
        let times = Timing::default().apply(roll.notes(), Melody::Highest, 0.125);
        let on_grid =
            |(note, [start, end]): (&Note, &[f64; 2])| *start == f64::from(note.start) && *end == f64::from(note.end());
        assert!(roll.notes().iter().zip(&times).all(on_grid));
    }

    #[test]
    fn swing_lengthens_the_first_eighth() {
        let timing = Timing { swing: 2.0 / 3.0, ..Timing::default() };
        let times =
            timing.apply(&[note(0, 2, 60), note(1, 1, 62), note(2, 2, 64), note(7, 1, 60)], Melody::Highest, 0.125);
        let wanted = [[0.0, 8.0 / 3.0], [4.0 / 3.0, 8.0 / 3.0], [8.0 / 3.0, 4.0], [22.0 / 3.0, 8.0]];
        assert!(times.iter().flatten().zip(wanted.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-12), "{times:?}");
    }

    #[test]
    fn a_melody_is_early() {
        let timing = Timing { humanize: 1.0, seed: 4, ..Timing::default() };
        let notes = [note(8, 2, 60), note(8, 2, 72)];
        let starts = |melody| timing.apply(&notes, melody, 0.125).iter().map(|[start, _]| *start).collect::<Vec<_>>();
        let [highest, all, none] = [Melody::Highest, Melody::All, Melody::None].map(starts);
        assert_eq!((highest[0], highest[1]), (none[0], all[1]));
        assert!((none[0] - all[0] - LEAD / 0.125).abs() < 1e-9);
    }

    #[test]
    fn a_human_is_late_and_early_by_milliseconds() {
        let roll = corpus::compose(0, 1).merged();
        let step = 0.125;
        let timing = Timing { humanize: 1.0, seed: 4, ..Timing::default() };
        let times = timing.apply(roll.notes(), Melody::Highest, step);
        assert_eq!(times, timing.apply(roll.notes(), Melody::Highest, step));
        assert_ne!(times, Timing { seed: 5, ..timing }.apply(roll.notes(), Melody::Highest, step));
        let late: Vec<f64> =
            roll.notes().iter().zip(&times).map(|(note, time)| (time[0] - f64::from(note.start)) * step).collect();
        let deviation = (late.iter().map(|late| late * late).sum::<f64>() / late.len() as f64).sqrt();
        assert!((0.008..0.02).contains(&deviation), "{deviation} s");
        assert!(late.iter().all(|late| late.abs() < 0.07));
        for pitch in 0..128 {
            let of_pitch: Vec<[f64; 2]> = roll
                .notes()
                .iter()
                .zip(&times)
                .filter(|(note, _)| note.pitch == pitch)
                .map(|(_, time)| *time)
                .collect();
            assert!(of_pitch.windows(2).all(|pair| pair[0][1] <= pair[1][0] + 1e-9), "pitch {pitch}");
        }
        assert!(times.iter().all(|[start, end]| *start >= 0.0 && end > start));
    }
}
