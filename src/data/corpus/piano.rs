//! The accompaniment: voice-led chords played in patterns.

use super::harmony::Chord;
use crate::data::music::roll::Note;

/// A part of a chord in a pattern.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// The bass note.
    Bass,
    /// The lowest chord tone at least a fourth above the bass.
    Fifth,
    /// The octave of the bass.
    Octave,
    /// One voice, counted from the lowest; beyond the highest they continue an octave higher.
    Voice(usize),
    /// The upper two voices.
    Pair,
    /// All voices.
    Chord,
}

use Part::{Bass, Chord as All, Fifth, Octave, Pair, Voice};

/// A bar of accompaniment: (step, duration, part).
#[derive(Debug)]
pub struct Pattern {
    /// Suitable tempi: lowest and highest, in beats per minute.
    pub tempo: (u32, u32),
    events: &'static [(u32, u32, Part)],
}

/// Quiet patterns, for intros, verses and bridges.
pub const CALM: [Pattern; 6] = [
    Pattern {
        // Held chords.
        tempo: (70, 140),
        events: &[(0, 8, Bass), (0, 7, All), (8, 6, Fifth), (8, 6, Pair), (14, 2, Octave)],
    },
    Pattern {
        // Broken chords.
        tempo: (70, 140),
        events: &[
            (0, 8, Bass),
            (2, 6, Voice(0)),
            (4, 4, Voice(1)),
            (6, 4, Voice(2)),
            (8, 8, Fifth),
            (10, 6, Voice(1)),
            (12, 4, Voice(0)),
            (14, 2, Voice(1)),
        ],
    },
    Pattern {
        // Wide arpeggio.
        tempo: (70, 140),
        events: &[
            (0, 12, Bass),
            (2, 10, Fifth),
            (4, 8, Octave),
            (6, 6, Voice(0)),
            (8, 6, Voice(1)),
            (10, 4, Voice(2)),
            (12, 4, Voice(1)),
            (14, 2, Voice(0)),
        ],
    },
    Pattern {
        // Finger picking.
        tempo: (90, 140),
        events: &[
            (0, 8, Bass),
            (2, 6, Octave),
            (4, 3, Voice(1)),
            (6, 4, Voice(2)),
            (8, 6, Fifth),
            (10, 3, Voice(0)),
            (12, 4, Voice(2)),
            (14, 2, Voice(1)),
        ],
    },
    Pattern {
        // Bass, then chord.
        tempo: (80, 140),
        events: &[(0, 6, Bass), (4, 4, All), (8, 4, Fifth), (10, 2, Octave), (12, 3, All)],
    },
    Pattern {
        // Rising arpeggios.
        tempo: (70, 105),
        events: &[
            (0, 16, Bass),
            (1, 7, Fifth),
            (2, 6, Voice(0)),
            (3, 5, Voice(1)),
            (4, 4, Voice(2)),
            (8, 8, Octave),
            (10, 6, Voice(1)),
            (12, 4, Voice(2)),
            (14, 2, Voice(1)),
        ],
    },
];

/// Fuller patterns, for choruses.
pub const FULL: [Pattern; 6] = [
    Pattern {
        // Chords on the beat.
        tempo: (70, 110),
        events: &[(0, 8, Bass), (0, 4, All), (4, 4, All), (8, 6, Fifth), (8, 4, All), (12, 3, All), (14, 2, Bass)],
    },
    Pattern {
        // 3 + 3 + 2 rhythm.
        tempo: (80, 140),
        events: &[(0, 6, Bass), (0, 3, All), (3, 3, All), (6, 6, All), (6, 8, Bass), (12, 4, All), (14, 2, Fifth)],
    },
    Pattern {
        // Off-beats.
        tempo: (95, 140),
        events: &[
            (0, 4, Bass),
            (2, 2, Pair),
            (4, 2, Octave),
            (6, 2, Pair),
            (8, 4, Fifth),
            (10, 2, Pair),
            (12, 2, Octave),
            (14, 2, Pair),
        ],
    },
    Pattern {
        // Driving eighth notes.
        tempo: (90, 140),
        events: &[
            (0, 4, Bass),
            (0, 8, All),
            (4, 2, Bass),
            (6, 2, Octave),
            (8, 4, Bass),
            (8, 6, Pair),
            (12, 2, Fifth),
            (14, 2, Octave),
        ],
    },
    Pattern {
        // Flowing chords.
        tempo: (70, 120),
        events: &[
            (0, 8, Bass),
            (0, 6, Pair),
            (4, 4, Octave),
            (6, 2, Voice(0)),
            (8, 8, Fifth),
            (8, 6, Pair),
            (12, 4, Octave),
            (14, 2, Voice(1)),
        ],
    },
    Pattern {
        // Fast broken chords.
        tempo: (70, 92),
        events: &[
            (0, 8, Bass),
            (2, 4, Fifth),
            (4, 4, Voice(0)),
            (5, 3, Voice(1)),
            (6, 2, Voice(2)),
            (8, 8, Octave),
            (10, 4, Voice(1)),
            (11, 3, Voice(2)),
            (12, 4, Voice(3)),
            (14, 2, Voice(2)),
        ],
    },
];

/// Held chords, for the last bars.
pub const LAST: Pattern = Pattern { tempo: (0, 400), events: &[(0, 16, Bass), (0, 16, All)] };

/// Range of the bass: lowest and highest pitch.
const BASS: (i32, i32) = (34, 45);
/// Range of the upper voices.
const VOICES: (i32, i32) = (52, 70);

/// The current bass and voices, from which the next chord is reached with little movement.
#[derive(Debug)]
pub struct Hands {
    bass: i32,
    voices: Vec<i32>,
}

impl Default for Hands {
    fn default() -> Self {
        Self { bass: 39, voices: vec![57, 60, 64] }
    }
}

impl Hands {
    /// Moves to a chord under some melody notes: three voices in close position, near the previous voices, below the melody,
    /// and without a semitone against it. The voicing minimises the sum of these costs.
    fn move_to(&mut self, chord: &Chord, melody: &[i32]) {
        let class = chord.pitch(chord.bass as i32).rem_euclid(12);
        self.bass = (BASS.0..=BASS.1)
            .filter(|pitch| pitch.rem_euclid(12) == class)
            .min_by_key(|pitch| (pitch - self.bass).abs() * 2 + (pitch - 39).abs())
            .unwrap_or(self.bass);
        let pitches = chord.pitches(VOICES.0, VOICES.1);
        let full: Vec<Vec<i32>> = (0..pitches.len())
            .flat_map(|low| {
                let pitches = &pitches;
                // Any note of a four-note chord may be omitted.
                (low + 1..pitches.len()).flat_map(move |middle| {
                    (middle + 1..pitches.len()).map(move |high| vec![pitches[low], pitches[middle], pitches[high]])
                })
            })
            .filter(|voices| voices[2] - voices[0] <= 12 && voices.windows(2).all(|pair| pair[1] - pair[0] >= 2))
            .collect();
        let bass = self.bass;
        let cost = |voices: &Vec<i32>| {
            let movement: i32 = voices.iter().zip(&self.voices).map(|(a, b)| (a - b).abs()).sum();
            let distance = (voices.iter().sum::<i32>() / 3 - 60).abs();
            let clash = voices
                .iter()
                .flat_map(|voice| melody.iter().map(move |tune| tune - voice))
                .map(|gap| {
                    if gap.abs() == 1 {
                        8
                    } else if gap <= 0 {
                        3
                    } else {
                        0
                    }
                })
                .sum::<i32>();
            let missing: i32 = chord
                .tones
                .iter()
                .take(4)
                .enumerate()
                .map(|(i, &degree)| {
                    let class = chord.pitch(degree as i32).rem_euclid(12);
                    let present = voices.iter().chain([&bass]).any(|pitch| pitch.rem_euclid(12) == class);
                    // The third matters most, then the seventh and the root, the fifth least.
                    if present { 0 } else { [6, 14, 2, 8][i] }
                })
                .sum();
            movement + distance + clash + missing
        };
        if let Some(best) = full.iter().min_by_key(|voices| cost(voices)) {
            self.voices = best.clone();
        }
    }

    fn pitches(&self, chord: &Chord, part: Part) -> Vec<i32> {
        let count = self.voices.len();
        match part {
            Bass => vec![self.bass],
            Fifth => chord.pitches(self.bass + 5, self.bass + 11).into_iter().take(1).collect(),
            Octave => vec![self.bass + 12],
            Voice(i) => vec![self.voices[i % count] + 12 * (i / count) as i32],
            Pair => self.voices[count - 2..].to_vec(),
            All => self.voices.clone(),
        }
    }

    /// The notes of one bar from step `start`, for the chord and the melody pitches of each half.
    ///
    /// `next` is the following chord. If `walk` is set, the bass approaches it by step on the last eighth note.
    pub fn bar(
        &mut self,
        start: u32,
        pattern: &Pattern,
        chords: [&Chord; 2],
        melody: [&[i32]; 2],
        next: Option<&Chord>,
        walk: bool,
    ) -> Vec<Note> {
        let changes = chords[0] != chords[1];
        let mut notes = Vec::new();
        for half in 0..2u32 {
            let chord = chords[half as usize];
            if half == 0 || changes {
                self.move_to(chord, melody[half as usize]);
            }
            let events = pattern.events.iter().filter(|event| event.0 / 8 == half);
            // A chord change in the middle of a bar is only heard with its bass.
            let root = (half == 1 && changes).then_some((8, 6, Bass));
            let has_bass = |part: &Part| matches!(part, Bass | Fifth | Octave);
            let events = events.filter(|event| root.is_none() || event.0 != 8 || !has_bass(&event.2));
            for &(step, duration, part) in events.chain(&root) {
                let end = if changes && half == 0 { 8 } else { 16 };
                for pitch in self.pitches(chord, part) {
                    let duration = duration.min(end - step);
                    notes.push(Note { start: start + step, duration, pitch: pitch as u8, velocity: 0 });
                }
            }
        }
        if let Some(next) = next.filter(|_| walk) {
            self.walk(&mut notes, start, chords[1], next);
        }
        notes
    }

    /// Adds an eighth note that leads the bass to the next chord, if the interval is a third to a fifth.
    fn walk(&self, notes: &mut Vec<Note>, start: u32, chord: &Chord, next: &Chord) {
        let mut following = Self { bass: self.bass, voices: self.voices.clone() };
        following.move_to(next, &[]);
        let gap = following.bass - self.bass;
        if !(3..=7).contains(&gap.abs()) {
            return;
        }
        let rung = chord.rung_below(following.bass);
        let passing = if gap > 0 && chord.pitch(rung) == following.bass {
            chord.pitch(rung - 1)
        } else if gap > 0 {
            chord.pitch(rung)
        } else {
            chord.pitch(rung + 1)
        };
        let at = start + 14;
        notes.retain(|note| !(note.start == at && i32::from(note.pitch) < VOICES.0));
        for note in notes.iter_mut().filter(|note| i32::from(note.pitch) < VOICES.0) {
            note.duration = note.duration.min(at - note.start);
        }
        notes.push(Note { start: at, duration: 2, pitch: passing as u8, velocity: 0 });
    }
}
