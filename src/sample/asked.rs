//! What a user asks of a conditioned flow.

use super::conditions::ConditionTable;
use super::shared_noise::Form;
use crate::condition::{Attribute, Pattern, Row, Wish};
use crate::data::music::chord::Chord;
use crate::data::music::to_c;

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
    /// The conditions of sample `number` of a seed.
    pub fn row(&self, table: &ConditionTable, seed: u64, number: u64) -> Row {
        let mut row = table.draw(seed, number);
        if let Some(chords) = &self.chords {
            row = row.with_chords(chords, self.key);
        } else if let Some(key) = self.key {
            row.shift = to_c::shift_of(key) as i8;
        }
        if let Some(form) = &self.form {
            repeat(&mut row, form, self.chords.is_none());
        }
        self.wishes.iter().for_each(|wish| wish.apply(&mut row, &table.scales));
        row
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
