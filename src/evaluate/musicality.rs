//! What separates samples from music where single features agree: repetition, melody, bass and harmony, in bars of 4/4.

use std::fmt;

use rayon::prelude::*;
use serde::Serialize;

use super::feature_row::FeatureRow;
use super::profiles::Profiles;
use super::windows::Set;
use crate::condition::Row;
use crate::data::music::roll::Roll;
use crate::metrics::bass::{self, Bass};
use crate::metrics::features::{Features, STEPS_PER_BAR};
use crate::metrics::harmony::{self, Harmony};
use crate::metrics::melody::{self, Melody};
use crate::metrics::repetition::Repetition;
use crate::metrics::stray::share_stray;

/// Names of the measures of repetition, and of stray notes.
const REPETITION: [&str; 7] = [
    "onsets, 1 bar apart",
    "onsets, 2 bars apart",
    "onsets, 4 bars apart",
    "rhythms, 1 bar apart",
    "groove consistency",
    "density variation",
    "stray notes",
];
/// Number of measures of melody, bass and harmony that are marked.
const WORST: usize = 2;

/// Repetition, melody, bass and harmony of samples and of songs.
#[derive(Debug, Clone, Serialize)]
pub struct Musicality {
    /// Number of held-out windows in 4/4, which are compared.
    pub windows: usize,
    /// F1 of the onsets and of the rhythms of bars apart; groove; deviation of the notes per bar over their mean; share of stray
    /// notes.
    pub repetition: Vec<FeatureRow>,
    /// Distance of the profiles; none of fewer than two songs.
    pub profiles: Option<Profiles>,
    /// The measures of [`melody`], [`bass`] and [`harmony`]. Windows without a melody, a bass or changes of chord are left out.
    pub voices: Vec<FeatureRow>,
    /// The voices' measures with the smallest overlap, the worst first.
    pub worst: Vec<&'static str>,
}

impl Musicality {
    /// Of held-out windows in 4/4, and of samples, training windows and decoded noise; `None` without windows, or if they are
    /// not of whole bars.
    pub fn of(real: &Set, others: [&Set; 3], seed: u64) -> Option<Self> {
        let whole = real.rolls.first().is_some_and(|roll| roll.steps().is_multiple_of(STEPS_PER_BAR));
        if !whole {
            return None;
        }
        let (measured, others_measured) = (measures(real), others.map(measures));
        let trained = !others[1].rolls.is_empty();
        let row = |(which, name)| {
            let others = others_measured.each_ref().map(|measured| column(measured, which));
            FeatureRow::of(name, &column(&measured, which), others.each_ref().map(Vec::as_slice), trained, seed)
        };
        let mut rows = names().into_iter().enumerate().map(row);
        let repetition: Vec<FeatureRow> = rows.by_ref().take(REPETITION.len()).collect();
        let voices: Vec<FeatureRow> = rows.collect();
        let mut worst: Vec<&FeatureRow> = voices.iter().collect();
        worst.sort_by(|a, b| a.overlap.generated.value.total_cmp(&b.overlap.generated.value));
        let worst = worst.into_iter().take(WORST).map(|row| row.name).collect();
        let profiles = Profiles::of(real, others[0]);
        Some(Self { windows: real.rolls.len(), repetition, profiles, voices, worst })
    }
}

fn names() -> Vec<&'static str> {
    [&REPETITION[..], &melody::NAMES, &bass::NAMES, &harmony::NAMES].concat()
}

/// The measures of each window in the order of [`names`], by group.
fn measures(set: &Set) -> Vec<Vec<Vec<Option<f64>>>> {
    set.grouped(set.rolls.par_iter().map(of_window).collect())
}

/// The measures of a window, `None` where it has none.
fn of_window(roll: &Roll) -> Vec<Option<f64>> {
    fn each<const N: usize>(values: Option<[f64; N]>) -> [Option<f64>; N] {
        std::array::from_fn(|which| values.map(|values| values[which]))
    }
    let chords = Row::of(roll, 0).chords;
    let Repetition { onsets: [one, two, four], rhythm, density_variation } = Repetition::of(roll);
    let groove = Features::of(roll.notes(), roll.steps()).groove_consistency;
    let repetition = [one, two, four, rhythm[0], groove, density_variation, share_stray(roll.notes())];
    let melody = Melody::of(roll, &chords).map(|melody| melody.values());
    let bass = Bass::of(roll, &chords).map(|bass| bass.values());
    let harmony = Harmony::of(&chords).map(|harmony| harmony.values());
    [&each(Some(repetition))[..], &each(melody), &each(bass), &each(harmony)].concat()
}

/// The values of one measure, by group.
fn column(measured: &[Vec<Vec<Option<f64>>>], which: usize) -> Vec<Vec<f64>> {
    measured.iter().map(|group| group.iter().filter_map(|window| window[which]).collect()).collect()
}

impl fmt::Display for Musicality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", FeatureRow::heading("repetition"))?;
        self.repetition.iter().try_for_each(|row| writeln!(f, "{row}"))?;
        self.profiles.iter().try_for_each(|profiles| writeln!(f, "{profiles}"))?;
        writeln!(f, "\n{}", FeatureRow::heading("melody, bass, harmony"))?;
        for row in &self.voices {
            let mark = if self.worst.contains(&row.name) { "  < worst" } else { "" };
            writeln!(f, "{row}{mark}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;
    use crate::data::music::roll::Note;

    fn songs(seed: u64) -> Set {
        let windows = |index| {
            let song = corpus::compose(seed, index).merged();
            [song.window(0, 128), song.window(128, 128)]
        };
        Set { rolls: (0..6).flat_map(windows).collect(), groups: vec![2; 6] }
    }

    /// Notes of a window at other steps and pitches.
    fn scattered(roll: &Roll) -> Roll {
        let note = |(i, note): (usize, &Note)| {
            let i = i as u32;
            Note { start: i * 37 % 128, duration: 1, pitch: 40 + (i * 29 % 50) as u8, ..*note }
        };
        Roll::new(128, roll.notes().iter().enumerate().map(note).collect())
    }

    #[test]
    fn songs_are_like_songs_and_scattered_notes_are_not() {
        let (real, other) = (songs(0), songs(1));
        let noise = Set::of_samples(real.rolls.iter().map(scattered).collect());
        let found = Musicality::of(&real, [&other, &real, &noise], 0).unwrap();
        assert_eq!((found.windows, found.repetition.len(), found.voices.len()), (12, 7, 13));
        for row in found.repetition.iter().chain(&found.voices) {
            assert!(row.overlap.training.unwrap().value > 0.99, "{row}");
        }
        let row = |name: &str| found.repetition.iter().chain(&found.voices).find(|row| row.name == name).unwrap();
        for name in ["onsets, 1 bar apart", "leaps"] {
            let overlap = &row(name).overlap;
            assert!(overlap.generated.value > overlap.noise.value, "{name}: {overlap}");
        }
        let smallest = found.voices.iter().map(|row| row.overlap.generated.value).fold(1.0, f64::min);
        assert_eq!(row(found.worst[0]).overlap.generated.value, smallest);
        let text = found.to_string();
        assert_eq!(text.matches("< worst").count(), 2, "{text}");
    }

    #[test]
    fn means_and_deviations_are_those_of_the_windows() {
        let real = songs(0);
        let found = Musicality::of(&real, [&real, &Set::of_samples(Vec::new()), &real], 0).unwrap();
        let values: Vec<f64> = real.rolls.iter().map(|roll| Repetition::of(roll).onsets[1]).collect();
        let mean = values.iter().sum::<f64>() / 12.0;
        let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 12.0).sqrt();
        let [got, spread] = found.repetition[1].real;
        assert!((got - mean).abs() < 1e-12 && (spread - deviation).abs() < 1e-12);
        assert!(found.repetition[1].overlap.training.is_none());
    }

    #[test]
    fn windows_without_whole_bars_have_none() {
        let set = |steps| Set::of_samples(vec![Roll::new(steps, Vec::new())]);
        let of = |set: &Set| Musicality::of(set, [set, set, set], 0);
        assert!(of(&set(40)).is_none() && of(&Set::of_samples(Vec::new())).is_none());
        // Silence has repetition, but no melody, bass or harmony.
        let silent = of(&set(32)).unwrap();
        assert!(silent.profiles.is_none() && silent.voices.iter().all(|row| row.real == [0.0; 2]));
    }
}
