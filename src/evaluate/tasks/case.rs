//! A window with its hidden part, and what was written there.

use std::collections::HashSet;

use super::excerpt::Excerpt;
use super::prompt::{Prompt, asked};
use super::settings::{Attributes, Settings};
use super::task::{Hidden, Task};
use crate::condition::{Attribute, Controls, Row, Scales};
use crate::data::music::roll::{Note, Roll};
use crate::metrics::features::STEPS_PER_BAR;
use crate::rng::Philox;

/// Key of the draws, combined with the seed.
pub const KEY: u64 = 0x7461_736b;

/// A part of a window to be written.
#[derive(Debug, Clone)]
pub struct Case {
    /// The window.
    pub excerpt: Excerpt,
    /// The conditions that the flow is told, as far as the settings say.
    pub row: Row,
    /// What the flow is given.
    pub prompt: Prompt,
    /// The bars that are judged.
    pub bars: Vec<u32>,
}

/// What was written: the whole window.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Given and new notes.
    pub roll: Roll,
    /// The bars that are judged.
    pub bars: Vec<u32>,
}

impl Case {
    /// The cases of a seed, one for each excerpt. `scales` are those of a flow with conditions.
    pub fn of(excerpts: Vec<Excerpt>, settings: &Settings, scales: Option<&Scales>, seed: u64) -> Vec<Self> {
        let case = |(index, excerpt): (usize, &Excerpt)| {
            let mut random = Philox::new(seed ^ KEY, index as u64);
            let Hidden { partial, bars } = settings.task.hide(excerpt, &mut random);
            let row = match settings.attributes {
                Attributes::Asked => {
                    let other = &excerpts[random.below(excerpts.len())];
                    like_another(excerpt, other, settings.task, &mut random)
                }
                _ => excerpt.row.clone(),
            };
            let original = (settings.task == Task::Vary).then(|| excerpt.roll.clone());
            let asked = asked(&row, settings, scales);
            let prompt = Prompt { partial, asked, original, texture: None, context: excerpt.context, passage: None };
            Self { excerpt: excerpt.clone(), row, prompt, bars }
        };
        excerpts.iter().enumerate().map(case).collect()
    }

    /// The real music.
    pub fn real(&self) -> Outcome {
        self.outcome(self.excerpt.roll.clone())
    }

    /// A window that is judged in all hidden bars.
    pub fn outcome(&self, roll: Roll) -> Outcome {
        Outcome { roll, bars: self.bars.clone() }
    }

    /// What the command of a task makes of a window that a flow wrote.
    pub fn finished(&self, task: Task, roll: &Roll) -> Outcome {
        let new = task.finished(self.new_notes(roll));
        let notes = self.prompt.partial.given().notes().iter().copied().chain(new).collect();
        self.outcome(roll.with_notes(roll.steps(), notes))
    }

    /// The notes of a roll that are not given.
    pub fn new_notes(&self, roll: &Roll) -> Vec<Note> {
        let onset = |note: &Note| (note.start, note.pitch);
        let given: HashSet<(u32, u8)> = self.prompt.partial.given().notes().iter().map(onset).collect();
        roll.notes().iter().filter(|note| !given.contains(&onset(note))).copied().collect()
    }

    /// Whether two cases are of one song.
    pub fn is_of_song_of(&self, other: &Self) -> bool {
        self.excerpt.window.song == other.excerpt.window.song
    }

    /// The window completed with notes of another roll.
    pub fn completed(&self, roll: &Roll) -> Outcome {
        self.outcome(self.prompt.partial.completed(roll))
    }
}

/// The conditions of an excerpt with the attributes of another, and the register of the part of it that the task hides.
fn like_another(excerpt: &Excerpt, other: &Excerpt, task: Task, random: &mut Philox) -> Row {
    let mut row = excerpt.row.crossed(&other.row);
    let hidden = task.hide(other, random).partial.new_notes(&other.roll);
    let register = Controls::of(&other.roll.with_notes(other.roll.steps(), hidden), STEPS_PER_BAR);
    for (attribute, pitch) in [(Attribute::Lowest, register.lowest), (Attribute::Highest, register.highest)] {
        row.attributes[attribute as usize] = pitch.unwrap_or(row.attributes[attribute as usize]);
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;

    fn cases(settings: Settings, seed: u64) -> Vec<Case> {
        let excerpt = |index| {
            let song = corpus::compose(9, index);
            Excerpt::of(song.merged().window(0, 128), &song.melody.window(0, 128))
        };
        Case::of((0..8).map(excerpt).collect(), &settings, None, seed)
    }

    #[test]
    fn new_notes_are_those_that_are_not_given() {
        let cases = cases(Settings::of(Task::Fill), 0);
        let case = &cases[0];
        let (outcome, hidden) = (case.completed(&cases[1].excerpt.roll), case.new_notes(&case.excerpt.roll));
        assert!(hidden.iter().all(|note| case.bars.contains(&(note.start / 16))) && !hidden.is_empty());
        assert_eq!(
            case.new_notes(&outcome.roll).len() + case.prompt.partial.given().notes().len(),
            outcome.roll.notes().len()
        );
        assert_eq!(case.real().roll.notes().len(), hidden.len() + case.prompt.partial.given().notes().len());
    }

    #[test]
    fn a_seed_gives_the_same_cases() {
        let first = |seed| cases(Settings::of(Task::Fill), seed).iter().map(|case| case.bars[0]).collect::<Vec<_>>();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }

    #[test]
    fn attributes_of_another_window_are_asked_for() {
        let own = cases(Settings::of(Task::Accompany), 0);
        assert!(own.iter().all(|case| case.row == case.excerpt.row));
        let other = cases(Settings { attributes: Attributes::Asked, ..Settings::of(Task::Accompany) }, 0);
        assert!(other.iter().any(|case| case.row.attributes != case.excerpt.row.attributes));
        assert!(other.iter().all(|case| case.row.chords == case.excerpt.row.chords));
    }
}
