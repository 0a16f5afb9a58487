//! The features of a note, from which its velocity is predicted: what the notes of its window tell about it.
//!
//! Pitch, chord and rhythm as a player sees them in a score: whether the note is on top, how dense the music is around it, where it
//! is in its bar. All are of the window alone, because a sample is a window. A bar has 16 steps.

use crate::data::music::roll::{Note, Roll};

/// Number of features of a note.
pub const COUNT: usize = 30 + STEPS_PER_BAR;

/// Steps of a bar of 4/4.
const STEPS_PER_BAR: usize = 16;
/// Steps before and after a note, within which onsets are counted.
const AROUND: [[usize; 2]; 5] = [[4, 0], [0, 4], [8, 8], [16, 16], [48, 48]];
/// Steps of four bars.
const PHRASE: usize = 4 * STEPS_PER_BAR;

/// The features of each note of a window, in the order of its notes.
///
/// | features | of |
/// |---|---|
/// | 5 | the note: pitch, pitch above the mean of its bar, logarithm of the duration, distances to the highest and lowest sounding pitch |
/// | 6 | its chord: whether it is the highest, lowest sounding, the highest, lowest onset; number of onsets, of sounding notes |
/// | 5 | density: onsets per step within 4 steps before, 4 after, 8, 16 and 48 around |
/// | 4 | its neighbours: logarithms of the steps since the last onset and to the next; steps of the highest onset from one to the other |
/// | 6 | its bar: notes in it, in the bar before and after; mean pitch, duration and highest onset |
/// | 4 | place: onsets of its pitch within a bar before; place in the window and in four bars; density of the window |
/// | 16 | whether it is on each sixteenth of a bar |
///
/// Pitches and intervals are in octaves, pitches from middle C. Numbers of notes are in fours, those of a bar in sixteens.
pub fn features(window: &Roll) -> Vec<[f32; COUNT]> {
    let context = Context::of(window);
    window.notes().iter().map(|note| context.features(note)).collect()
}

/// The notes at one step.
#[derive(Debug, Clone, Copy, Default)]
struct Chord {
    count: usize,
    lowest: u8,
    highest: u8,
}

impl Chord {
    fn add(&mut self, pitch: u8) {
        *self = match self.count {
            0 => Self { count: 1, lowest: pitch, highest: pitch },
            count => Self { count: count + 1, lowest: self.lowest.min(pitch), highest: self.highest.max(pitch) },
        };
    }
}

/// The notes that begin in one bar.
#[derive(Debug, Clone, Copy, Default)]
struct Bar {
    notes: f32,
    pitches: f32,
    durations: f32,
    /// Sum of the highest onset at each note's start.
    tops: f32,
}

impl Bar {
    fn mean(&self, sum: f32) -> f32 {
        sum / self.notes.max(1.0)
    }
}

/// What the features of all notes of a window are computed from.
struct Context<'a> {
    notes: &'a [Note],
    /// The notes that begin at each step, and those that sound.
    onsets: Vec<Chord>,
    sounding: Vec<Chord>,
    /// Number of onsets before each step.
    before: Vec<usize>,
    /// The steps with an onset.
    steps: Vec<usize>,
    bars: Vec<Bar>,
}

impl<'a> Context<'a> {
    fn of(window: &'a Roll) -> Self {
        let (notes, length) = (window.notes(), window.steps() as usize);
        let [mut onsets, mut sounding] = [(); 2].map(|()| vec![Chord::default(); length]);
        for note in notes {
            onsets[note.start as usize].add(note.pitch);
            sounding[note.start as usize..note.end() as usize].iter_mut().for_each(|chord| chord.add(note.pitch));
        }
        let mut bars = vec![Bar::default(); length.div_ceil(STEPS_PER_BAR)];
        for note in notes {
            let bar = &mut bars[note.start as usize / STEPS_PER_BAR];
            bar.notes += 1.0;
            bar.pitches += f32::from(note.pitch);
            bar.durations += note.duration as f32;
            bar.tops += f32::from(onsets[note.start as usize].highest);
        }
        let mut count = 0;
        let mut before = vec![0];
        before.extend(onsets.iter().map(|chord| {
            count += chord.count;
            count
        }));
        let steps = (0..length).filter(|&step| onsets[step].count > 0).collect();
        Self { notes, onsets, sounding, before, steps, bars }
    }

    fn features(&self, note: &Note) -> [f32; COUNT] {
        let place = note.start as usize % STEPS_PER_BAR;
        let groups: [&[f32]; 6] = [
            &self.of_note(note),
            &self.of_chord(note),
            &AROUND.map(|[before, after]| self.density(note.start as usize, before, after)),
            &self.of_neighbours(note),
            &self.of_bar(note),
            &self.of_place(note),
        ];
        let mut features = [0.0; COUNT];
        let mut values = groups.into_iter().flatten();
        features.fill_with(|| values.next().copied().unwrap_or(0.0));
        features[COUNT - STEPS_PER_BAR + place] = 1.0;
        features
    }

    fn of_note(&self, note: &Note) -> [f32; 5] {
        let (bar, sounding) = (self.bar(note, 0), &self.sounding[note.start as usize]);
        let pitch = f32::from(note.pitch);
        [
            octaves(pitch),
            (pitch - bar.mean(bar.pitches)) / 12.0,
            (note.duration as f32).ln(),
            interval(note.pitch, sounding.highest),
            interval(sounding.lowest, note.pitch),
        ]
    }

    fn of_chord(&self, note: &Note) -> [f32; 6] {
        let (onsets, sounding) = (&self.onsets[note.start as usize], &self.sounding[note.start as usize]);
        let is = |pitch: u8| f32::from(u8::from(note.pitch == pitch));
        [
            is(sounding.highest),
            is(sounding.lowest),
            is(onsets.highest),
            is(onsets.lowest),
            onsets.count as f32 / 4.0,
            sounding.count as f32 / 4.0,
        ]
    }

    /// Onsets per step around a step, counted within the window.
    fn density(&self, step: usize, before: usize, after: usize) -> f32 {
        let last = (step + after + 1).min(self.onsets.len());
        (self.before[last] - self.before[step.saturating_sub(before)]) as f32 / (before + after + 1) as f32
    }

    fn of_neighbours(&self, note: &Note) -> [f32; 4] {
        let start = note.start as usize;
        let at = self.steps.partition_point(|&step| step < start);
        let last = self.steps[at.saturating_sub(1)];
        let next = self.steps[(at + 1).min(self.steps.len() - 1)];
        let top = |step: usize| self.onsets[step].highest;
        [
            ((start - last) as f32).ln_1p(),
            ((next - start) as f32).ln_1p(),
            interval(top(last), top(start)),
            interval(top(start), top(next)),
        ]
    }

    /// The bar of a note or, by an offset, one around it; at the ends of the window the first or last.
    fn bar(&self, note: &Note, offset: isize) -> &Bar {
        let bar = (note.start as usize / STEPS_PER_BAR).saturating_add_signed(offset);
        &self.bars[bar.min(self.bars.len() - 1)]
    }

    fn of_bar(&self, note: &Note) -> [f32; 6] {
        let bar = self.bar(note, 0);
        let [notes, before, after] = [0, -1, 1].map(|offset| self.bar(note, offset).notes / STEPS_PER_BAR as f32);
        let (pitch, top) = (octaves(bar.mean(bar.pitches)), octaves(bar.mean(bar.tops)));
        [notes, before, after, pitch, bar.mean(bar.durations) / 4.0, top]
    }

    fn of_place(&self, note: &Note) -> [f32; 4] {
        let (start, length) = (note.start as usize, self.onsets.len());
        let bar_before = self.before[start.saturating_sub(STEPS_PER_BAR)]..self.before[start];
        let again = self.notes[bar_before].iter().filter(|other| other.pitch == note.pitch).count();
        [
            again as f32 / 4.0,
            start as f32 / length as f32,
            (start % PHRASE) as f32 / PHRASE as f32,
            self.notes.len() as f32 / length as f32,
        ]
    }
}

/// A pitch in octaves from middle C.
fn octaves(pitch: f32) -> f32 {
    pitch / 12.0 - 5.0
}

/// An interval in octaves.
fn interval(from: u8, to: u8) -> f32 {
    (f32::from(to) - f32::from(from)) / 12.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chord of C and E with a melody over it: C3 for two bars, E4 and then F4 an eighth each.
    fn roll() -> Roll {
        let note = |start, duration, pitch| Note { start, duration, pitch, velocity: 80 };
        Roll::new(32, vec![note(0, 32, 48), note(0, 2, 64), note(2, 2, 65), note(18, 2, 65)])
    }

    #[test]
    fn the_features_of_a_small_roll_by_hand() {
        let found = features(&roll());
        assert_eq!(found.len(), 4);
        let near = |found: &[f32], expected: &[f32]| {
            found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5)
        };
        // The F of the first bar: on top of the held C, alone at its onset, three notes of mean pitch 59 in its bar.
        let melody = &found[2];
        let (octave, fifth) = (5.0 / 12.0, 17.0 / 12.0);
        assert!(near(&melody[..5], &[octave, 0.5, 2f32.ln(), 0.0, fifth]), "{melody:?}");
        assert!(near(&melody[5..11], &[1.0, 0.0, 1.0, 1.0, 0.25, 0.5]), "{melody:?}");
        // Three onsets before or at it, within 8 and 16 steps too, the next after 16; the window ends before the 48.
        let densities = [3.0 / 5.0, 1.0 / 5.0, 3.0 / 17.0, 4.0 / 33.0, 4.0 / 97.0];
        assert!(near(&melody[11..16], &densities), "{melody:?}");
        assert!(near(&melody[16..20], &[3f32.ln(), 17f32.ln(), 1.0 / 12.0, 0.0]), "{melody:?}");
        let bar = [3.0 / 16.0, 3.0 / 16.0, 1.0 / 16.0, -1.0 / 12.0, 3.0, (64.0 + 64.0 + 65.0) / 36.0 - 5.0];
        assert!(near(&melody[20..26], &bar), "{melody:?}");
        assert!(near(&melody[26..30], &[0.0, 2.0 / 32.0, 2.0 / 64.0, 4.0 / 32.0]), "{melody:?}");
        assert!((0..16).all(|step| melody[30 + step] == f32::from(u8::from(step == 2))), "{melody:?}");
        // The C: the lowest of a chord of two, an octave and a third below the E; nothing before it.
        assert!(near(&found[0][3..11], &[16.0 / 12.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.5, 0.5]), "{:?}", found[0]);
        assert!(near(&found[0][16..18], &[0.0, 3f32.ln()]), "{:?}", found[0]);
        // The last F repeats that of 16 steps before, and has no successor.
        assert!(near(&found[3][26..27], &[0.25]) && near(&found[3][17..18], &[0.0]), "{:?}", found[3]);
    }

    #[test]
    fn features_are_finite_in_any_roll() {
        assert!(features(&Roll::new(128, Vec::new())).is_empty());
        let note = |start, pitch| Note { start, duration: 1, pitch, velocity: 80 };
        for roll in [Roll::new(1, vec![note(0, 0)]), Roll::new(20, vec![note(19, 127), note(0, 127)])] {
            assert!(features(&roll).as_flattened().iter().all(|value| value.is_finite()));
        }
    }
}
