//! Melody: the highest voice of a window, its steps and leaps, its phrases and how they end.

use crate::data::music::chord::Chord;
use crate::data::music::roll::{Note, Roll, STEPS_PER_BEAT};

/// Largest step and smallest leap, in semitones: a whole tone, a fourth.
const STEP: u32 = 2;
const LEAP: u32 = 5;
/// Steps from one onset to the next that end a phrase: a half note.
const PAUSE: u32 = 8;

/// Measures of a melody. Shares are of its intervals, if nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Melody {
    /// Share of steps: one or two semitones.
    pub steps: f64,
    /// Share of leaps: a fourth or more.
    pub leaps: f64,
    /// Share of leaps that are followed by a move the other way.
    pub recovered: f64,
    /// Share of moves that turn: that go the other way than the one before. Repeated notes are left out.
    pub turns: f64,
    /// Mean length of a phrase in beats, from its first onset to its last. A half note without an onset ends a phrase.
    pub phrase: f64,
    /// Share of phrases that end on a tone of the chord of their last beat.
    pub stable_ends: f64,
}

/// Names of the measures, in the order of [`Melody::values`].
pub const NAMES: [&str; 6] = ["steps", "leaps", "recovered leaps", "turns", "phrase length", "stable ends"];

impl Melody {
    /// Of a window and its chords, one per beat; `None` if its melody has fewer than three notes.
    pub fn of(roll: &Roll, chords: &[Chord]) -> Option<Self> {
        let line = line(roll);
        let moves: Vec<i32> = line.windows(2).map(|pair| i32::from(pair[1].pitch) - i32::from(pair[0].pitch)).collect();
        if moves.len() < 2 {
            return None;
        }
        let size = |interval: &i32| interval.unsigned_abs();
        let directions: Vec<i32> =
            moves.iter().filter(|interval| **interval != 0).map(|interval| interval.signum()).collect();
        let phrases: Vec<&[Note]> = line.chunk_by(|a, b| b.start - a.start < PAUSE).collect();
        let beats =
            |phrase: &&[Note]| f64::from(phrase[phrase.len() - 1].start - phrase[0].start) / f64::from(STEPS_PER_BEAT);
        let is_stable = |phrase: &&[Note]| {
            let last = phrase[phrase.len() - 1];
            chords.get((last.start / STEPS_PER_BEAT) as usize).is_some_and(|chord| chord.has(last.pitch.into()))
        };
        let leaps = || moves.windows(2).filter(|pair| size(&pair[0]) >= LEAP);
        Some(Self {
            steps: share(moves.iter(), |interval| (1..=STEP).contains(&size(interval))),
            leaps: share(moves.iter(), |interval| size(interval) >= LEAP),
            recovered: share(leaps(), |pair| pair[0].signum() == -pair[1].signum()),
            turns: share(directions.windows(2), |pair| pair[0] != pair[1]),
            phrase: phrases.iter().map(beats).sum::<f64>() / phrases.len() as f64,
            stable_ends: share(phrases.iter(), is_stable),
        })
    }

    /// All values, in the order of [`NAMES`].
    pub fn values(&self) -> [f64; 6] {
        [self.steps, self.leaps, self.recovered, self.turns, self.phrase, self.stable_ends]
    }
}

/// Share of steps in the intervals of a roll's melody; `None` if it has none.
pub fn share_of_steps(roll: &Roll) -> Option<f64> {
    let line = line(roll);
    let interval = |pair: &[Note]| u32::from(pair[1].pitch.abs_diff(pair[0].pitch));
    (line.len() > 1).then(|| share(line.windows(2), |pair| (1..=STEP).contains(&interval(pair))))
}

/// The melody: at each step with an onset the highest note, unless a higher one still sounds.
fn line(roll: &Roll) -> Vec<Note> {
    let mut line: Vec<Note> = Vec::new();
    let mut held: Vec<Note> = Vec::new();
    for together in roll.notes().chunk_by(|a, b| a.start == b.start) {
        let top = together[together.len() - 1];
        held.retain(|note| note.end() > top.start);
        if held.iter().all(|note| note.pitch <= top.pitch) {
            line.push(top);
        }
        held.extend_from_slice(together);
    }
    line
}

/// Share of items of which something is true; 0 without items.
fn share<T>(items: impl Iterator<Item = T>, is: impl Fn(T) -> bool) -> f64 {
    let (yes, all) = items.fold((0, 0), |(yes, all), item| (yes + u32::from(is(item)), all + 1));
    f64::from(yes) / f64::from(all.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_melody_by_hand() {
        let note = |start, duration, pitch| Note { start, duration, pitch, velocity: 80 };
        // C5 D5 G5 E5 | pause | F5 E5, over a held chord whose second onset is no melody.
        let notes = vec![
            note(0, 4, 72),
            note(0, 32, 48),
            note(2, 2, 52),
            note(4, 2, 74),
            note(6, 2, 79),
            note(8, 4, 76),
            note(20, 4, 77),
            note(24, 8, 76),
        ];
        let roll = Roll::new(32, notes);
        assert_eq!(line(&roll).iter().map(|note| note.pitch).collect::<Vec<_>>(), [72, 74, 79, 76, 77, 76]);
        let chords = ["C", "C", "F", "C", "C", "F", "C", "C"].map(|chord| chord.parse().unwrap());
        let melody = Melody::of(&roll, &chords).unwrap();
        // Intervals 2, 5, -3, 1, -1. The first phrase ends with E on F.
        assert_eq!((melody.steps, melody.leaps, melody.recovered), (0.6, 0.2, 1.0));
        assert_eq!((melody.turns, melody.phrase, melody.stable_ends), (0.75, 1.5, 0.5));
        assert_eq!(Melody::of(&Roll::new(32, vec![note(0, 1, 60), note(1, 1, 60)]), &chords), None);
    }
}
