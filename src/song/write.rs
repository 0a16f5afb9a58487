//! A song with its new notes, as a MIDI file.

use super::area::Area;
use super::new_track::NewTrack;
use super::song_file::{SongFile, SongNote};
use crate::data::music::midi::DocumentNote;
use crate::data::music::roll::Note;

/// The song without the notes that an area takes out, and with a track of new ones, in steps of the song. `key` is the key signature
/// to write if the song has none. With an area of no cells it is the song as it is.
///
/// # Errors
/// One sentence if the file cannot hold another track.
pub fn write(song: &SongFile, area: &Area, notes: &[Note], key: Option<usize>) -> Result<Vec<u8>, String> {
    if area.cells.is_empty() {
        return song.document.write(|_| false, None);
    }
    let is_taken = |event: &DocumentNote| !event.note.drum && area.takes(&SongNote::of(&song.grid, event));
    song.document.write(is_taken, Some(NewTrack { song, area, notes, key }.events()))
}
