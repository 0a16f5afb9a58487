//! The dropped songs: a bounded cache by the hash of their bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::song::SongFile;
use crate::text::count;

/// Most songs.
const MOST: usize = 32;
/// Most bytes of all songs as they were sent; in memory they take some twenty times as many.
const BYTES: usize = 8 << 20;
/// Most notes of a song.
const NOTES: usize = 50_000;
/// Digits of an id.
const DIGITS: usize = 32;

/// Songs in the order of their last use.
#[derive(Default)]
pub struct Songs {
    held: Mutex<VecDeque<Held>>,
}

struct Held {
    id: String,
    bytes: usize,
    song: Arc<SongFile>,
}

impl Songs {
    /// Reads a song and keeps it. Returns its id.
    ///
    /// # Errors
    /// One sentence if the bytes are not a MIDI file that can be kept event by event, or have too many notes.
    pub fn add(&self, bytes: &[u8]) -> Result<(String, Arc<SongFile>), String> {
        let id = blake3::hash(bytes).to_hex()[..DIGITS].to_owned();
        if let Some(song) = self.get(&id) {
            return Ok((id, song));
        }
        let song = SongFile::of_midi(bytes, None).map_err(|reason| format!("the file {reason}"))?;
        if song.notes().len() > NOTES {
            return Err(format!("the file has {}; at most {NOTES} are edited", count(song.notes().len(), "note")));
        }
        let song = Arc::new(song);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.push_back(Held { id: id.clone(), bytes: bytes.len(), song: Arc::clone(&song) });
        while held.len() > MOST || held.iter().map(|held| held.bytes).sum::<usize>() > BYTES {
            held.pop_front();
        }
        Ok((id, song))
    }

    /// A song, if it is still kept.
    pub fn get(&self, id: &str) -> Option<Arc<SongFile>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let at = held.iter().position(|held| held.id == id)?;
        let found = held.remove(at)?;
        let song = Arc::clone(&found.song);
        held.push_back(found);
        Some(song)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;

    #[test]
    fn the_songs_that_were_used_last_are_kept() {
        let songs = Songs::default();
        let file = |index| corpus::compose(5, index).midi();
        let (first, song) = songs.add(&file(0)).unwrap();
        assert_eq!(songs.add(&file(0)).unwrap().0, first);
        let (second, _) = songs.add(&file(1)).unwrap();
        for index in 2..=MOST as u64 {
            songs.add(&file(index)).unwrap();
            assert!(songs.get(&first).is_some_and(|again| Arc::ptr_eq(&again, &song)));
        }
        assert!(songs.get(&second).is_none() && songs.get("").is_none());
        assert!(songs.add(b"no music").unwrap_err().starts_with("the file is not a MIDI file"));
    }
}
