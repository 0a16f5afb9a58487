//! Attributes that a user asks for, in the units of a musician.

use super::attributes::{Attribute, COUNT};
use super::{Controls, Pattern, Row, Scales, notes_wanted};
use crate::config::conditions::STEPS_PER_BAR;
use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::PITCHES;
use std::ops::RangeInclusive;

/// A wish for one property of the music.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wish {
    /// Notes per bar, as a multiple of the training set's (geometric) mean.
    Density(f32),
    /// Mean number of sounding pitches.
    Polyphony(f32),
    /// Mean duration in steps.
    Duration(f32),
    /// How alike the rhythms of consecutive bars are, 0 to 1.
    Groove(f32),
    /// Lowest and highest pitch, as they sound.
    Register(u8, u8),
    /// Mean number of new notes that begin together.
    Voices(f32),
    /// The onsets of every bar.
    Rhythm(Pattern),
}

impl Wish {
    /// The wish of an option and its value: density, polyphony, duration, groove, voices, register (`40-84`) or rhythm (`x..x..x.`).
    ///
    /// # Errors
    /// One sentence if there is no such option or its value is out of range.
    pub fn parse(option: &str, value: &str) -> Result<Self, String> {
        let number = |range: RangeInclusive<f32>| {
            let parsed = value.trim().parse().ok().filter(|number| range.contains(number));
            parsed
                .ok_or_else(|| format!("{option} is a number from {} to {}, not '{value}'", range.start(), range.end()))
        };
        match option {
            "density" => number(0.1..=10.0).map(Self::Density),
            "polyphony" => number(1.0..=12.0).map(Self::Polyphony),
            "duration" => number(1.0..=64.0).map(Self::Duration),
            "groove" => number(0.0..=1.0).map(Self::Groove),
            "voices" => number(1.0..=8.0).map(Self::Voices),
            "register" => register(value),
            "rhythm" => value.parse().map(Self::Rhythm),
            _ => Err(format!(
                "'{option}' is not one of density, polyphony, duration, groove, voices, register and rhythm"
            )),
        }
    }

    /// Replaces the row's number. The notes of its bars follow a wish for density, and what sounds in them one for polyphony.
    ///
    /// A register is transposed by the row's shift: set that first.
    pub fn apply(&self, row: &mut Row, scales: &Scales) {
        let before = row.attributes;
        let mut set = |attribute: Attribute, value: f32| row.attributes[attribute as usize] = value;
        match *self {
            Self::Density(factor) => {
                let density = scales.window.mean[Attribute::Density as usize] + factor.ln();
                set(Attribute::Density, density);
                let more = (density - before[Attribute::Density as usize]).exp();
                row.bars.iter_mut().for_each(|bar| bar[0] = (bar[0].exp_m1() * more).ln_1p());
            }
            Self::Polyphony(pitches) => {
                set(Attribute::Polyphony, pitches);
                let more = pitches / before[Attribute::Polyphony as usize].max(1.0);
                row.bars.iter_mut().for_each(|bar| bar[1] *= more);
            }
            Self::Duration(steps) => set(Attribute::Duration, steps.ln()),
            Self::Groove(groove) => set(Attribute::Groove, groove),
            Self::Register(lowest, highest) => {
                let shift = f32::from(row.shift);
                set(Attribute::Lowest, f32::from(lowest) + shift);
                set(Attribute::Highest, f32::from(highest) + shift);
            }
            Self::Rhythm(pattern) => row.rhythm = pattern.template(),
            Self::Voices(_) => {}
        }
    }

    /// Sets the control of the new notes beside what is given, of a sample with the conditions of `row`.
    pub fn control(&self, controls: &mut Controls, partial: Option<&PartialRoll>, row: &Row, scales: &Scales) {
        match *self {
            // Without given notes the attributes of the window say it.
            Self::Density(factor) => {
                controls.notes = partial.map(|partial| {
                    let mean = scales.window.mean[Attribute::Density as usize];
                    notes_wanted(partial, factor * mean.exp(), STEPS_PER_BAR as u32)
                });
            }
            Self::Register(lowest, highest) if partial.is_some() => {
                let shift = f32::from(row.shift);
                controls.lowest = Some(f32::from(lowest) + shift);
                controls.highest = Some(f32::from(highest) + shift);
            }
            Self::Voices(voices) => controls.voices = Some(voices),
            Self::Register(..) | Self::Polyphony(_) | Self::Duration(_) | Self::Groove(_) | Self::Rhythm(_) => {}
        }
    }

    /// The attributes of the window that the wish sets.
    pub fn sets(&self) -> [bool; COUNT] {
        let set: &[Attribute] = match self {
            Self::Density(_) => &[Attribute::Density],
            Self::Polyphony(_) => &[Attribute::Polyphony],
            Self::Duration(_) => &[Attribute::Duration],
            Self::Groove(_) => &[Attribute::Groove],
            Self::Register(..) => &[Attribute::Lowest, Attribute::Highest],
            Self::Rhythm(_) | Self::Voices(_) => &[],
        };
        Attribute::ALL.map(|attribute| set.contains(&attribute))
    }
}

/// A register `lowest-highest` of MIDI pitches.
fn register(value: &str) -> Result<Wish, String> {
    let parsed = value.split_once('-').and_then(|(lowest, highest)| {
        let (lowest, highest): (u8, u8) = (lowest.trim().parse().ok()?, highest.trim().parse().ok()?);
        (lowest < highest && usize::from(highest) < PITCHES).then_some(Wish::Register(lowest, highest))
    });
    parsed.ok_or_else(|| {
        format!(
            "register is the lowest and the highest MIDI pitch, 0 to 127, as in 40-84 (middle C is 60), not '{value}'"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::attributes::attributes;
    use crate::data::corpus;

    fn rows() -> [Row; 3] {
        [0, 1, 2].map(|index| Row::of(&corpus::compose(3, index).merged().window(0, 128), 0))
    }

    #[test]
    fn wishes_are_parsed() {
        assert_eq!(Wish::parse("density", "1.3"), Ok(Wish::Density(1.3)));
        assert_eq!(Wish::parse("groove", ".9"), Ok(Wish::Groove(0.9)));
        assert_eq!(Wish::parse("register", "40-84"), Ok(Wish::Register(40, 84)));
        assert!(matches!(Wish::parse("rhythm", "x..x..x."), Ok(Wish::Rhythm(_))));
        for (option, value) in [
            ("density", "0"),
            ("density", "nan"),
            ("groove", "1.1"),
            ("polyphony", "many"),
            ("register", "84-40"),
            ("register", "40"),
            ("register", "40-128"),
            ("rhythm", "x.."),
            ("loudness", "1"),
        ] {
            assert!(Wish::parse(option, value).is_err(), "{option} {value}");
        }
        assert_eq!(Wish::parse("groove", "2").unwrap_err(), "groove is a number from 0 to 1, not '2'");
    }

    #[test]
    fn density_is_relative_to_the_training_set() {
        let rows = rows();
        let scales = Scales::fit(&rows);
        let mut row = rows[0].clone();
        Wish::Density(1.3).apply(&mut row, &scales);
        let mean = rows.iter().map(|row| row.attributes[0]).sum::<f32>() / 3.0;
        assert!((row.attributes[0].exp() - 1.3 * mean.exp()).abs() < 1e-4);
        let notes = |row: &Row| row.bars.iter().map(|bar| bar[0].exp_m1()).sum::<f32>() / 8.0;
        assert!((notes(&row) - row.attributes[0].exp()).abs() < 1e-3, "the bars have as many notes as the window");
        assert!((scales.window.apply(row.attributes)[0] * scales.window.deviation[0] - 1.3f32.ln()).abs() < 1e-5);
    }

    #[test]
    fn a_register_is_moved_with_the_music() {
        let [mut row, ..] = rows();
        row.shift = -3;
        Wish::Register(40, 84).apply(&mut row, &Scales::fit(&rows()));
        assert_eq!((row.attributes[4], row.attributes[5]), (37.0, 81.0));
        let set = Wish::Register(40, 84).sets();
        assert_eq!(set.iter().filter(|set| **set).count(), 2);
    }

    #[test]
    fn a_wish_changes_nothing_else() {
        let rows = rows();
        let scales = Scales::fit(&rows);
        for wish in [Wish::Density(2.0), Wish::Polyphony(4.0), Wish::Duration(6.0), Wish::Groove(0.5)] {
            let mut row = rows[1].clone();
            wish.apply(&mut row, &scales);
            let changed: Vec<bool> = (0..COUNT).map(|i| row.attributes[i] != rows[1].attributes[i]).collect();
            assert_eq!(changed, wish.sets(), "{wish:?}");
            assert_eq!((&row.chords, row.rhythm), (&rows[1].chords, rows[1].rhythm));
        }
        assert_eq!(attributes(&corpus::compose(3, 0).merged().window(0, 128)), rows[0].attributes);
    }
}
