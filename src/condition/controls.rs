//! Controls: numbers that describe the new notes alone, apart from those that are given.
//!
//! The attributes of a window describe given and new notes together. Where most of a window is given they say little of the rest, and
//! for a rest that is one voice they say the wrong thing. Density per bar and voices are the controls that composers were
//! given over masked bars by Malandro 2023 (Composer's Assistant, arXiv 2301.12525).

use super::Patches;
use crate::config::conditions::CONTROLS;
use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::Roll;
use crate::rng::Philox;

/// Probabilities that all controls of a window are hidden, of which notes are given or not, and that each of the others is.
const HIDE_ALL: [f64; 2] = [0.5, 0.75];
const HIDE: f64 = 0.4;

/// What is asked of the new notes of a window; `None` is hidden.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Controls {
    /// Number of notes that begin in each bar.
    pub notes: Option<Vec<f32>>,
    /// Lowest pitch.
    pub lowest: Option<f32>,
    /// Highest pitch.
    pub highest: Option<f32>,
    /// Mean number of notes that begin together: 1 for a voice that sings alone.
    pub voices: Option<f32>,
}

impl Controls {
    /// All controls of a roll of new notes.
    ///
    /// # Panics
    /// If `steps_per_bar` is 0.
    pub fn of(new: &Roll, steps_per_bar: u32) -> Self {
        let notes = new.notes();
        let bar = |bar: u32| notes.iter().filter(|note| note.start / steps_per_bar == bar).count() as f32;
        let onsets = notes.chunk_by(|a, b| a.start == b.start).count();
        let pitches = || notes.iter().map(|note| f32::from(note.pitch));
        Self {
            notes: Some((0..new.steps().div_ceil(steps_per_bar)).map(bar).collect()),
            lowest: pitches().min_by(f32::total_cmp),
            highest: pitches().max_by(f32::total_cmp),
            voices: (onsets > 0).then(|| notes.len() as f32 / onsets as f32),
        }
    }

    /// As they are shown in training, of which `is_alone` says that nothing is given. It uses the same number of draws whatever it shows.
    pub fn drawn(self, random: &mut Philox, is_alone: bool) -> Self {
        let all = !random.chance(HIDE_ALL[usize::from(is_alone)]);
        let mut shows = || !random.chance(HIDE) && all;
        Self {
            notes: self.notes.filter(|_| shows()),
            lowest: self.lowest.filter(|_| shows()),
            highest: self.highest.filter(|_| shows()),
            voices: self.voices.filter(|_| shows()),
        }
    }

    /// Whether nothing is asked.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Channels of each latent position, `[rows, columns, 8]`, the same in all rows: each control, about normalised, and after all of
    /// them 1 for each that is shown. Hidden ones are 0.
    pub fn picture(&self, patches: &Patches) -> Vec<f32> {
        let column = |column: usize| {
            let values = [
                self.notes.as_ref().map(|notes| (notes[column].ln_1p() - 2.2) / 0.8),
                self.lowest.map(|pitch| (pitch - 50.0) / 12.0),
                self.highest.map(|pitch| (pitch - 74.0) / 12.0),
                self.voices.map(|voices| (voices.ln() - 0.3) / 0.3),
            ];
            let shown = values.map(|value| f32::from(u8::from(value.is_some())));
            let values = values.map(Option::unwrap_or_default);
            let mut channels = [0.0; 2 * CONTROLS];
            channels[..CONTROLS].copy_from_slice(&values);
            channels[CONTROLS..].copy_from_slice(&shown);
            channels
        };
        (0..patches.columns).flat_map(column).collect::<Vec<f32>>().repeat(patches.rows)
    }
}

/// Notes in each bar of `steps` steps, so that given and new notes together are `notes` per bar. Of a bar of which a part is free, new and
/// given notes are counted there. Bars without free cells have no new notes.
pub fn notes_wanted(partial: &PartialRoll, notes: f32, steps: u32) -> Vec<f32> {
    let is_free = |step: u32| (0..=127).any(|pitch| partial.free().has(pitch, step));
    let bar = |bar: u32| {
        let free: Vec<u32> = (bar * steps..(bar + 1) * steps).filter(|&step| is_free(step)).collect();
        let given = partial.given().notes().iter().filter(|note| free.binary_search(&note.start).is_ok()).count();
        (notes * free.len() as f32 / steps as f32 - given as f32).max(0.0)
    };
    (0..partial.steps().div_ceil(steps)).map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::RowOrder;
    use crate::data::music::partial::CellSet;
    use crate::data::music::roll::Note;

    const PATCHES: Patches =
        Patches { lowest: 16, rows: 24, pitches: 4, columns: 8, steps: 16, order: RowOrder::HighFirst };

    fn roll(notes: &[(u32, u8)]) -> Roll {
        Roll::new(128, notes.iter().map(|&(start, pitch)| Note { start, duration: 4, pitch, velocity: 80 }).collect())
    }

    #[test]
    fn controls_by_hand() {
        let controls = Controls::of(&roll(&[(0, 60), (0, 64), (8, 62), (16, 67), (24, 65)]), 16);
        assert_eq!(controls.notes.unwrap()[..3], [3.0, 2.0, 0.0]);
        assert_eq!((controls.lowest, controls.highest, controls.voices), (Some(60.0), Some(67.0), Some(1.25)));
        let silence = Controls::of(&roll(&[]), 16);
        assert_eq!(silence, Controls { notes: Some(vec![0.0; 8]), ..Controls::default() });
    }

    #[test]
    fn hidden_controls_are_zeros() {
        let controls = Controls { notes: Some((0..8).map(|bar| bar as f32).collect()), ..Controls::default() };
        let picture = controls.picture(&PATCHES);
        assert_eq!(picture.len(), 24 * 8 * 8);
        assert_eq!(picture[..64], picture[64 * 23..]);
        assert_eq!(picture[8..16], [(2f32.ln() - 2.2) / 0.8, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        assert!(Controls::default().picture(&PATCHES).iter().all(|&value| value == 0.0));
    }

    #[test]
    fn controls_are_hidden_as_often_as_said() {
        let all = Controls::of(&roll(&[(0, 60), (0, 64), (8, 62), (16, 67)]), 16);
        for (is_alone, share) in [(false, 0.5 * 0.6), (true, 0.25 * 0.6)] {
            let draws: Vec<Controls> = (0..4000).map(|i| all.clone().drawn(&mut Philox::new(3, i), is_alone)).collect();
            for shown in [|c: &Controls| c.notes.is_some(), |c: &Controls| c.voices.is_some()] {
                let got = draws.iter().filter(|controls| shown(controls)).count() as f64 / 4000.0;
                assert!((got - share).abs() < 0.03, "{got} is not {share}");
            }
        }
    }

    #[test]
    fn given_notes_count_towards_the_density_of_a_bar() {
        let all = CellSet::all(128);
        let partial = PartialRoll::new(roll(&[(0, 60), (4, 62), (16, 60)]), &all);
        assert_eq!(notes_wanted(&partial, 10.0, 16)[..3], [8.0, 9.0, 10.0]);
        let half = PartialRoll::new(roll(&[(0, 60), (12, 62)]), &CellSet::rectangle(128, 0..=127, 8..16));
        assert_eq!(notes_wanted(&half, 10.0, 16), [4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
