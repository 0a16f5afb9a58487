//! The chords of a song's columns: recognised where there is music, repeated where there is none, or as a user asks.

use std::ops::Range;

use super::bar_list::BarList;
use super::song_file::SongFile;
use super::windows::WINDOW;
use crate::data::music::chord::{Chord, Progression, recognise};
use crate::data::music::columns::{COLUMN, Columns};
use crate::data::music::roll::STEPS_PER_BEAT;

/// Beats of a column.
const BEATS: usize = (COLUMN / STEPS_PER_BEAT) as usize;
/// Beats of a recognised chord.
const BEATS_PER_CHORD: u32 = 2;

/// The chord of each beat of the columns, of which each has four.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Harmony {
    beats: Vec<Chord>,
}

impl Harmony {
    /// Chords that are known, one per beat.
    pub fn told(beats: Vec<Chord>) -> Self {
        Self { beats }
    }

    /// The chords that are recognised in a song, per two beats of a column. In a column without music they are those of 8 columns
    /// before, or of as many as there are.
    pub fn of(song: &SongFile) -> Self {
        let roll = song.columns().arrange(&song.roll(|_| true));
        let recognised = recognise(&roll, BEATS_PER_CHORD * STEPS_PER_BEAT);
        let beats = recognised.into_iter().flat_map(|chord| std::iter::repeat_n(chord, BEATS_PER_CHORD as usize));
        let mut harmony = Self { beats: beats.collect() };
        let is_empty = |beats: &[Chord]| beats.iter().all(|chord| chord.is_none());
        let first = harmony.beats.chunks(BEATS).position(|beats| !is_empty(beats)).unwrap_or(0);
        for column in first..harmony.beats.len() / BEATS {
            let at = column * BEATS;
            if is_empty(&harmony.beats[at..at + BEATS]) {
                let from = (column - period(column - first)) * BEATS;
                harmony.beats.copy_within(from..from + BEATS, at);
            }
        }
        harmony
    }

    /// The same, with the chords of a progression in some bars, again and again.
    ///
    /// # Errors
    /// One sentence if the progression has more bars.
    pub fn with(mut self, columns: &Columns, bars: &BarList, progression: &Progression) -> Result<Self, String> {
        let chords = progression.beats(bars.bars().len())?;
        let per_bar = chords.len() / bars.bars().len().max(1);
        for (column, beats) in self.beats.chunks_mut(BEATS).enumerate() {
            let mut before = None;
            for (beat, chord) in beats.iter_mut().enumerate() {
                let step = beat as u32 * STEPS_PER_BEAT;
                // The beats of a gap have the chord before it.
                let asked = columns.bar_at(column, step).and_then(|bar| {
                    let index = bars.bars().binary_search(&bar).ok()?;
                    let (span, at) = (columns.bar(bar), columns.to_music(column as u32 * COLUMN + step)?);
                    let beat = (at - span.start) as usize * per_bar / span.len();
                    Some(chords[index * per_bar + beat])
                });
                let in_gap = columns.bar_at(column, step).is_none();
                if let Some(asked) = asked.or(before.filter(|_| in_gap)) {
                    *chord = asked;
                    before = Some(asked);
                }
            }
        }
        Ok(self)
    }

    /// The chord of each beat of the columns, of which each has four.
    pub fn beats(&self) -> &[Chord] {
        &self.beats
    }

    /// The chords of the beats of a column; none after the last.
    pub fn column(&self, column: usize) -> Vec<Chord> {
        (0..BEATS).map(|beat| self.beats.get(column * BEATS + beat).copied().unwrap_or(Chord::NONE)).collect()
    }

    /// The chords in steps of the song. A span is in one bar.
    pub fn spans(&self, columns: &Columns) -> Vec<(Range<u32>, Chord)> {
        let mut spans: Vec<(Range<u32>, Chord)> = Vec::new();
        for bar in (0..columns.bars()).map(|bar| columns.bar(bar)) {
            for step in bar.clone() {
                let Some(at) = columns.to_column(step) else { continue };
                let chord = self.beats.get((at / STEPS_PER_BEAT) as usize).copied().unwrap_or(Chord::NONE);
                match spans.last_mut() {
                    Some((span, before)) if *before == chord && step > bar.start => span.end = step + 1,
                    _ => spans.push((step..step + 1, chord)),
                }
            }
        }
        spans
    }

    /// The chords of each of some bars, in order, as they are spelt in a key.
    pub fn names(&self, columns: &Columns, bars: &BarList, key: usize) -> Vec<String> {
        let of_bar = |&bar: &usize| {
            let beats = columns.of_bar(bar).flat_map(|column| (0..BEATS).map(move |beat| (column, beat)));
            let own = beats.filter(|&(column, beat)| columns.bar_at(column, beat as u32 * STEPS_PER_BEAT) == Some(bar));
            let mut chords: Vec<Chord> = own.map(|(column, beat)| self.beats[column * BEATS + beat]).collect();
            chords.dedup();
            chords.iter().map(|chord| chord.name_in(key)).collect::<Vec<_>>().join(" ")
        };
        bars.bars().iter().map(of_bar).collect()
    }

    /// The chords of the beats of 8 columns from one on; none after the last.
    pub fn window(&self, start: usize) -> Vec<Chord> {
        (start..start + WINDOW).flat_map(|column| self.column(column)).collect()
    }
}

/// How many columns before one its chords are repeated from, of `before` that there are.
fn period(before: usize) -> usize {
    [WINDOW, WINDOW / 2].into_iter().find(|&period| before >= period).unwrap_or(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::music::roll::{Note, Roll, TimeSignature};

    /// A song in 3/4 with a triad in each bar, and two bars more.
    fn waltz(roots: &[u8]) -> SongFile {
        let triad = |(bar, &root): (usize, &u8)| {
            [0, 4, 7].map(|up| Note { start: 12 * bar as u32, duration: 12, pitch: root + up, velocity: 80 })
        };
        let notes = roots.iter().enumerate().flat_map(triad).collect();
        let roll = Roll::new(12 * roots.len() as u32, notes).with_time(90.0, TimeSignature { beats: 3, unit: 4 });
        SongFile::of_roll(&roll).unwrap().extended(2)
    }

    fn names(harmony: &Harmony, column: usize) -> Vec<String> {
        harmony.beats[column * BEATS..][..BEATS].iter().map(Chord::to_string).collect()
    }

    #[test]
    fn chords_are_recognised_and_repeated() {
        let song = waltz(&[48, 53, 55, 48, 57]);
        let harmony = Harmony::of(&song);
        assert_eq!(
            (0..7).map(|column| names(&harmony, column)[0].clone()).collect::<Vec<_>>(),
            ["C", "F", "G", "C", "A", "F", "G"]
        );
    }

    #[test]
    fn a_progression_is_told_in_beats_of_the_bar() {
        let song = waltz(&[48, 53]);
        let progression = Progression::parse("| Am . G | F |", 3).unwrap();
        let bars = BarList::from(2, 2);
        let harmony = Harmony::of(&song).with(song.columns(), &bars, &progression).unwrap();
        assert_eq!(names(&harmony, 2), ["Am", "Am", "G", "G"]);
        assert_eq!(names(&harmony, 3), ["F", "F", "F", "F"]);
        assert_eq!(names(&harmony, 0)[0], "C");
        assert_eq!(harmony.names(song.columns(), &BarList::from(1, 3), 0), ["F", "Am G", "F"]);
        let spans: Vec<_> =
            harmony.spans(song.columns()).into_iter().map(|(span, chord)| (span, chord.to_string())).collect();
        assert_eq!(spans[1..4], [(12..24, "F".to_owned()), (24..32, "Am".to_owned()), (32..36, "G".to_owned())]);
        assert_eq!((harmony.window(2)[4].to_string(), harmony.window(2).len()), ("F".to_owned(), 32));
        let long = Progression::parse("C D E", 3).unwrap();
        assert!(harmony.with(song.columns(), &bars, &long).unwrap_err().contains("3 bars"));
    }
}
