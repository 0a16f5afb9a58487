//! Sums of the measures over the judged bars, from which means are estimated.

use std::ops::AddAssign;

use super::case::{Case, Outcome};
use super::excerpt::BARS;
use super::task::Task;
use crate::data::music::roll::Note;
use crate::evaluate::bootstrap::{self, Estimate};
use crate::metrics::bars::bar;
use crate::metrics::features::STEPS_PER_BAR;
use crate::metrics::filling::Filling;
use crate::metrics::melody::share_of_steps;
use crate::metrics::obedience::{counts_in_chord, share_in_key};
use crate::metrics::seam::Seam;

/// What is measured, by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// D_P of a bar.
    Pitch,
    /// D_D of a bar.
    Duration,
    /// F1 of the onsets of a bar.
    OnsetF1,
    /// F1 of the rhythm of a bar.
    RhythmF1,
    /// New notes of a bar.
    Notes,
    /// Share of new notes in the chord of their beat.
    InChord,
    /// Share of new notes in C major.
    InKey,
    /// Difference of the logarithmic numbers of notes across a border.
    SeamDensity,
    /// Difference of the mean pitches across a border.
    SeamRegister,
    /// F1 of the onsets of the bars at a border.
    SeamF1,
    /// Share of steps in the intervals of the new notes' highest voice.
    Steps,
}

/// Number of measures.
const COUNT: usize = 11;
/// The key of all that is judged, as [`crate::data::music::key`] counts.
const C: usize = 0;

/// Sum and count of each measure.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sums([[f64; 2]; COUNT]);

impl Sums {
    /// Of a window. Seams are measured if the task has them and all hidden bars are judged.
    pub fn of(task: Task, case: &Case, outcome: &Outcome) -> Self {
        let mut sums = Self::default();
        let (new, hidden) = (case.new_notes(&outcome.roll), case.new_notes(&case.excerpt.roll));
        for &number in &outcome.bars {
            let (new, hidden) = (bar(&new, number), bar(&hidden, number));
            sums.add(Measure::Notes, new.len() as f64, 1.0);
            if let Some(found) = Filling::of(&new, &hidden) {
                let measures = [Measure::Pitch, Measure::Duration, Measure::OnsetF1, Measure::RhythmF1];
                measures.into_iter().zip(found.values()).for_each(|(measure, value)| sums.add(measure, value, 1.0));
            }
        }
        let judged = |note: &&Note| outcome.bars.contains(&(note.start / STEPS_PER_BAR));
        let judged: Vec<Note> = new.iter().filter(judged).copied().collect();
        let [inside, all] = counts_in_chord(&judged, &case.excerpt.row.chords).map(f64::from);
        sums.add(Measure::InChord, inside, all);
        let count = judged.len() as f64;
        sums.add(Measure::InKey, share_in_key(&judged, C).unwrap_or(0.0) * count, count);
        let new = outcome.roll.with_notes(outcome.roll.steps(), judged);
        if let Some(share) = share_of_steps(&new) {
            sums.add(Measure::Steps, share, 1.0);
        }
        if task.has_seams() && outcome.bars == case.bars {
            borders(case).for_each(|after| sums.add_seam(outcome, after));
        }
        sums
    }

    fn add(&mut self, measure: Measure, sum: f64, count: f64) {
        let slot = &mut self.0[measure as usize];
        *slot = [slot[0] + sum, slot[1] + count];
    }

    /// Adds the border before a bar.
    fn add_seam(&mut self, outcome: &Outcome, after: u32) {
        let [before, after] = [after - 1, after].map(|number| bar(outcome.roll.notes(), number));
        let seam = Seam::of(&before, &after);
        self.add(Measure::SeamDensity, seam.density, 1.0);
        self.add(Measure::SeamF1, seam.onset_f1, 1.0);
        if let Some(register) = seam.register {
            self.add(Measure::SeamRegister, register, 1.0);
        }
    }

    /// How often a measure was taken.
    pub fn count(&self, measure: Measure) -> f64 {
        self.0[measure as usize][1]
    }

    /// The mean of a measure over groups; `None` if it was never taken.
    pub fn mean(groups: &[Self], measure: Measure, seed: u64) -> Option<Estimate> {
        let sums: Vec<[f64; 2]> = groups.iter().map(|group| group.0[measure as usize]).collect();
        let most = match measure {
            Measure::Notes | Measure::SeamDensity | Measure::SeamRegister => f64::INFINITY,
            _ => 1.0,
        };
        bootstrap::mean(&sums, seed).map(|estimate| estimate.within(0.0, most))
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        for (slot, other) in self.0.iter_mut().zip(other.0) {
            *slot = [slot[0] + other[0], slot[1] + other[1]];
        }
    }
}

/// The bars before which the hidden part begins or ends.
fn borders(case: &Case) -> impl Iterator<Item = u32> {
    let is_hidden = |number: u32| case.bars.contains(&number);
    (1..BARS).filter(move |&number| is_hidden(number) != is_hidden(number - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::music::roll::Roll;
    use crate::evaluate::tasks::{Excerpt, Settings};

    fn note(start: u32, duration: u32, pitch: u8) -> Note {
        Note { start, duration, pitch, velocity: 80 }
    }

    /// Eight bars of C major triads, of which the last four are hidden.
    fn case() -> Case {
        let triad = |bar: u32| [60, 64, 67].map(|pitch| note(16 * bar, 8, pitch));
        let roll = Roll::new(128, (0..8).flat_map(triad).collect());
        let melody = Roll::new(128, (0..8).map(|bar| note(16 * bar, 8, 67)).collect());
        Case::of(vec![Excerpt::of(roll, &melody)], &Settings::of(Task::Continue), None, 0).remove(0)
    }

    fn mean(sums: Sums, measure: Measure) -> Option<f64> {
        Sums::mean(&[sums], measure, 0).map(|estimate| estimate.value)
    }

    #[test]
    fn real_music_is_like_itself() {
        let case = case();
        let sums = Sums::of(Task::Continue, &case, &case.real());
        for measure in [Measure::Pitch, Measure::Duration, Measure::OnsetF1, Measure::RhythmF1] {
            assert_eq!((mean(sums, measure), sums.count(measure)), (Some(1.0), 4.0));
        }
        assert_eq!(
            [Measure::Notes, Measure::InChord, Measure::InKey].map(|m| mean(sums, m)),
            [Some(3.0), Some(1.0), Some(1.0)]
        );
        assert_eq!((mean(sums, Measure::SeamF1), sums.count(Measure::SeamF1)), (Some(1.0), 1.0));
    }

    #[test]
    fn new_notes_by_hand() {
        let case = case();
        // Bar 5 has two of three notes and a D sharp, shorter; the other three are silent.
        let new = vec![note(64, 8, 60), note(64, 8, 64), note(68, 2, 63)];
        let outcome = case.completed(&Roll::new(128, new));
        let sums = Sums::of(Task::Continue, &case, &outcome);
        let close = |measure, wanted: f64| {
            let got = mean(sums, measure).unwrap();
            assert!((got - wanted).abs() < 1e-12, "{measure:?}: {got} is not {wanted}");
        };
        close(Measure::Pitch, 2.0 / 3.0 / 4.0);
        close(Measure::Duration, 2.0 / 3.0 / 4.0);
        close(Measure::OnsetF1, 2.0 / 3.0 / 4.0);
        close(Measure::RhythmF1, 2.0 / 3.0 / 4.0);
        close(Measure::Notes, 0.75);
        close(Measure::InChord, 2.0 / 3.0);
        close(Measure::InKey, 2.0 / 3.0);
        close(Measure::SeamRegister, 191.0 / 3.0 - 187.0 / 3.0);
    }

    #[test]
    fn bars_that_are_not_judged_do_not_count() {
        let case = case();
        let outcome = Outcome { bars: vec![6], ..case.real() };
        let sums = Sums::of(Task::Continue, &case, &outcome);
        assert_eq!((sums.count(Measure::OnsetF1), sums.count(Measure::InKey)), (1.0, 3.0));
        assert_eq!(mean(sums, Measure::SeamF1), None);
    }
}
