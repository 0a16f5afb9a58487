//! The tasks: which part of a window is hidden.

use serde::Serialize;

use super::excerpt::{BARS, Excerpt, STEPS};
use crate::condition::Wish;
use crate::data::music::partial::{CellSet, PartialRoll};
use crate::data::music::roll::{Note, Roll, STEPS_PER_BEAT};
use crate::metrics::features::STEPS_PER_BAR;
use crate::rng::Philox;
use crate::sample::MELODY;
use crate::song;

/// Bars hidden by [`Task::Fill`].
const FILLED: u32 = 2;
/// Bars given by [`Task::Continue`].
const BEGUN: u32 = 4;
/// Beats hidden by [`Task::Beats`].
const BEATS: u32 = 9;

/// What has to be written. A window has eight bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Two bars, with given bars on both sides
    Fill,
    /// Nine beats that begin off the bar line
    Beats,
    /// Bars 5 to 8 after 1 to 4, and pieces of 32 bars after their first eight
    Continue,
    /// All but the melody
    Accompany,
    /// The melody to its accompaniment
    Melody,
    /// The whole window, starting from what is there
    Vary,
}

/// The hidden part of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Hidden {
    /// What is given, and the cells for new notes.
    pub partial: PartialRoll,
    /// The bars that are judged: those that are hidden as a whole.
    pub bars: Vec<u32>,
}

impl Task {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fill => "fill",
            Self::Beats => "beats",
            Self::Continue => "continue",
            Self::Accompany => "accompany",
            Self::Melody => "melody",
            Self::Vary => "vary",
        }
    }

    /// What it hides, in words.
    pub fn hides(self) -> &'static str {
        match self {
            Self::Fill => "2 of 8 bars hidden",
            Self::Beats => "9 beats hidden, from a beat off the bar line",
            Self::Continue => "the last 4 of 8 bars hidden",
            Self::Accompany => "all but the melody hidden",
            Self::Melody => "the melody hidden",
            Self::Vary => "8 bars varied",
        }
    }

    /// What the command of this task always asks for.
    pub fn wishes(self) -> Vec<Wish> {
        if self == Self::Melody { vec![MELODY] } else { Vec::new() }
    }

    /// What the command of this task makes of new notes.
    pub fn finished(self, new: Vec<Note>) -> Vec<Note> {
        if self == Self::Melody { song::monophonic(&new) } else { new }
    }

    /// Whether the border of a hidden part is a bar line.
    pub fn has_seams(self) -> bool {
        matches!(self, Self::Fill | Self::Continue)
    }

    /// The notes of an excerpt that belong to the part that is hidden: one of two voices, or all.
    pub fn voice(self, excerpt: &Excerpt) -> &Roll {
        match self {
            Self::Accompany => &excerpt.accompaniment,
            Self::Melody => &excerpt.melody,
            _ => &excerpt.roll,
        }
    }

    /// Hides the part of an excerpt. Its position is drawn, if the task leaves it open.
    pub fn hide(self, excerpt: &Excerpt, random: &mut Philox) -> Hidden {
        let all = CellSet::all(STEPS);
        match self {
            Self::Fill => {
                let first = random.between(1, (BARS - 1 - FILLED) as i32) as u32;
                span(&excerpt.roll, first * STEPS_PER_BAR, FILLED * STEPS_PER_BAR)
            }
            Self::Beats => {
                let per_bar = STEPS_PER_BAR / STEPS_PER_BEAT;
                let last = STEPS / STEPS_PER_BEAT - BEATS - per_bar;
                let beat = random.between(per_bar as i32 - 1, last as i32) as u32;
                let beat = if beat.is_multiple_of(per_bar) { beat + 1 } else { beat };
                span(&excerpt.roll, beat * STEPS_PER_BEAT, BEATS * STEPS_PER_BEAT)
            }
            Self::Continue => span(&excerpt.roll, BEGUN * STEPS_PER_BAR, (BARS - BEGUN) * STEPS_PER_BAR),
            Self::Accompany => whole(PartialRoll::new(excerpt.melody.clone(), &all)),
            Self::Melody => whole(PartialRoll::new(excerpt.accompaniment.clone(), &all)),
            Self::Vary => whole(PartialRoll::nothing(STEPS)),
        }
    }
}

/// Hides some steps.
fn span(roll: &Roll, start: u32, steps: u32) -> Hidden {
    let area = CellSet::rectangle(roll.steps(), 0..=127, start..start + steps);
    let bars = start.div_ceil(STEPS_PER_BAR)..(start + steps) / STEPS_PER_BAR;
    Hidden { partial: PartialRoll::without(roll, &area), bars: bars.collect() }
}

/// All bars are judged.
fn whole(partial: PartialRoll) -> Hidden {
    Hidden { partial, bars: (0..BARS).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;

    fn hidden(task: Task, seed: u64) -> (Excerpt, Hidden) {
        let song = corpus::compose(seed, 0);
        let excerpt = Excerpt::of(song.merged().window(64, STEPS), &song.melody.window(64, STEPS));
        let hidden = task.hide(&excerpt, &mut Philox::new(seed, 0));
        (excerpt, hidden)
    }

    #[test]
    fn bars_are_hidden_between_others() {
        let mut positions = std::collections::BTreeSet::new();
        for seed in 0..40 {
            let (excerpt, Hidden { partial, bars }) = hidden(Task::Fill, seed);
            assert!(bars.len() == 2 && bars[0] > 0 && bars[1] == bars[0] + 1 && bars[1] < 7, "{bars:?}");
            let inside = |start: u32| bars.contains(&(start / 16));
            let kept = excerpt.roll.notes().iter().filter(|note| !inside(note.start)).copied();
            assert_eq!(partial.given().notes(), kept.collect::<Vec<_>>());
            positions.insert(bars[0]);
        }
        assert_eq!(positions, (1..6).collect());
    }

    #[test]
    fn beats_begin_off_the_bar_line() {
        for seed in 0..40 {
            let (_, Hidden { partial, bars }) = hidden(Task::Beats, seed);
            let free: Vec<u32> = (0..STEPS).filter(|&step| partial.free().has(0, step)).collect();
            let begins_inside = free[0].is_multiple_of(4) && !free[0].is_multiple_of(16);
            assert!(free.len() == 36 && begins_inside && free[35] < STEPS, "{free:?}");
            assert!(bars.iter().all(|bar| free.contains(&(16 * bar)) && free.contains(&(16 * bar + 15))));
            assert!((1..=2).contains(&bars.len()));
        }
    }

    #[test]
    fn melody_and_accompaniment_are_the_whole() {
        let (excerpt, accompany) = hidden(Task::Accompany, 1);
        let (_, melody) = hidden(Task::Melody, 1);
        assert_eq!(accompany.partial.given(), &excerpt.melody);
        let parts = accompany.partial.given().notes().len() + melody.partial.given().notes().len();
        assert!(parts == excerpt.roll.notes().len() && !excerpt.melody.notes().is_empty());
        assert!(accompany.bars.len() == 8 && accompany.partial.free().len() < 128 * 128);
    }

    #[test]
    fn the_second_half_is_hidden_and_everything_varied() {
        let (_, end) = hidden(Task::Continue, 2);
        assert!(end.bars == [4, 5, 6, 7] && end.partial.given().notes().iter().all(|note| note.start < 64));
        assert!(hidden(Task::Vary, 2).1.partial.is_nothing());
    }
}
