//! The built-in corpus: original songs, composed by rule from a seed, so that training needs no data from elsewhere.
//!
//! A song has a key, a tempo, a form of verses, choruses and a bridge, chords with cadences (`harmony`), a melody built from
//! motifs (`melody`) and a voice-led accompaniment (`piano`); `form` combines them. All songs are in 4/4 on the grid of
//! sixteenth notes, with a downbeat at step 0.

mod form;
mod harmony;
mod melody;
mod piano;

use crate::data::music::midi;
use crate::data::music::roll::{Roll, TimeSignature};
use crate::error::{Error, Result};
use crate::files;
use crate::rng::Philox;
use std::path::Path;

/// A composed song.
#[derive(Debug, Clone, PartialEq)]
pub struct Song {
    /// `song-0001` for the first one.
    pub name: String,
    /// For example `E flat minor`.
    pub key: String,
    /// Sections in order, for example `intro A A B A B`.
    pub form: String,
    /// The track `MELODY`.
    pub melody: Roll,
    /// The track `PIANO`.
    pub piano: Roll,
}

impl Song {
    /// Both tracks as one.
    pub fn merged(&self) -> Roll {
        Roll::merged(&[self.melody.clone(), self.piano.clone()])
    }

    /// As a MIDI file.
    pub fn midi(&self) -> Vec<u8> {
        midi::write_tracks(&[("MELODY", &self.melody), ("PIANO", &self.piano)])
    }
}

/// Song `index` (from 0) of `seed`, a function of these two alone.
pub fn compose(seed: u64, index: u64) -> Song {
    let song = form::compose(&mut Philox::new(seed, index));
    let steps = song.bars * form::BAR;
    let roll = |notes| Roll::new(steps, notes).with_time(f64::from(song.bpm), TimeSignature::COMMON);
    Song {
        name: format!("song-{:04}", index + 1),
        key: song.key.name(),
        form: song.form,
        melody: roll(song.melody),
        piano: roll(song.piano),
    }
}

/// Writes the first `songs` songs of `seed` to a folder as `song-0001.mid` and so on, and calls `progress` with the number
/// written.
///
/// # Errors
/// If the folder cannot be written, or a file of that name exists with other content: nothing is overwritten.
pub fn write(folder: &Path, songs: u64, seed: u64, mut progress: impl FnMut(u64)) -> Result<()> {
    files::writable_folder(folder)?;
    for index in 0..songs {
        let song = compose(seed, index);
        let (path, bytes) = (folder.join(format!("{}.mid", song.name)), song.midi());
        match std::fs::read(&path) {
            Ok(existing) if existing == bytes => {}
            Ok(_) => return Err(Error::file(path, "already exists with other content; choose another folder")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                files::replace(&path, |out| out.write_all(&bytes))?;
            }
            Err(error) => return Err(Error::file(path, format!("cannot be read: {error}"))),
        }
        progress(index + 1);
    }
    Ok(())
}
