//! Lower baselines: music from elsewhere in place of the hidden part.

use super::case::{Case, KEY, Outcome};
use super::excerpt::Excerpt;
use super::task::Task;
use crate::data::dataset::Dataset;
use crate::data::music::roll::{Note, Roll};
use crate::metrics::bars::bar;
use crate::metrics::features::STEPS_PER_BAR;
use crate::rng::Philox;

/// Added to [`KEY`] for the choice of another song.
const OTHER: u64 = 1 << 32;

/// What is put in the place of the hidden part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Substitute {
    /// The same part of a window of a random other song.
    AnotherSong,
    /// The last so many given bars before the hidden ones, repeated.
    LastBars(u32),
    /// The same part of the song so many bars before each hidden bar, which may be hidden too. Bars before the song's beginning
    /// are not judged.
    Earlier(u32),
    /// The passage of the song that the hidden part most likely repeats. Windows without one are not judged.
    Passage,
}

impl Substitute {
    /// The substitutes for a task, and their names.
    pub fn of(task: Task) -> Vec<(Self, &'static str)> {
        let another = (Self::AnotherSong, "another song");
        let one = (Self::LastBars(1), "the bar before");
        let [four, eight] =
            [(Self::Earlier(4), "the song 4 bars before"), (Self::Earlier(8), "the song 8 bars before")];
        let passage = (Self::Passage, "the passage most alike");
        match task {
            Task::Fill => vec![another, one, (Self::LastBars(2), "the 2 bars before"), four, eight, passage],
            Task::Beats => vec![another, four, eight, passage],
            Task::Continue => vec![another, one, (Self::LastBars(4), "the 4 bars before"), eight, passage],
            _ => vec![another, four, eight],
        }
    }

    /// Whether each window is judged as a whole.
    pub fn is_whole(self) -> bool {
        !matches!(self, Self::Earlier(_) | Self::Passage)
    }

    /// The windows completed with this substitute; `None` if there is only one song to take another from.
    pub fn outcomes(self, task: Task, data: &Dataset, cases: &[Case], seed: u64) -> Option<Vec<Outcome>> {
        let outcome = |(index, case): (usize, &Case)| {
            Some(match self {
                Self::AnotherSong => case.completed(task.voice(another(index, cases, seed)?)),
                Self::Passage => match &case.prompt.passage {
                    Some(passage) => case.outcome(passage.clone()),
                    None => Outcome { bars: Vec::new(), ..case.real() },
                },
                Self::LastBars(period) => case.completed(&repeated(case, period)),
                Self::Earlier(bars) => {
                    let known = bars.saturating_sub(case.excerpt.window.start / STEPS_PER_BAR);
                    let whole = case.completed(task.voice(&case.excerpt.earlier(data, bars)));
                    Outcome { bars: whole.bars.into_iter().filter(|&bar| bar >= known).collect(), ..whole }
                }
            })
        };
        cases.iter().enumerate().map(outcome).collect()
    }
}

/// A random excerpt of another song.
fn another(index: usize, cases: &[Case], seed: u64) -> Option<&Excerpt> {
    let others: Vec<&Case> = cases.iter().filter(|other| !other.is_of_song_of(&cases[index])).collect();
    let which = Philox::new(seed ^ KEY, OTHER + index as u64).below(others.len().max(1));
    others.get(which).map(|case| &case.excerpt)
}

/// The bars before the first hidden one repeated over the hidden ones. If fewer than `period` are given, the last one alone.
fn repeated(case: &Case, period: u32) -> Roll {
    let Some(&first) = case.bars.first() else { return case.excerpt.roll.clone() };
    let source = |number: u32| match (first + (number - first) % period).checked_sub(period) {
        Some(source) => source,
        None => first.saturating_sub(1),
    };
    let copied = |&number: &u32| {
        let notes = bar(case.excerpt.roll.notes(), source(number));
        notes.into_iter().map(move |note| Note { start: note.start + number * STEPS_PER_BAR, ..note })
    };
    Roll::new(case.excerpt.roll.steps(), case.bars.iter().flat_map(copied).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::tasks::Settings;

    fn note(start: u32, pitch: u8) -> Note {
        Note { start, duration: 2, pitch, velocity: 80 }
    }

    /// A window whose bar k has the pitch 60 + k, of which some bars are hidden.
    fn case(task: Task, seed: u64) -> Case {
        let roll = Roll::new(128, (0..8).map(|bar| note(16 * bar, 60 + bar as u8)).collect());
        Case::of(vec![Excerpt::of(roll.clone(), &roll)], &Settings::of(task), None, seed).remove(0)
    }

    fn pitches(roll: &Roll) -> Vec<u8> {
        roll.notes().iter().map(|note| note.pitch - 60).collect()
    }

    #[test]
    fn given_bars_are_repeated() {
        let end = case(Task::Continue, 0);
        let completed = |case: &Case, period| pitches(&case.completed(&repeated(case, period)).roll);
        assert_eq!(completed(&end, 1), [0, 1, 2, 3, 3, 3, 3, 3]);
        assert_eq!(completed(&end, 4), [0, 1, 2, 3, 0, 1, 2, 3]);
        let early = (0..50).map(|seed| case(Task::Fill, seed)).find(|case| case.bars[0] == 1).unwrap();
        assert_eq!(completed(&early, 2), [0, 0, 0, 3, 4, 5, 6, 7]);
        let late = (0..50).map(|seed| case(Task::Fill, seed)).find(|case| case.bars[0] == 5).unwrap();
        assert_eq!(completed(&late, 2), [0, 1, 2, 3, 4, 3, 4, 7]);
    }

    #[test]
    fn another_song_is_none_of_its_windows() {
        let mut cases: Vec<Case> = (0..6).map(|seed| case(Task::Fill, seed)).collect();
        assert!(another(0, &cases, 0).is_none());
        cases.iter_mut().enumerate().for_each(|(index, case)| case.excerpt.window.song = index / 2);
        for (index, case) in cases.iter().enumerate() {
            assert_ne!(another(index, &cases, 5).unwrap().window.song, case.excerpt.window.song);
        }
    }
}
