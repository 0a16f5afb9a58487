//! Keys, chords, and progressions with cadences.
//!
//! A chord is a set of scale degrees with a scale that is altered to fit it: the dominant in minor raises the seventh degree,
//! a secondary dominant alters one more. Melody and accompaniment take their notes from the same altered scale.
//!
//! A *rung* is a scale degree counted across octaves: 0 is the tonic near middle C, 7 its octave.

use crate::rng::Philox;

/// Major or natural minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Ionian.
    Major,
    /// Aeolian; its dominant borrows the leading tone of harmonic minor.
    Minor,
}

/// Semitones above the tonic of the seven degrees, counted from 0.
type Scale = [i32; 7];

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Pitch of the tonic nearest to middle C, 55 to 66.
    pub tonic: i32,
    /// Major or minor.
    pub mode: Mode,
}

impl Key {
    /// One of the 24 keys; 65 % are major.
    pub fn draw(rng: &mut Philox) -> Self {
        let mode = if rng.chance(0.65) { Mode::Major } else { Mode::Minor };
        Self { tonic: rng.between(55, 66), mode }
    }

    /// For example `E flat minor`.
    pub fn name(&self) -> String {
        const NAMES: [&str; 12] =
            ["C", "D flat", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B"];
        let mode = match self.mode {
            Mode::Major => "major",
            Mode::Minor => "minor",
        };
        format!("{} {mode}", NAMES[self.tonic as usize % 12])
    }

    fn scale(&self) -> Scale {
        match self.mode {
            Mode::Major => [0, 2, 4, 5, 7, 9, 11],
            Mode::Minor => [0, 2, 3, 5, 7, 8, 10],
        }
    }

    /// The triad on a degree. On the fifth degree it is major in minor keys too.
    pub fn triad(&self, degree: usize) -> Chord {
        let mut scale = self.scale();
        if degree == 4 {
            scale[6] = 11;
        }
        Chord { tonic: self.tonic, tones: thirds(degree, 3), bass: degree, scale }
    }

    /// The (secondary) dominant seventh chord of the chord on `target`.
    pub fn dominant_of(&self, target: usize) -> Chord {
        let tones = thirds(target + 4, 4);
        let mut scale = self.scale();
        let root = scale[tones[0]];
        for (&degree, interval) in tones.iter().zip([0, 4, 7, 10]) {
            // The smallest alteration that gives the interval.
            let change = (root + interval - scale[degree] + 6).rem_euclid(12) - 6;
            scale[degree] += change;
        }
        Chord { tonic: self.tonic, bass: tones[0], tones, scale }
    }
}

/// Degrees of a chord of `count` stacked thirds.
fn thirds(root: usize, count: usize) -> Vec<usize> {
    (0..count).map(|i| (root + 2 * i) % 7).collect()
}

/// A chord: degrees of a scale, and the scale of its melody notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chord {
    tonic: i32,
    /// Degrees 0..7, the root first.
    pub tones: Vec<usize>,
    /// Degree in the bass.
    pub bass: usize,
    scale: Scale,
}

impl Chord {
    /// MIDI pitch of a rung.
    pub fn pitch(&self, rung: i32) -> i32 {
        self.tonic + 12 * rung.div_euclid(7) + self.scale[rung.rem_euclid(7) as usize]
    }

    /// Whether a rung is a chord tone.
    pub fn has(&self, rung: i32) -> bool {
        self.tones.contains(&(rung.rem_euclid(7) as usize))
    }

    /// The chord tone nearest to `rung`; ties go in the direction of `toward`.
    pub fn nearest(&self, rung: i32, toward: i32) -> i32 {
        let side = if toward < 0 { -1 } else { 1 };
        (0..7).flat_map(|d| [rung + side * d, rung - side * d]).find(|&r| self.has(r)).unwrap_or(rung)
    }

    /// The highest rung whose pitch is at most `pitch`.
    pub fn rung_below(&self, pitch: i32) -> i32 {
        let octave = (pitch - self.tonic).div_euclid(12);
        (7 * octave..7 * octave + 8).rev().find(|&r| self.pitch(r) <= pitch).unwrap_or(7 * octave)
    }

    /// All pitches of the chord in a closed range, ascending.
    pub fn pitches(&self, low: i32, high: i32) -> Vec<i32> {
        (self.rung_below(low)..=self.rung_below(high))
            .filter(|&rung| self.has(rung))
            .map(|rung| self.pitch(rung))
            .filter(|pitch| (low..=high).contains(pitch))
            .collect()
    }

    /// The chord with its seventh.
    fn seventh(mut self) -> Self {
        if self.tones.len() == 3 {
            self.tones.push((self.tones[0] + 6) % 7);
        }
        self
    }

    /// The chord with its ninth.
    fn ninth(mut self) -> Self {
        self.tones.push((self.tones[0] + 1) % 7);
        self
    }

    /// The chord with its fourth in place of the third.
    fn suspended(mut self) -> Self {
        self.tones[1] = (self.tones[0] + 3) % 7;
        self
    }
}

/// Outline of a section's harmony.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Degree of the first chord.
    pub start: usize,
    /// Whether the section ends on the dominant instead of the tonic.
    pub open: bool,
    /// Whether four chords are repeated, as in a chorus, instead of a free progression.
    pub looped: bool,
}

/// Probabilities of altered and extended chords in a song.
#[derive(Debug, Clone, Copy)]
pub struct Colour {
    /// Of a seventh.
    pub seventh: f64,
    /// Of an added ninth.
    pub ninth: f64,
    /// Of a suspended dominant.
    pub suspended: f64,
    /// Of a secondary dominant before a chord that has one.
    pub secondary: f64,
}

impl Colour {
    /// The probabilities of one song.
    pub fn draw(rng: &mut Philox) -> Self {
        Self {
            seventh: *rng.choose(&[0.05, 0.2, 0.45]),
            ninth: *rng.choose(&[0.0, 0.1, 0.25]),
            suspended: *rng.choose(&[0.2, 0.5]),
            secondary: *rng.choose(&[0.0, 0.08, 0.15]),
        }
    }
}

/// Transition weights from each degree (row) to the next (column): the tonic moves anywhere, subdominants to the dominant,
/// the dominant to the tonic or the sixth degree.
const MAJOR_STEPS: [[f64; 7]; 7] = [
    [0.0, 1.0, 0.8, 3.0, 2.5, 3.0, 0.0],
    [0.3, 0.0, 0.5, 1.0, 6.0, 0.5, 0.0],
    [0.0, 0.8, 0.0, 3.0, 0.0, 4.0, 0.0],
    [2.5, 1.5, 0.6, 0.0, 4.0, 1.0, 0.0],
    [3.0, 0.4, 0.5, 1.5, 0.0, 4.0, 0.0],
    [0.3, 2.0, 1.2, 4.0, 2.5, 0.0, 0.0],
    [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
];

/// [`MAJOR_STEPS`] for minor keys, with more weight on the major chords III, VI and VII.
const MINOR_STEPS: [[f64; 7]; 7] = [
    [0.0, 0.3, 1.0, 3.0, 1.2, 4.0, 2.5],
    [0.2, 0.0, 0.0, 0.0, 5.0, 0.0, 0.5],
    [0.3, 0.0, 0.0, 2.5, 0.4, 4.0, 2.5],
    [2.0, 0.4, 0.6, 0.0, 3.0, 1.0, 2.0],
    [5.0, 0.0, 0.0, 0.6, 0.0, 3.0, 0.0],
    [0.5, 0.5, 3.0, 2.5, 1.5, 0.0, 4.0],
    [3.0, 0.0, 4.0, 0.5, 0.3, 2.0, 0.0],
];

fn next_degree(rng: &mut Philox, mode: Mode, from: usize) -> usize {
    let row = match mode {
        Mode::Major => &MAJOR_STEPS[from],
        Mode::Minor => &MINOR_STEPS[from],
    };
    weighted(rng, row)
}

/// An index, drawn with probability proportional to its weight.
pub fn weighted(rng: &mut Philox, weights: &[f64]) -> usize {
    let mut left = rng.uniform() * weights.iter().sum::<f64>();
    weights
        .iter()
        .position(|weight| {
            left -= weight;
            left < 0.0
        })
        .unwrap_or(0)
}

/// Eight bars of chords, two per bar (the same one twice in most bars).
pub fn period(rng: &mut Philox, key: &Key, plan: Plan, colour: &Colour) -> Vec<Chord> {
    let degrees = degrees(rng, key.mode, plan);
    let mut chords: Vec<Chord> = degrees.iter().map(|&degree| key.triad(degree)).collect();
    for (half, chord) in chords.iter_mut().enumerate() {
        let last_bar = half >= 14;
        if degrees[half] == 4 {
            *chord = if rng.chance(0.4) { chord.clone().seventh() } else { chord.clone() };
        } else if !last_bar && rng.chance(colour.seventh) {
            *chord = chord.clone().seventh();
        } else if !last_bar && degrees[half] != 6 && rng.chance(colour.ninth) {
            *chord = chord.clone().ninth();
        }
    }
    // A bar on one degree repeats its chord.
    for bar in 0..8 {
        if degrees[2 * bar] == degrees[2 * bar + 1] {
            chords[2 * bar + 1] = chords[2 * bar].clone();
            if degrees[2 * bar] == 4 && rng.chance(colour.suspended) {
                chords[2 * bar] = key.triad(4).suspended();
                chords[2 * bar + 1] = key.triad(4);
            }
        }
    }
    let targets: &[usize] = if key.mode == Mode::Major { &[1, 3, 4, 5] } else { &[3, 5] };
    for bar in 0..7 {
        let next = degrees[2 * bar + 2];
        let here = degrees[2 * bar + 1];
        if here != next && bar != 3 && targets.contains(&next) && rng.chance(colour.secondary) {
            chords[2 * bar + 1] = key.dominant_of(next);
        }
    }
    smooth_bass(rng, &mut chords);
    chords
}

/// Sixteen degrees, two per bar.
fn degrees(rng: &mut Philox, mode: Mode, plan: Plan) -> Vec<usize> {
    let mut bars = [plan.start; 8];
    for bar in 1..4 {
        bars[bar] = next_degree(rng, mode, bars[bar - 1]);
    }
    if plan.looped {
        // A loop has chords that differ from their neighbours.
        while bars[1..4].contains(&bars[0]) || bars[1] == bars[3] {
            for bar in 1..4 {
                bars[bar] = next_degree(rng, mode, bars[bar - 1]);
            }
        }
    } else {
        bars[3] = if rng.chance(0.75) { 4 } else { 3 };
    }
    bars.copy_within(0..4, 4);
    if !plan.looped && rng.chance(0.5) {
        bars[5] = next_degree(rng, mode, bars[4]);
    }
    let mut halves: Vec<usize> = bars.iter().flat_map(|&degree| [degree, degree]).collect();
    if !plan.looped && bars[2] != 3 && bars[3] == 4 && rng.chance(0.3) {
        halves[5] = *rng.choose(&[1, 3]);
    }
    let before = if mode == Mode::Major { *rng.choose(&[3, 3, 1]) } else { *rng.choose(&[3, 3, 5]) };
    let ending: [usize; 4] = match (plan.open, rng.below(4)) {
        (true, _) => [before, before, 4, 4],
        (false, 0) => [4, 4, 0, 0],
        (false, 1) if mode == Mode::Major => [3, 3, 0, 0],
        (false, _) => [before, 4, 0, 0],
    };
    halves[12..].copy_from_slice(&ending);
    halves
}

/// Puts the third of a chord in the bass (first inversion) where the bass then moves by step.
fn smooth_bass(rng: &mut Philox, chords: &mut [Chord]) {
    let near = |a: usize, b: usize| matches!((a + 7 - b) % 7, 1 | 6);
    for half in 1..chords.len() - 2 {
        let third = chords[half].tones[1];
        let suspended = (chords[half].tones[0] + 3) % 7 == third;
        let (before, after) = (chords[half - 1].bass, chords[half + 1].bass);
        if !suspended && half % 2 == 1 && near(third, before) && near(third, after) && rng.chance(0.6) {
            chords[half].bass = third;
        }
        let whole_bar = half % 2 == 0 && chords[half] == chords[half + 1];
        if !suspended && whole_bar && near(third, before) && near(third, chords[half + 2].bass) && rng.chance(0.5) {
            chords[half].bass = third;
            chords[half + 1].bass = third;
        }
    }
}

/// The final four bars: subdominant, dominant, held tonic.
pub fn ending(rng: &mut Philox, key: &Key) -> Vec<Chord> {
    let first = if key.mode == Mode::Major { *rng.choose(&[3, 1]) } else { *rng.choose(&[3, 5]) };
    let dominant = if rng.chance(0.5) { key.triad(4).suspended() } else { key.triad(4) };
    let tonic = key.triad(0);
    vec![key.triad(first), key.triad(first), dominant, key.triad(4), tonic.clone(), tonic.clone(), tonic.clone(), tonic]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(chord: &Chord) -> Vec<i32> {
        chord.tones.iter().map(|&degree| chord.pitch(degree as i32).rem_euclid(12)).collect()
    }

    const C_MAJOR: Key = Key { tonic: 60, mode: Mode::Major };
    const C_MINOR: Key = Key { tonic: 60, mode: Mode::Minor };

    #[test]
    fn triads_are_spelt_right() {
        assert_eq!(classes(&C_MAJOR.triad(0)), [0, 4, 7]);
        assert_eq!(classes(&C_MAJOR.triad(1)), [2, 5, 9]);
        assert_eq!(classes(&C_MINOR.triad(4)), [7, 11, 2]);
        assert_eq!(classes(&C_MAJOR.triad(4).suspended()), [7, 0, 2]);
        assert_eq!(classes(&C_MAJOR.triad(3).seventh()), [5, 9, 0, 4]);
    }

    #[test]
    fn secondary_dominants_are_dominant_sevenths() {
        assert_eq!(classes(&C_MAJOR.dominant_of(1)), [9, 1, 4, 7]);
        assert_eq!(classes(&C_MAJOR.dominant_of(3)), [0, 4, 7, 10]);
        assert_eq!(classes(&C_MAJOR.dominant_of(4)), [2, 6, 9, 0]);
        assert_eq!(classes(&C_MAJOR.dominant_of(5)), [4, 8, 11, 2]);
        assert_eq!(classes(&C_MINOR.dominant_of(3)), [0, 4, 7, 10]);
        assert_eq!(classes(&C_MINOR.dominant_of(5)), [3, 7, 10, 1]);
    }

    #[test]
    fn the_ladder_goes_on_in_both_directions() {
        let chord = C_MAJOR.triad(0);
        assert_eq!([chord.pitch(-7), chord.pitch(0), chord.pitch(6), chord.pitch(9)], [48, 60, 71, 76]);
        assert_eq!((chord.nearest(1, 1), chord.nearest(1, -1), chord.nearest(3, 1)), (2, 0, 4));
        assert_eq!((chord.rung_below(61), chord.rung_below(59)), (0, -1));
        assert_eq!(chord.pitches(48, 64), [48, 52, 55, 60, 64]);
    }

    #[test]
    fn periods_close_or_stay_open() {
        let colour = Colour { seventh: 0.2, ninth: 0.2, suspended: 0.5, secondary: 0.2 };
        for stream in 0..200 {
            let rng = &mut Philox::new(3, stream);
            let open = rng.chance(0.5);
            let key = Key::draw(rng);
            let looped = rng.chance(0.5);
            let chords = period(rng, &key, Plan { start: 0, open, looped }, &colour);
            assert_eq!(chords.len(), 16);
            assert_eq!(chords[15].tones[0], if open { 4 } else { 0 });
        }
    }
}
