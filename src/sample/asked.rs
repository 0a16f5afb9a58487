//! What a user asks of a conditioned flow.

use super::conditions::ConditionTable;
use super::shared_noise::Form;
use crate::condition::{Attribute, Pattern, Row, Wish};
use crate::data::music::chord::Chord;
use crate::data::music::partial::{CellSet, PartialRoll};
use crate::data::music::roll::Roll;
use crate::data::music::to_c;
use std::ops::RangeInclusive;

/// What is asked of all samples. What is left open is drawn from conditions of training windows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// The key, as that of the major scale.
    pub key: Option<usize>,
    /// The chord of each beat.
    pub chords: Option<Vec<Chord>>,
    /// Attributes of the music.
    pub wishes: Vec<Wish>,
    /// Which parts of the music are alike, in their chords too unless these are asked for.
    pub form: Option<Form>,
}

impl Asked {
    /// The conditions of sample `number` of a seed. Music that is `given` determines the key unless it is asked for; if it `is_whole`,
    /// all conditions are its own.
    pub fn row(&self, table: &ConditionTable, (seed, number): (u64, u64), given: Option<&Roll>, is_whole: bool) -> Row {
        let shift = || self.key.map(to_c::shift_of).or_else(|| given.map(|given| to_c::shift(given, given)));
        let mut row = match given.filter(|_| is_whole) {
            Some(given) => {
                let shift = shift().unwrap_or(0);
                Row::of(&given.clone().shifted(shift), shift)
            }
            None => table.draw(seed, number),
        };
        if let Some(chords) = &self.chords {
            row = row.with_chords(chords, self.key);
        } else if let Some(shift) = shift() {
            row.shift = shift as i8;
        }
        if let Some(form) = &self.form {
            repeat(&mut row, form, self.chords.is_none());
        }
        self.wishes.iter().for_each(|wish| wish.apply(&mut row, &table.scales));
        row
    }

    /// The register asked for, as it sounds.
    pub fn register(&self) -> Option<RangeInclusive<u8>> {
        self.wishes.iter().find_map(|wish| match wish {
            Wish::Register(lowest, highest) => Some(*lowest..=*highest),
            _ => None,
        })
    }

    /// Given music with new notes in the register asked for only. With nothing given the register is a wish among others.
    pub fn within(&self, partial: &PartialRoll) -> PartialRoll {
        match self.register().filter(|_| !partial.is_nothing()) {
            Some(pitches) => {
                let inside = CellSet::rectangle(partial.steps(), pitches, 0..partial.steps());
                PartialRoll::new(partial.given().clone(), &(partial.free() & &inside))
            }
            None => partial.clone(),
        }
    }

    /// The rhythm asked for.
    pub fn rhythm(&self) -> Option<&Pattern> {
        self.wishes.iter().find_map(|wish| if let Wish::Rhythm(rhythm) = wish { Some(rhythm) } else { None })
    }

    /// The attributes asked for.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute> {
        let set = |attribute: &Attribute| self.wishes.iter().any(|wish| wish.sets()[*attribute as usize]);
        Attribute::ALL.into_iter().filter(set)
    }
}

/// Gives the bars that a form makes alike the same attributes and, `with_chords`, the same chords.
fn repeat(row: &mut Row, form: &Form, with_chords: bool) {
    let bars = row.bars.len();
    let beats = row.chords.len() / bars.max(1);
    for (bar, model) in form.models(bars).unwrap_or_default().into_iter().enumerate() {
        row.bars[bar] = row.bars[model];
        if with_chords {
            row.chords.copy_within(model * beats..(model + 1) * beats, bar * beats);
        }
    }
}
