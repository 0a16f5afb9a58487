//! The passage of a song that stands where a part would stand: its surroundings are most like those of the part.
//!
//! Songs repeat themselves: a verse returns, a chorus too, often in another key. So the music that belongs into a part of a song is most
//! often found elsewhere in it.

use std::ops::Range;

use super::harmony::Harmony;
use super::windows::WINDOW;
use crate::data::music::chord::Chord;
use crate::data::music::columns::COLUMN;
use crate::data::music::partial::{CellSet, PartialRoll};
use crate::data::music::roll::{Note, PITCHES, Roll};

/// Weight of the likeness of a column, for each column of distance from the part.
const DECAY: f64 = 0.7;
/// Semitones by which a passage is transposed.
const SHIFTS: [i32; 12] = [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6];
/// How much more alike a passage in another key has to be.
const OTHER_KEY: f64 = 0.1;
/// Least likeness. Real music of other songs has about .1.
const LEAST: f64 = 0.3;

/// A song as far as it is known, in columns.
#[derive(Debug, Clone)]
pub struct Known<'a> {
    columns: Vec<Option<KnownColumn>>,
    /// The chords of all columns, known or not; `None` if a generator is told none.
    harmony: Option<&'a Harmony>,
}

/// A column of which all notes are known.
#[derive(Debug, Clone)]
struct KnownColumn {
    /// The onsets of all notes.
    onsets: Vec<(u32, u8)>,
    /// The notes of the voice that is written.
    voice: Vec<Note>,
}

impl<'a> Known<'a> {
    /// A song's notes, those of the voice that is written, and the chords that a generator is told. The notes are complete in the columns that
    /// `is_known` accepts.
    pub fn new(song: &Roll, voice: &Roll, harmony: Option<&'a Harmony>, is_known: impl Fn(usize) -> bool) -> Self {
        let notes = |roll: &Roll, column| roll.window(column as u32 * COLUMN, COLUMN).notes().to_vec();
        let known = |column| KnownColumn {
            onsets: notes(song, column).iter().map(|note| (note.start, note.pitch)).collect(),
            voice: notes(voice, column),
        };
        let columns = 0..song.steps().div_ceil(COLUMN) as usize;
        Self { columns: columns.map(|column| is_known(column).then(|| known(column))).collect(), harmony }
    }

    /// The music of a window that begins at column `start`, with the notes of the passage in the free cells of its columns `written`.
    /// `None` if no passage is enough alike.
    pub fn passage(&self, window: &PartialRoll, start: usize, written: Range<usize>) -> Option<Roll> {
        let surroundings = Surroundings::of(window, &written);
        let mut best: Option<(f64, i64, i32)> = None;
        let ends = -(written.start as i64)..=self.columns.len() as i64 - written.end as i64;
        for other in ends.filter(|&other| other != start as i64 && self.has_voice(other, &written)) {
            for shift in SHIFTS {
                let most = best.map_or(LEAST, |(most, ..)| most);
                let other_key = if shift == 0 { 0.0 } else { OTHER_KEY };
                let same_chords = self.agreement([start as i64, other], &written, shift);
                // No surroundings are alike by more than 1.
                if same_chords - other_key < most {
                    continue;
                }
                let likeness = same_chords * surroundings.likeness(|column| self.column(other, column), shift);
                if likeness - other_key >= most {
                    best = Some((likeness - other_key, other, shift));
                }
            }
        }
        let (_, other, shift) = best?;
        let moved = |column: usize| {
            let notes = self.column(other, column).map_or(&[][..], |known| &known.voice);
            notes.iter().map(move |note| Note { start: note.start + column as u32 * COLUMN, ..*note })
        };
        let notes = written.flat_map(moved).collect();
        Some(window.completed(&Roll::new(window.steps(), notes).shifted(shift)))
    }

    /// How alike the chords of a part in two windows are: mean F1 of their tones on each beat; 1 if none are told.
    fn agreement(&self, starts: [i64; 2], written: &Range<usize>, shift: i32) -> f64 {
        let Some(harmony) = self.harmony else { return 1.0 };
        let chords = |start: i64| {
            let column =
                |column: usize| usize::try_from(start + column as i64).map_or(Vec::new(), |at| harmony.column(at));
            written.clone().flat_map(column).collect::<Vec<Chord>>()
        };
        let [told, there] = starts.map(chords);
        let f1 = |(told, there): (&Chord, Chord)| {
            let [told, there] = [told.tones(), there.transposed(shift).tones()];
            let all = told.count_ones() + there.count_ones();
            if all == 0 { 1.0 } else { 2.0 * f64::from((told & there).count_ones()) / f64::from(all) }
        };
        let there = there.into_iter();
        told.iter().zip(there).map(f1).sum::<f64>() / told.len().max(1) as f64
    }

    /// Column `column` of the window that begins at column `start`.
    fn column(&self, start: i64, column: usize) -> Option<&KnownColumn> {
        self.columns.get(usize::try_from(start + column as i64).ok()?)?.as_ref()
    }

    /// Whether all columns of a part are known, and not silent.
    fn has_voice(&self, start: i64, written: &Range<usize>) -> bool {
        let known = || written.clone().map(|column| self.column(start, column));
        known().all(|column| column.is_some()) && known().flatten().any(|column| !column.voice.is_empty())
    }
}

/// What is given in the columns of a window.
struct Surroundings(Vec<GivenColumn>);

/// A column in which notes are given.
struct GivenColumn {
    number: usize,
    onsets: CellSet,
    free: CellSet,
    weight: f64,
}

impl Surroundings {
    fn of(window: &PartialRoll, written: &Range<usize>) -> Self {
        let column = |number: usize| {
            let start = number as u32 * COLUMN;
            let distance = written.start.saturating_sub(number).max((number + 1).saturating_sub(written.end));
            let given = window.given().window(start, COLUMN);
            GivenColumn {
                number,
                onsets: CellSet::of_onsets(&given),
                free: window.free().window(start, COLUMN),
                weight: DECAY.powi(distance as i32),
            }
        };
        Self((0..WINDOW).map(column).filter(|column| !column.onsets.is_empty()).collect())
    }

    /// The weighted mean F1 of the onsets in given cells of the columns; 0 without given notes.
    fn likeness<'a>(&self, column: impl Fn(usize) -> Option<&'a KnownColumn>, shift: i32) -> f64 {
        let of_column =
            |given: &GivenColumn| column(given.number).map_or(0.0, |known| given.weight * given.f1(known, shift));
        let weight: f64 = self.0.iter().map(|given| given.weight).sum();
        self.0.iter().map(of_column).sum::<f64>() / weight.max(f64::MIN_POSITIVE)
    }
}

impl GivenColumn {
    fn f1(&self, known: &KnownColumn, shift: i32) -> f64 {
        let moved = |&(step, pitch): &(u32, u8)| {
            let pitch = pitch.checked_add_signed(shift as i8).filter(|&pitch| usize::from(pitch) < PITCHES)?;
            (!self.free.has(pitch, step)).then_some((step, pitch))
        };
        let onsets: Vec<(u32, u8)> = known.onsets.iter().filter_map(moved).collect();
        let common = onsets.iter().filter(|&&(step, pitch)| self.onsets.has(pitch, step)).count();
        2.0 * common as f64 / (onsets.len() + self.onsets.len()) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;

    /// Eight bars, something else for eight, the first again, a fourth higher in the end.
    fn song() -> Roll {
        let [a, b] = [0, 1].map(|index| corpus::compose(5, index).merged().window(64, 128));
        let at = |roll: &Roll, start: u32, by: i8| {
            let moved =
                |note: &Note| Note { start: note.start + start, pitch: note.pitch.saturating_add_signed(by), ..*note };
            roll.notes().iter().map(moved).collect::<Vec<_>>()
        };
        Roll::new(512, [at(&a, 0, 0), at(&b, 128, 0), at(&a, 256, 0), at(&a, 384, 5)].concat())
    }

    fn hidden(song: &Roll, start: u32, bars: Range<u32>) -> PartialRoll {
        let area = CellSet::rectangle(128, 0..=127, 16 * bars.start..16 * bars.end);
        PartialRoll::without(&song.window(start, 128), &area)
    }

    #[test]
    fn the_same_phrase_is_found_elsewhere() {
        let song = song();
        let window = hidden(&song, 256, 2..4);
        let known = |columns: Range<usize>| Known::new(&song, &song, None, move |column| columns.contains(&column));
        let first = known(0..16).passage(&window, 16, 2..4).unwrap();
        assert_eq!(first.notes(), song.window(256, 128).notes());
        let last = known(24..32).passage(&window, 16, 2..4).unwrap();
        assert_eq!(last.notes(), song.window(256, 128).notes(), "transposed by a fourth");
        assert_eq!(known(8..16).passage(&window, 16, 2..4), None, "the other phrase is not alike");
        assert_eq!(known(16..24).passage(&window, 16, 2..4), None, "the part itself is not a passage");
    }

    #[test]
    fn the_end_of_the_song_is_continued_as_it_was_before() {
        let song = song();
        let known = Known::new(&song, &song, None, |column| column < 20);
        let window = hidden(&song, 256, 4..8);
        assert_eq!(known.passage(&window, 16, 4..8).unwrap().notes(), song.window(256, 128).notes());
    }

    #[test]
    fn only_the_voice_that_is_written_is_taken() {
        let composed = corpus::compose(6, 0);
        let [melody, piano] = [&composed.melody, &composed.piano].map(|roll| roll.window(64, 128));
        let twice = |roll: &Roll| {
            let again = roll.notes().iter().map(|note| Note { start: note.start + 128, ..*note });
            Roll::new(256, roll.notes().iter().copied().chain(again).collect())
        };
        let (all, voice) = (twice(&Roll::merged(&[melody.clone(), piano.clone()])), twice(&piano));
        let window = PartialRoll::new(melody.clone(), &CellSet::all(128));
        let known = Known::new(&all, &voice, None, |column| column < 8);
        let passage = known.passage(&window, 8, 0..8).unwrap();
        assert_eq!(passage, window.completed(&piano));
        let silent = Known::new(&all, &Roll::new(256, Vec::new()), None, |column| column < 8);
        assert_eq!(silent.passage(&window, 8, 0..8), None, "the voice is nowhere");
    }

    #[test]
    fn a_passage_in_other_chords_is_not_taken() {
        let song = song();
        let window = hidden(&song, 256, 2..4);
        let found = |there: usize| {
            let chord = |beat: usize| {
                Chord::new([0, 4, 7], 0).transposed(if (8..16).contains(&beat) { there as i32 } else { 0 })
            };
            let harmony = Harmony::told((0..128).map(chord).collect());
            Known::new(&song, &song, Some(&harmony), |column| column < 8).passage(&window, 16, 2..4).is_some()
        };
        assert!(found(0) && !found(6), "C major and F sharp major have no tone in common");
    }

    #[test]
    fn the_highest_and_lowest_pitches_are_transposed_too() {
        let ends = |start: u32| [0, 127, 60, 64].map(|pitch| Note { start, duration: 4, pitch, velocity: 80 });
        let song = Roll::new(256, (0..16).flat_map(|bar| ends(16 * bar)).collect());
        let known = Known::new(&song, &song, None, |column| column < 8);
        assert_eq!(known.passage(&hidden(&song, 128, 2..4), 8, 2..4).unwrap().notes(), song.window(0, 128).notes());
    }

    #[test]
    fn nothing_given_is_like_nothing() {
        let song = song();
        let known = Known::new(&song, &song, None, |_| true);
        assert_eq!(known.passage(&PartialRoll::nothing(128), 0, 0..8), None);
    }
}
