//! The built-in corpus: original songs, composed by rule from a seed, so that there is always something to learn from.
//!
//! A song has a key, a tempo, a form of verses, choruses and a bridge, chords with cadences ([`harmony`]), a melody
//! grown from motifs ([`melody`]) and a voice-led accompaniment ([`piano`]); [`form`] puts them together. Everything
//! lies on the grid of sixteenths in 4/4 and begins on a downbeat at step 0.

mod form;
mod harmony;
mod melody;
mod piano;

use super::roll::Note;
use crate::rng::Philox;

/// A composed song.
#[derive(Debug, Clone, PartialEq)]
pub struct Song {
    /// `song-0001` for the first one.
    pub name: String,
    /// For example `E flat minor`.
    pub key: String,
    /// Sections in order, for example `intro A A B A B`.
    pub form: String,
    /// Quarter notes per minute.
    pub bpm: u32,
    /// Length in bars of 16 steps.
    pub bars: u32,
    /// Tracks by name, `MELODY` and `PIANO`; each sorted by start, with no two notes of one pitch at a time.
    pub tracks: Vec<(String, Vec<Note>)>,
}

impl Song {
    /// All notes of all tracks, sorted by start.
    pub fn merged(&self) -> Vec<Note> {
        let mut notes: Vec<Note> = self.tracks.iter().flat_map(|(_, notes)| notes.iter().copied()).collect();
        notes.sort_by_key(|note| (note.start, note.pitch));
        notes
    }
}

/// Song `index` (from 0) of `seed`: the same notes always, whatever other songs are composed.
pub fn compose(seed: u64, index: u64) -> Song {
    let song = form::compose(&mut Philox::new(seed, index));
    Song {
        name: format!("song-{:04}", index + 1),
        key: song.key.name(),
        form: song.form,
        bpm: song.bpm,
        bars: song.bars,
        tracks: vec![("MELODY".to_owned(), song.melody), ("PIANO".to_owned(), song.piano)],
    }
}
