//! Melodies: motifs of one bar, repeated and sequenced over the harmony.
//!
//! A section is a period: a four-bar antecedent and a four-bar consequent (Caplin, *Classical Form*, 1998, ch. 4). Bars of
//! the same letter share rhythm and contour; the harmony transposes them.

use super::harmony::{Chord, weighted};
use crate::rng::Philox;

/// A note of a melody, in steps from the start of the section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tone {
    /// First step.
    pub start: u32,
    /// Length in steps.
    pub duration: u32,
    /// Rung of the scale of the chord at `start`.
    pub rung: i32,
}

/// Character of a section's melody.
#[derive(Debug, Clone, Copy)]
pub struct Character {
    /// MIDI pitch at its centre.
    pub centre: i32,
    /// Density of notes: 0 for long notes, 1 for short ones.
    pub lively: f64,
    /// Probability of syncopated rhythms.
    pub syncopated: f64,
}

/// One note of a motif: its position in the bar, and its distance above the anchor of the bar in rungs.
#[derive(Debug, Clone, Copy)]
struct Gesture {
    start: u32,
    duration: u32,
    rise: i32,
}

/// A rhythm of half a bar: (step, duration).
type Cell = &'static [(u32, u32)];

const LONG_CELLS: [Cell; 5] = [&[(0, 8)], &[(0, 4), (4, 4)], &[(0, 6), (6, 2)], &[(0, 4), (4, 2), (6, 2)], &[(2, 6)]];
const PLAIN_CELLS: [Cell; 5] = [
    &[(0, 2), (2, 2), (4, 4)],
    &[(0, 4), (4, 2), (6, 2)],
    &[(0, 2), (2, 2), (4, 2), (6, 2)],
    &[(2, 2), (4, 2), (6, 2)],
    &[(0, 3), (3, 1), (4, 4)],
];
const SYNCOPATED_CELLS: [Cell; 5] = [
    &[(0, 3), (3, 3), (6, 2)],
    &[(0, 2), (2, 4), (6, 2)],
    &[(0, 3), (3, 5)],
    &[(2, 4), (6, 2)],
    &[(0, 2), (2, 1), (3, 3), (6, 2)],
];
const LIVELY_CELLS: [Cell; 4] = [
    &[(0, 2), (2, 1), (3, 1), (4, 2), (6, 2)],
    &[(0, 1), (1, 1), (2, 2), (4, 2), (6, 2)],
    &[(0, 2), (2, 2), (4, 1), (5, 1), (6, 2)],
    &[(0, 3), (3, 1), (4, 2), (6, 1), (7, 1)],
];

/// Rhythms of a phrase's last bar: a held note, then a rest.
const ENDINGS: [Cell; 5] =
    [&[(0, 10)], &[(0, 4), (4, 8)], &[(0, 2), (2, 2), (4, 8)], &[(0, 3), (3, 9)], &[(0, 2), (2, 2), (4, 2), (6, 6)]];

/// Plans of eight bars in motifs a, b, c; h is the half cadence of the antecedent, d the full cadence of the consequent.
const PLANS: [&[u8; 8]; 5] = [b"abahabad", b"aabhaabd", b"abchabcd", b"abahacbd", b"aabhccbd"];

/// Contour of a period in semitones above its centre, with peaks in the third and the sixth bar.
const ARCH: [i32; 8] = [-2, 0, 2, -1, 0, 4, 2, -2];

fn cell(rng: &mut Philox, character: &Character) -> Cell {
    let lively = character.lively;
    let from: &[Cell] = if rng.chance(character.syncopated) {
        &SYNCOPATED_CELLS
    } else {
        match weighted(rng, &[1.0 - lively, 1.0, 0.6 * lively * lively]) {
            0 => &LONG_CELLS,
            1 => &PLAIN_CELLS,
            _ => &LIVELY_CELLS,
        }
    };
    from[rng.below(from.len())]
}

/// A motif: two rhythm cells, and a contour that moves mostly by step and reverses after a leap.
fn motif(rng: &mut Philox, character: &Character) -> Vec<Gesture> {
    let first = cell(rng, character);
    let second = if rng.chance(0.3) { first } else { cell(rng, character) };
    let mut rise = 0;
    let mut last_move = 0i32;
    let places = first.iter().copied().chain(second.iter().map(|&(start, duration)| (start + 8, duration)));
    places
        .enumerate()
        .map(|(i, (start, duration))| {
            if i > 0 {
                let direction = match last_move.abs() {
                    0 => *rng.choose(&[-1, 1]),
                    1 => last_move.signum() * if rng.chance(0.65) { 1 } else { -1 },
                    _ => -last_move.signum(),
                };
                let size = if last_move.abs() >= 2 { 1 } else { [1, 0, 2, 4][weighted(rng, &[7.0, 1.2, 1.6, 0.5])] };
                last_move = direction * size;
                if !(-4..=5).contains(&(rise + last_move)) {
                    last_move = -last_move;
                }
                rise += last_move;
            }
            Gesture { start, duration, rise }
        })
        .collect()
}

/// The inversion of a motif: the same rhythm with the contour mirrored.
fn inverted(motif: &[Gesture]) -> Vec<Gesture> {
    motif.iter().map(|gesture| Gesture { rise: -gesture.rise, ..*gesture }).collect()
}

/// The chord at a step.
pub fn chord_at(harmony: &[Chord], step: u32) -> &Chord {
    &harmony[(step as usize / 8).min(harmony.len() - 1)]
}

/// The chord against which a note is heard: the next half-bar's if the note is a syncopation held into it, else that at its
/// start.
fn chord_of(harmony: &[Chord], start: u32, duration: u32) -> &Chord {
    let next = (start / 8 + 1) * 8;
    if start + duration > next + 1 && next - start <= 2 { chord_at(harmony, next) } else { chord_at(harmony, start) }
}

/// MIDI pitch of a tone.
pub fn sounding(harmony: &[Chord], tone: &Tone) -> i32 {
    chord_of(harmony, tone.start, tone.duration).pitch(tone.rung)
}

/// Eight bars of melody over sixteen half bars of harmony.
pub fn theme(rng: &mut Philox, harmony: &[Chord], character: &Character) -> Vec<Tone> {
    let plan = *rng.choose(&PLANS);
    let a = motif(rng, character);
    let b = if rng.chance(0.35) { inverted(&a) } else { motif(rng, character) };
    let c = motif(rng, character);
    let half_ending = *rng.choose(&ENDINGS);
    let full_ending = if rng.chance(0.5) { half_ending } else { *rng.choose(&ENDINGS) };
    let mut tones = Vec::new();
    let mut previous = None;
    for bar in 0..8u32 {
        let letter = plan[bar as usize];
        let target = character.centre + ARCH[bar as usize];
        let before = tones.len();
        match letter {
            b'h' => cadence(&mut tones, harmony, bar, half_ending, previous, target),
            b'd' => cadence(&mut tones, harmony, bar, full_ending, previous, target),
            _ => {
                let motif = [&a, &b, &c][usize::from(letter - b'a')];
                sequence(&mut tones, harmony, bar, motif, previous, target);
            }
        }
        if let Some(last) = tones[before..].last() {
            previous = Some(sounding(harmony, last));
        }
    }
    resolve(&mut tones, harmony);
    tones
}

/// Places a motif in a bar. Its anchor is a chord tone near the target of the contour and near the previous note.
fn sequence(tones: &mut Vec<Tone>, harmony: &[Chord], bar: u32, motif: &[Gesture], previous: Option<i32>, target: i32) {
    let chord = chord_at(harmony, 16 * bar);
    let middle = motif.iter().map(|gesture| gesture.rise).sum::<i32>() / motif.len() as i32;
    let around = chord.rung_below(target) - middle;
    let anchor = (around - 4..=around + 4)
        .filter(|&rung| chord.has(rung))
        .min_by_key(|&rung| {
            let pitch = chord.pitch(rung + motif[0].rise);
            let leap = previous.map_or(0, |previous| (pitch - previous).abs());
            // Leaps of more than a fifth into a bar cost extra.
            3 * (rung - around).abs() * 2 + 3 * leap + 6 * (leap - 7).max(0)
        })
        .unwrap_or(around);
    for gesture in motif {
        let start = 16 * bar + gesture.start;
        let chord = chord_of(harmony, start, gesture.duration);
        let rung = anchor + gesture.rise;
        let strong = gesture.start % 8 == 0 || gesture.duration >= 3;
        let toward = target - chord.pitch(rung);
        let rung = if strong { chord.nearest(rung, toward) } else { rung };
        tones.push(Tone { start, duration: gesture.duration, rung });
    }
}

/// Places a cadence in a bar: stepwise to the tonic, or to the nearest chord tone if the chord is not the tonic.
fn cadence(tones: &mut Vec<Tone>, harmony: &[Chord], bar: u32, rhythm: Cell, previous: Option<i32>, target: i32) {
    let held = rhythm[rhythm.len() - 1];
    let chord = chord_of(harmony, 16 * bar + held.0, held.1);
    let from = chord.rung_below(previous.unwrap_or(target));
    let goal = if chord.tones[0] == 0 {
        // The tonic nearest to the previous note.
        (from - 3..=from + 3).find(|rung| rung.rem_euclid(7) == 0).unwrap_or(from)
    } else {
        chord.nearest((from + chord.rung_below(target)) / 2, target - chord.pitch(from))
    };
    let side = if from > goal { 1 } else { -1 };
    let count = rhythm.len() as i32;
    for (i, &(start, duration)) in rhythm.iter().enumerate() {
        let left = count - 1 - i as i32;
        // A stepwise approach; its fourth-last note is a neighbour of the goal, which limits its range.
        let rung = goal + if left == 3 { side } else { side * left };
        tones.push(Tone { start: 16 * bar + start, duration, rung });
    }
}

/// Replaces non-chord tones without stepwise resolution by chord tones, breaks up long repetitions, and reduces leaps of more
/// than a seventh by an octave.
fn resolve(tones: &mut [Tone], harmony: &[Chord]) {
    for i in 0..tones.len() {
        let tone = tones[i];
        let chord = chord_of(harmony, tone.start, tone.duration);
        let step = |other: &Tone| (other.rung - tone.rung).abs() <= 1;
        let prepared = i > 0 && step(&tones[i - 1]);
        let resolved = tones.get(i + 1).is_some_and(step);
        if !chord.has(tone.rung) && !(resolved && (prepared || tone.duration <= 2)) {
            tones[i].rung = chord.nearest(tone.rung, -1);
        }
        if i >= 2 && tones[i - 1].rung == tones[i].rung && tones[i - 2].rung == tones[i].rung {
            tones[i].rung = chord.nearest(tones[i].rung + 1, 1);
        }
        if i > 0 {
            let leap = tones[i].rung - tones[i - 1].rung;
            tones[i].rung -= if leap.abs() > 6 { 7 * leap.signum() } else { 0 };
        }
    }
}

/// A variation of a melody: some long notes are ornamented and some short ones joined, except at the start and end of
/// phrases.
pub fn varied(rng: &mut Philox, tones: &[Tone], harmony: &[Chord]) -> Vec<Tone> {
    let mut result: Vec<Tone> = Vec::with_capacity(tones.len() + 8);
    for (i, &tone) in tones.iter().enumerate() {
        let bar = tone.start / 16 % 4;
        let free = (bar == 1 || bar == 2) && i + 1 < tones.len();
        let next = tones.get(i + 1).map_or(tone.rung, |next| next.rung);
        if free && tone.duration == 4 && rng.chance(0.3) {
            // A neighbour or passing note before the next note.
            let passing = tone.rung + if next == tone.rung { 1 } else { (next - tone.rung).signum() };
            result.push(Tone { duration: 2, ..tone });
            result.push(Tone { start: tone.start + 2, duration: 2, rung: passing });
        } else if free && tone.duration == 2 && tone.start % 4 == 2 && rng.chance(0.15) {
            match result.last_mut().filter(|last| last.start + last.duration == tone.start) {
                Some(last) => last.duration += tone.duration,
                None => result.push(tone),
            }
        } else {
            result.push(tone);
        }
    }
    resolve(&mut result, harmony);
    result
}

/// Adds a pickup of one or two eighth notes to the note at `step`, if there is room.
pub fn pickup(rng: &mut Philox, tones: &mut Vec<Tone>, harmony: &[Chord], step: u32) {
    let Some(place) = tones.iter().position(|tone| tone.start >= step) else { return };
    let goal = tones[place];
    let free = place.checked_sub(1).map_or(0, |before| tones[before].start + tones[before].duration);
    if goal.start != step || step < 4 || free + 4 > step {
        return;
    }
    let before = place.checked_sub(1).map_or(goal.rung, |before| tones[before].rung);
    let side = if before > goal.rung { 1 } else { -1 };
    let second = Tone { start: step - 2, duration: 2, rung: goal.rung + side };
    if rng.chance(0.6) {
        let first = Tone { start: step - 4, duration: 2, rung: goal.rung + 2 * side };
        tones.insert(place, first);
        tones.insert(place + 1, second);
    } else {
        let rung = chord_at(harmony, step - 2).nearest(second.rung, side);
        tones.insert(place, Tone { rung, ..second });
    }
}
