//! Features of windows of music, by which two sets of music can be compared.
//!
//! Definitions follow MusPy (Dong, Chen, McAuley, Berg-Kirkpatrick: "MusPy: a toolkit for symbolic music generation",
//! ISMIR 2020); groove is from Wu and Yang ("The Jazz Transformer on the front line", ISMIR 2020). The grid has
//! [`STEPS_PER_BEAT`] steps per beat and bars of [`STEPS_PER_BAR`] steps.

use crate::data::music::key;
use crate::data::music::roll::{Note, STEPS_PER_BEAT};

/// Steps of a bar of 4/4.
pub const STEPS_PER_BAR: u32 = 16;
/// Steps of a window of eight bars, the width of a picture.
pub const STEPS_PER_WINDOW: u32 = 8 * STEPS_PER_BAR;

/// Number of features.
pub const COUNT: usize = 11;

/// Names of the features, in the order of [`Features::values`].
pub const NAMES: [&str; COUNT] = [
    "notes per bar",
    "distinct pitches",
    "pitch classes",
    "range",
    "polyphony",
    "polyphony rate",
    "pitch-class entropy",
    "scale consistency",
    "empty beats",
    "groove consistency",
    "duration",
];

/// Features of one window. Without notes all are 0 except `empty_beats`, which is 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Features {
    /// Onsets per bar.
    pub notes_per_bar: f64,
    /// Number of different pitches.
    pub pitches: f64,
    /// Number of different pitch classes, 0 to 12.
    pub pitch_classes: f64,
    /// Highest pitch minus lowest, in semitones.
    pub range: f64,
    /// Mean number of sounding pitches over the steps with at least one.
    pub polyphony: f64,
    /// Fraction of all steps with three or more sounding pitches.
    pub polyphony_rate: f64,
    /// Entropy in bits of the notes' pitch classes, -sum p log2 p; at most log2 12 = 3.585.
    pub pitch_class_entropy: f64,
    /// Largest fraction of notes in one of the 24 keys. Minor is natural minor, as in MusPy, and so has the notes of its
    /// relative major.
    pub scale_consistency: f64,
    /// Fraction of beats without a sounding note.
    pub empty_beats: f64,
    /// 1 - mean Hamming distance of consecutive bars' onset vectors / 16; 1 for a single bar.
    pub groove_consistency: f64,
    /// Mean duration of a note in steps.
    pub duration: f64,
}

impl Features {
    /// The features of a window of `steps` steps whose first step is 0.
    ///
    /// Notes that begin outside the window are ignored. Sounding time is cut at its end; durations are not.
    pub fn of(notes: &[Note], steps: u32) -> Self {
        let inside: Vec<Note> = notes.iter().copied().filter(|note| note.start < steps).collect();
        if inside.is_empty() {
            return Self { empty_beats: if steps > 0 { 1.0 } else { 0.0 }, ..Self::default() };
        }
        let count = inside.len() as f64;
        let mut pitches = [0u32; 128];
        for note in &inside {
            pitches[usize::from(note.pitch & 127)] += 1;
        }
        let classes = key::pitch_classes(&inside);
        let sounding = sounding(&inside, steps);
        let voiced = sounding.iter().filter(|&&n| n > 0).count();
        let dense = sounding.iter().filter(|&&n| n >= 3).count();
        let beats = sounding.chunks(STEPS_PER_BEAT as usize);
        let silent = beats.clone().filter(|beat| beat.iter().all(|&n| n == 0)).count();
        let highest = inside.iter().map(|note| note.pitch).max().unwrap_or(0);
        let lowest = inside.iter().map(|note| note.pitch).min().unwrap_or(0);
        Self {
            notes_per_bar: count * f64::from(STEPS_PER_BAR) / f64::from(steps),
            pitches: non_zero(&pitches),
            pitch_classes: non_zero(&classes),
            range: f64::from(highest - lowest),
            polyphony: f64::from(sounding.iter().sum::<u32>()) / voiced.max(1) as f64,
            polyphony_rate: dense as f64 / f64::from(steps),
            pitch_class_entropy: entropy(&classes),
            scale_consistency: scale_consistency(&classes),
            empty_beats: silent as f64 / beats.len() as f64,
            groove_consistency: groove_consistency(&inside, steps),
            duration: inside.iter().map(|note| f64::from(note.duration)).sum::<f64>() / count,
        }
    }

    /// The features of every complete window of `window` steps from step 0; windows without notes are left out.
    pub fn of_windows(notes: &[Note], steps: u32, window: u32) -> Vec<Self> {
        (0..steps / window.max(1))
            .filter_map(|index| {
                let first = index * window;
                let part: Vec<Note> = notes
                    .iter()
                    .filter(|note| note.start >= first && note.start < first + window)
                    .map(|note| Note { start: note.start - first, ..*note })
                    .collect();
                (!part.is_empty()).then(|| Self::of(&part, window))
            })
            .collect()
    }

    /// All values, in the order of [`NAMES`].
    pub fn values(&self) -> [f64; COUNT] {
        [
            self.notes_per_bar,
            self.pitches,
            self.pitch_classes,
            self.range,
            self.polyphony,
            self.polyphony_rate,
            self.pitch_class_entropy,
            self.scale_consistency,
            self.empty_beats,
            self.groove_consistency,
            self.duration,
        ]
    }
}

/// Mean and standard deviation of each feature over a set of windows, in the order of [`NAMES`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Number of windows.
    pub windows: usize,
    /// Mean of each feature; 0 without windows.
    pub mean: [f64; COUNT],
    /// Standard deviation of each feature (divided by the number of windows).
    pub deviation: [f64; COUNT],
}

impl Summary {
    /// Of some windows.
    pub fn of(windows: &[Features]) -> Self {
        let count = windows.len().max(1) as f64;
        let mean_of = |value: &dyn Fn(&Features, usize) -> f64| -> [f64; COUNT] {
            std::array::from_fn(|i| windows.iter().map(|window| value(window, i)).sum::<f64>() / count)
        };
        let mean = mean_of(&|window, i| window.values()[i]);
        let variance = mean_of(&|window, i| (window.values()[i] - mean[i]).powi(2));
        Self { windows: windows.len(), mean, deviation: variance.map(f64::sqrt) }
    }
}

/// Number of sounding pitches at each step.
fn sounding(notes: &[Note], steps: u32) -> Vec<u32> {
    let mut on = vec![0u128; steps as usize];
    for note in notes {
        let end = note.start.saturating_add(note.duration).min(steps);
        for step in note.start..end {
            on[step as usize] |= 1 << (note.pitch & 127);
        }
    }
    on.iter().map(|pitches| pitches.count_ones()).collect()
}

fn non_zero(counts: &[u32]) -> f64 {
    counts.iter().filter(|&&n| n > 0).count() as f64
}

/// Entropy in bits of a histogram; 0 for an empty one.
fn entropy(counts: &[u32]) -> f64 {
    let total: u32 = counts.iter().sum();
    counts
        .iter()
        .filter(|&&n| n > 0)
        .map(|&n| f64::from(n) / f64::from(total))
        .map(|p| -p * p.log2())
        .sum::<f64>()
        .max(0.0)
}

/// Largest fraction of notes in one of the twelve diatonic collections, each of a major and a natural minor key.
fn scale_consistency(classes: &[u32; key::COUNT]) -> f64 {
    let total: u32 = classes.iter().sum();
    f64::from(key::notes_in(key::of(classes), classes)) / f64::from(total.max(1))
}

/// Similarity of consecutive bars' onset vectors.
fn groove_consistency(notes: &[Note], steps: u32) -> f64 {
    let mut bars = vec![0u32; steps.div_ceil(STEPS_PER_BAR) as usize];
    for note in notes {
        bars[(note.start / STEPS_PER_BAR) as usize] |= 1 << (note.start % STEPS_PER_BAR);
    }
    let pairs = bars.len().saturating_sub(1);
    let distance: u32 = bars.windows(2).map(|pair| (pair[0] ^ pair[1]).count_ones()).sum();
    1.0 - f64::from(distance) / (f64::from(STEPS_PER_BAR) * pairs.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(start: u32, duration: u32, pitch: u8) -> Note {
        Note { start, duration, pitch, velocity: 80 }
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    /// Two bars: a C major triad held for a bar, then C5 and C sharp 5 for a beat each at the second bar's first two beats.
    #[test]
    fn two_bars_by_hand() {
        let notes = [note(0, 16, 60), note(0, 16, 64), note(0, 16, 67), note(16, 4, 72), note(20, 4, 73)];
        let f = Features::of(&notes, 32);
        assert!(close(f.notes_per_bar, 2.5));
        assert_eq!((f.pitches, f.pitch_classes, f.range), (5.0, 4.0, 13.0));
        // 16 steps with 3 pitches, 8 with one, 8 silent
        assert!(close(f.polyphony, 56.0 / 24.0) && close(f.polyphony_rate, 0.5));
        // pitch classes C 2/5, E, G, C sharp 1/5 each
        assert!(close(f.pitch_class_entropy, -(0.4 * 0.4f64.log2() + 0.6 * 0.2f64.log2())));
        // C, E and G lie in C major; no major scale holds C, C sharp, E and G
        assert!(close(f.scale_consistency, 0.8));
        assert!(close(f.empty_beats, 0.25));
        // onset vectors {0} and {0, 4} differ in one of sixteen places
        assert!(close(f.groove_consistency, 15.0 / 16.0));
        assert!(close(f.duration, 56.0 / 5.0));
    }

    #[test]
    fn all_twelve_classes_have_the_largest_entropy() {
        let notes: Vec<Note> = (0..12).map(|i| note(u32::from(i), 1, 60 + i)).collect();
        let f = Features::of(&notes, 16);
        assert!(close(f.pitch_class_entropy, 12f64.log2()) && close(f.scale_consistency, 7.0 / 12.0));
        assert!(close(f.polyphony, 1.0) && close(f.groove_consistency, 1.0));
    }

    #[test]
    fn a_doubled_pitch_sounds_once() {
        let f = Features::of(&[note(0, 4, 60), note(0, 8, 60)], 16);
        assert!(close(f.polyphony, 1.0) && close(f.notes_per_bar, 2.0));
    }

    #[test]
    fn silence_is_all_empty_beats() {
        let f = Features::of(&[], 128);
        assert_eq!(f, Features { empty_beats: 1.0, ..Features::default() });
    }

    #[test]
    fn windows_are_cut_and_summarised() {
        let notes = [note(0, 200, 60), note(130, 2, 62), note(134, 2, 64)];
        let windows = Features::of_windows(&notes, 300, STEPS_PER_WINDOW);
        assert_eq!(windows.len(), 2);
        assert!(close(windows[0].empty_beats, 0.0) && close(windows[0].notes_per_bar, 1.0 / 8.0));
        let summary = Summary::of(&windows);
        assert_eq!(summary.windows, 2);
        assert!(close(summary.mean[0], 1.5 / 8.0) && close(summary.deviation[0], 0.5 / 8.0));
    }
}
