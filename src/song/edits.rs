//! A song as its user has edited it: notes taken out, and notes added in a track of their own.

use std::collections::HashSet;

use super::bar_list::BarList;
use super::new_track::NewTrack;
use super::song_file::SongFile;
use crate::data::music::midi::{Document, DocumentNote};
use crate::data::music::roll::{MAX_STEPS, Note, Roll};
use crate::data::music::timing::Timing;

/// What was changed in a song.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Edits {
    /// Indices of the song's notes that are taken out.
    pub removed: Vec<usize>,
    /// Notes that are added, in steps of the song, in any order.
    pub added: Vec<Note>,
}

impl SongFile {
    /// The song as it is after edits, with the same grid and at least the same bars. The track of the added notes is the last.
    ///
    /// # Errors
    /// As [`write_edited`](Self::write_edited).
    pub fn edited(&self, edits: &Edits) -> Result<Self, String> {
        let document = Document::read(&self.write_edited(edits)?)?;
        let edited = Self::of_document(document, self.grid.clone(), self.bars_per_bar)?;
        Ok(edited.with_bars(self.columns.bars()))
    }

    /// The bytes of the song after edits: all other events stay, tick for tick. Without added notes there is no track of them.
    ///
    /// # Errors
    /// One sentence if there is no such note, a note ends after the longest roll, or the file cannot hold another track.
    pub fn write_edited(&self, edits: &Edits) -> Result<Vec<u8>, String> {
        let all = self.notes.len();
        if let Some(other) = edits.removed.iter().find(|&&index| index >= all) {
            return Err(format!("has {all} notes, so there is no note {other}"));
        }
        if edits.added.iter().any(|note| note.start.saturating_add(note.duration) > MAX_STEPS) {
            return Err(format!("cannot have a note after step {MAX_STEPS}, where the longest song ends"));
        }
        let removed: HashSet<DocumentNote> = edits.removed.iter().map(|&index| self.notes[index].event).collect();
        // Of two notes at once on a pitch, a track holds the later one.
        let added = Roll::new(MAX_STEPS, edits.added.clone());
        let track = NewTrack {
            song: self,
            bars: &BarList::all(0),
            is_taken: &|note| removed.contains(&note.event),
            notes: added.notes(),
            key: None,
            timing: &Timing::default(),
        };
        let events = (!edits.added.is_empty()).then(|| track.events());
        self.document.write(|event| removed.contains(event), events)
    }
}
