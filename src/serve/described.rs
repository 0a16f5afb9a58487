//! Songs, notes and chords as JSON.

use serde::Serialize;

use crate::data::music::chord::Chord;
use crate::data::music::columns::Columns;
use crate::data::music::key;
use crate::data::music::midi::{DocumentNote, TickEvent};
use crate::data::music::roll::{Note, STEPS_PER_BEAT};
use crate::song::{Harmony, SongFile};

/// Status of a change of program.
const PROGRAM: u8 = 0xC0;

/// A note: pitch, start, duration, velocity.
pub type NoteJson = [u32; 4];

/// A note as JSON.
pub fn note(note: &Note) -> NoteJson {
    [note.pitch.into(), note.start, note.duration, note.velocity.into()]
}

/// A chord that lasts some steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Span {
    start: u32,
    steps: u32,
    symbol: String,
}

/// Chords in columns, without the spans that have none, spelt as in a key if there is one.
pub fn chords(columns: &Columns, harmony: &Harmony, key: Option<usize>) -> Vec<Span> {
    let symbol = |chord: Chord| key.map_or_else(|| chord.to_string(), |key| chord.name_in(key));
    let spans = harmony.spans(columns).into_iter().filter(|(_, chord)| !chord.is_none());
    spans.map(|(span, chord)| Span { start: span.start, steps: span.len() as u32, symbol: symbol(chord) }).collect()
}

/// A dropped song.
#[derive(Debug, Serialize)]
pub struct Described {
    id: String,
    steps: u32,
    bars: Vec<BarJson>,
    tempo: f64,
    key: &'static str,
    tracks: Vec<TrackJson>,
    /// Pitch, start, duration, velocity, track.
    notes: Vec<[u32; 5]>,
    chords: Vec<Span>,
    note: Option<String>,
}

#[derive(Debug, Serialize)]
struct BarJson {
    start: u32,
    steps: u32,
    /// Quarter notes.
    beats: f64,
}

#[derive(Debug, Serialize)]
struct TrackJson {
    name: String,
    /// 0 to 127.
    program: u8,
    /// Whether all its notes are of drums.
    drums: bool,
    /// Number of notes without drums.
    notes: usize,
}

impl Described {
    /// The song with this id.
    pub fn of(id: String, song: &SongFile) -> Self {
        let columns = song.columns();
        let bar = |bar| {
            let span = columns.bar(bar);
            let steps = span.len() as u32;
            BarJson { start: span.start, steps, beats: f64::from(steps) / f64::from(STEPS_PER_BEAT) }
        };
        let whole = song.roll(|_| true);
        let key = key::of(&key::pitch_classes(whole.notes()));
        let numbers = song.notes().iter().map(|of| {
            let [pitch, start, duration, velocity] = note(&of.note);
            [pitch, start, duration, velocity, of.event.track as u32]
        });
        Self {
            id,
            steps: columns.steps(),
            bars: (0..columns.bars()).map(bar).collect(),
            tempo: song.tempo(),
            key: key::describe(whole.notes()),
            tracks: (0..song.document().tracks.len()).map(|track| TrackJson::of(song, track)).collect(),
            notes: numbers.collect(),
            chords: chords(columns, &Harmony::of(song), (!whole.notes().is_empty()).then_some(key)),
            note: song.upbeat().map(upbeat),
        }
    }
}

impl TrackJson {
    fn of(song: &SongFile, track: usize) -> Self {
        let document = song.document();
        let notes: Vec<&DocumentNote> = document.notes.iter().filter(|note| note.track == track).collect();
        let pitched = notes.iter().filter(|note| !note.note.drum).count();
        let is_program = |event: &&TickEvent| event.bytes.len() == 2 && event.bytes[0] & 0xF0 == PROGRAM;
        Self {
            name: document.score.tracks[track].name.as_str().to_owned(),
            program: document.tracks[track].iter().find(is_program).map_or(0, |event| event.bytes[1] & 0x7F),
            drums: pitched == 0 && !notes.is_empty(),
            notes: pitched,
        }
    }
}

fn upbeat(beats: f64) -> String {
    let length = if beats == 1.0 { "1 beat".to_owned() } else { format!("{beats} beats") };
    format!(
        "The song probably begins with an upbeat of {length}, from which its bars are counted, so that all are early."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;

    #[test]
    fn a_song_is_described_by_its_tracks_notes_and_chords() {
        let song = SongFile::of_midi(&corpus::compose(1, 0).midi(), None).unwrap();
        let described = Described::of("id".to_owned(), &song);
        assert_eq!(described.notes.len(), song.notes().len());
        assert_eq!(described.tracks.iter().map(|track| track.notes).sum::<usize>(), song.notes().len());
        assert_eq!((described.bars[1].start, described.bars[1].steps, described.bars[1].beats), (16, 16, 4.0));
        assert!(
            described.chords.iter().all(|span| span.steps > 0 && span.start / 16 == (span.start + span.steps - 1) / 16)
        );
        assert!(described.tracks.iter().any(|track| track.name == "MELODY"));
    }
}
