//! A piece as its user has it: a song with edits.

use std::collections::HashSet;
use std::sync::Arc;

use crate::data::music::midi;
use crate::data::music::roll::Roll;
use crate::song::{Area, Edits, SongFile};

/// A song, and what was changed in it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The dropped song, or a silent one.
    pub base: Arc<SongFile>,
    /// Notes removed and added.
    pub edits: Edits,
    /// Whether the base is an empty piece of the page's own.
    pub is_own: bool,
}

impl Draft {
    /// The song with its edits. If there are added notes, they are in its last track.
    ///
    /// # Errors
    /// One sentence if the song cannot hold them.
    pub fn song(&self) -> Result<SongFile, String> {
        if self.edits == Edits::default() {
            return Ok(self.base.as_ref().clone());
        }
        self.base.edited(&self.edits).map_err(|reason| format!("the song {reason}"))
    }

    /// The piece as a MIDI file: all other events of a dropped song stay, tick for tick.
    ///
    /// # Errors
    /// As [`song`](Self::song).
    pub fn midi(&self) -> Result<Vec<u8>, String> {
        if self.is_own {
            let song = self.song()?;
            let roll = song.roll(|_| true).marked(true);
            return Ok(midi::write(&roll));
        }
        self.base.write_edited(&self.edits).map_err(|reason| format!("the song {reason}"))
    }

    /// The piece as a roll.
    ///
    /// # Errors
    /// As [`song`](Self::song).
    pub fn roll(&self) -> Result<Roll, String> {
        Ok(self.song()?.roll(|_| true))
    }

    /// The track of the added notes.
    pub fn added_track(&self) -> usize {
        self.base.document().tracks.len()
    }

    /// The notes that an area takes out: indices of the song's notes, then of the added ones.
    pub fn taken(&self, area: &Area) -> Vec<usize> {
        let removed: HashSet<usize> = self.edits.removed.iter().copied().collect();
        let notes = self.base.notes();
        let of_song = notes.iter().enumerate().filter(|(index, note)| !removed.contains(index) && area.takes(note));
        let takes_added = area.tracks.get(self.added_track()).copied().unwrap_or(false);
        let is_taken = |index: &usize| {
            let note = &self.edits.added[*index];
            takes_added && area.cells.has(note.pitch, note.start)
        };
        let of_added = (0..self.edits.added.len()).filter(is_taken).map(|index| notes.len() + index);
        of_song.map(|(index, _)| index).chain(of_added).collect()
    }

    /// All notes, with indices as those of [`taken`](Self::taken).
    pub fn all(&self) -> Vec<usize> {
        let removed: HashSet<usize> = self.edits.removed.iter().copied().collect();
        let all = self.base.notes().len() + self.edits.added.len();
        (0..all).filter(|index| !removed.contains(index)).collect()
    }
}
