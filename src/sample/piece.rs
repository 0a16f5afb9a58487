//! A sample, and the names of its files.

use super::Metre;
use crate::condition::attributes::COUNT;
use crate::condition::{Attribute, Row};
use crate::data::music::chord::Chord;
use crate::data::music::key;
use crate::data::music::roll::{Note, Roll};
use crate::data::music::timing::Timing;
use std::collections::HashSet;

/// A sample.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Its number.
    pub number: u64,
    /// Its key, as its major and its relative minor.
    pub key: &'static str,
    /// Its notes.
    pub roll: Roll,
    /// The notes that are a melody which was written first, if one was.
    pub melody: Option<Roll>,
    /// What a flow with conditions was given for it.
    pub given: Option<Given>,
    /// When its notes sound.
    pub timing: Timing,
    /// How unlike songs it is, if the best were chosen ([`unlikeness`](super::likeness::unlikeness)).
    pub unlikeness: Option<f64>,
}

/// What a sample was to be, asked for or drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// The key, as that of the major scale.
    pub key: usize,
    /// The chord of each quarter, as it sounds.
    pub chords: Vec<Chord>,
    /// The chords of the beats of each bar, as they sound.
    pub bars: Vec<Vec<Chord>>,
    /// The [attributes](crate::condition::attributes), with the pitches as they sound.
    pub attributes: [f32; COUNT],
}

impl Given {
    /// Those of a row, which is in C and in columns, in the key and time signature of its sample.
    pub fn of(row: &Row, metre: &Metre) -> Self {
        let shift = -i32::from(row.shift);
        let in_columns: Vec<Chord> = row.chords.iter().map(|chord| chord.transposed(shift)).collect();
        let bars = metre.beats(&in_columns).chunks(metre.beats_per_bar()).map(<[Chord]>::to_vec).collect();
        let mut attributes = row.attributes;
        for pitch in [Attribute::Lowest, Attribute::Highest] {
            attributes[pitch as usize] += shift as f32;
        }
        Self {
            key: shift.rem_euclid(key::COUNT as i32) as usize,
            chords: metre.quarters(&in_columns),
            bars,
            attributes,
        }
    }

    /// The chords of each bar as a [`Progression`](crate::data::music::chord::Progression) is written: `C`, `F G`, `F . . G`.
    pub fn names(&self) -> Vec<String> {
        self.bars.iter().map(|bar| named(bar, self.key)).collect()
    }
}

/// The chords of a bar: as few as divide it evenly.
fn named(bar: &[Chord], key: usize) -> String {
    let lasts = |span: &usize| bar.chunks(*span).all(|beats| beats.iter().all(|chord| chord == &beats[0]));
    let span = (1..=bar.len()).rev().filter(|span| bar.len().is_multiple_of(*span)).find(lasts).unwrap_or(1);
    let parts: Vec<Chord> = bar.iter().copied().step_by(span).collect();
    let name = |(i, chord): (usize, &Chord)| match i.checked_sub(1) {
        Some(before) if parts[before] == *chord => ".".to_owned(),
        _ => chord.name_in(key),
    };
    parts.iter().enumerate().map(name).collect::<Vec<_>>().join(" ")
}

impl Piece {
    /// A sample in the key estimated from its notes.
    pub fn new(number: u64, roll: Roll) -> Self {
        Self {
            number,
            key: key::describe(roll.notes()),
            roll,
            melody: None,
            given: None,
            timing: Timing::default(),
            unlikeness: None,
        }
    }

    /// Its tracks: the melody, if it has one that was written first, and all other notes.
    pub fn tracks(&self) -> Vec<(&'static str, Roll)> {
        let onset = |note: &Note| (note.start, note.pitch);
        let melody: HashSet<(u32, u8)> = self.melody.iter().flat_map(Roll::notes).map(onset).collect();
        let (leading, others) = self.roll.notes().iter().partition(|note| melody.contains(&onset(note)));
        let track = |notes: Vec<Note>| self.roll.with_notes(self.roll.steps(), notes);
        match self.melody {
            Some(_) => vec![("MELODY", track(leading)), ("PIANO", track(others))],
            None => vec![("PIANO", self.roll.clone())],
        }
    }

    /// The name of its file with an extension.
    pub fn file(&self, extension: &str) -> String {
        file(self.number, extension)
    }
}

/// The name of a sample's file with an extension.
pub(super) fn file(number: u64, extension: &str) -> String {
    format!("sample-{number:04}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;
    use crate::data::music::chord::Progression;
    use crate::data::music::roll::TimeSignature;

    #[test]
    fn a_melody_is_a_track_of_its_own() {
        let roll = corpus::compose(1, 0).merged().window(0, 128);
        let piece = Piece::new(0, roll.clone());
        assert_eq!(piece.tracks(), [("PIANO", roll.clone())]);
        let melody = roll.with_notes(128, roll.notes()[3..5].to_vec());
        let tracks = Piece { melody: Some(melody.clone()), ..piece }.tracks();
        assert_eq!((tracks[0].0, tracks[0].1.notes()), ("MELODY", melody.notes()));
        assert_eq!((tracks[1].0, tracks[1].1.notes().len()), ("PIANO", roll.notes().len() - 2));
    }

    #[test]
    fn what_was_given_is_told_as_it_sounds_and_can_be_asked_for() {
        let text = "Am | F | C G | F . . G";
        let chords = Progression::parse(text, 4).unwrap().beats(8).unwrap();
        let row = Row::of(&corpus::compose(1, 0).merged().window(0, 128), 0).with_chords(&chords, Some(2));
        let given = Given::of(&row, &Metre::new(TimeSignature::COMMON).unwrap());
        assert_eq!((given.key, &given.chords), (2, &chords));
        assert_eq!(given.attributes[Attribute::Lowest as usize], row.attributes[Attribute::Lowest as usize] + 2.0);
        assert_eq!(given.names()[..4], ["Am", "F", "C G", "F . . G"]);
        assert_eq!(Progression::parse(&given.names().join(" | "), 4).unwrap().beats(8).unwrap(), chords);
    }
}
