//! The built-in corpus: original songs, composed by rule from a seed, so that there is always something to learn from.
//!
//! A song has a key, a tempo, a form of verses, choruses and a bridge, chords with cadences (`harmony`), a melody
//! grown from motifs (`melody`) and a voice-led accompaniment (`piano`); `form` puts them together. Everything
//! lies on the grid of sixteenths in 4/4 and begins on a downbeat at step 0.

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

/// Song `index` (from 0) of `seed`: the same notes always, whatever other songs are composed.
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

/// Writes the first `songs` songs of `seed` into a folder as `song-0001.mid` and so on, telling `progress` how many are done.
///
/// # Errors
/// If the folder cannot be written, or a file of such a name is there with other content: nothing is overwritten.
pub fn write(folder: &Path, songs: u64, seed: u64, mut progress: impl FnMut(u64)) -> Result<()> {
    files::writable_folder(folder)?;
    for index in 0..songs {
        let song = compose(seed, index);
        let (path, bytes) = (folder.join(format!("{}.mid", song.name)), song.midi());
        match std::fs::read(&path) {
            Ok(there) if there == bytes => {}
            Ok(_) => return Err(Error::file(path, "is there already with other content; choose another folder")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                files::replace(&path, |out| out.write_all(&bytes))?;
            }
            Err(error) => return Err(Error::file(path, format!("cannot be read: {error}"))),
        }
        progress(index + 1);
    }
    Ok(())
}
