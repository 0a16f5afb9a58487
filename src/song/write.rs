//! A song with its new notes, as a MIDI file.

use super::area::Area;
use super::new_track::NewTrack;
use super::song_file::{SongFile, SongNote};
use crate::data::music::midi::DocumentNote;
use crate::data::music::roll::{Note, Roll};
use crate::data::music::timing::Timing;

/// The song without the notes that an area takes out, and with a track of new ones, in steps of the song. `key` is the key signature
/// to write if the song has none. With an area of no cells it is the song as it is.
///
/// # Errors
/// One sentence if the file cannot hold another track.
pub fn write(
    song: &SongFile,
    area: &Area,
    notes: &[Note],
    key: Option<usize>,
    timing: &Timing,
) -> Result<Vec<u8>, String> {
    if area.cells.is_empty() {
        return song.document.write(|_| false, None);
    }
    let is_taken = |event: &DocumentNote| !event.note.drum && area.takes(&SongNote::of(&song.grid, event));
    let track = NewTrack { song, bars: &area.bars, is_taken: &|note| area.takes(note), notes, key, timing };
    song.document.write(is_taken, Some(track.events()))
}

/// Bars shown before and after the written ones, and most bars shown.
const AROUND: usize = 2;
const SHOWN: usize = 16;

/// The written bars with two bars before and after them, at most 16: the notes that are given, and the new ones.
///
/// # Panics
/// If the area has no bars.
#[track_caller]
pub fn surroundings(song: &SongFile, area: &Area, notes: &[Note]) -> [Roll; 2] {
    let (columns, bars) = (song.columns(), area.bars.bars());
    let first = bars[0].saturating_sub(AROUND);
    let last = (bars[bars.len() - 1] + AROUND).min(first + SHOWN - 1).min(columns.bars() - 1);
    let (start, end) = (columns.bar(first).start, columns.bar(last).end);
    let kept = song.roll(|note| !area.takes(note));
    let new = kept.with_notes(columns.steps(), notes.to_vec());
    [kept, new].map(|roll| roll.window(start, end - start))
}

/// The written bars, from the first to the last: the notes that are kept and the new ones.
///
/// # Panics
/// If the area has no bars.
#[track_caller]
pub fn written_bars(song: &SongFile, area: &Area, notes: &[Note]) -> Roll {
    let (columns, bars) = (song.columns(), area.bars.bars());
    let (start, end) = (columns.bar(bars[0]).start, columns.bar(bars[bars.len() - 1]).end);
    let kept = song.roll(|note| !area.takes(note));
    let all = kept.notes().iter().chain(notes).copied().collect();
    let whole = kept.with_notes(columns.steps(), all).marked(true);
    whole.window(start, end - start)
}
