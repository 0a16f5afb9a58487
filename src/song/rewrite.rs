//! What of a song is to be written anew.

use super::area::Area;
use super::harmony::Harmony;
use super::song_file::{SongFile, SongNote};
use super::windows::{Window, plan};
use crate::data::music::columns::COLUMN;
use crate::data::music::melody::is_melody;
use crate::data::music::partial::CellSet;

/// What is to be written.
#[derive(Debug, Clone)]
pub struct Rewrite<'a> {
    /// The song.
    pub song: &'a SongFile,
    /// The cells that are free for new notes.
    pub area: &'a Area,
    /// Its chords; without them the generator gets none.
    pub harmony: Option<Harmony>,
    /// The key, as that of the major scale; by default that of the music in each window.
    pub key: Option<usize>,
    /// Number of variants.
    pub variants: usize,
}

impl Rewrite<'_> {
    /// The windows in the order in which they are written.
    pub fn windows(&self) -> Vec<Window> {
        let cells = self.song.columns().cells(&self.area.cells);
        let free: Vec<bool> = (0..self.song.columns().len()).map(|column| has(&cells, column)).collect();
        plan(&free, self.known(), !self.is_beside_melody_alone())
    }

    /// Whether the song has nothing but a melody that stays, so that the bars around those that are written tell nothing of these.
    pub(super) fn is_beside_melody_alone(&self) -> bool {
        let is_written = |note: &SongNote| self.area.tracks[note.event.track];
        !self.song.notes().iter().any(|note| is_written(note) && !self.area.takes(note))
            && is_melody(&self.song.roll(|note| !self.area.takes(note)))
    }

    /// Number of columns up to the end of the last note.
    pub(super) fn known(&self) -> usize {
        self.song.sounding_bars().checked_sub(1).map_or(0, |last| self.song.columns().of_bar(last).end)
    }
}

/// Whether a set has a cell of a column.
pub(super) fn has(cells: &CellSet, column: usize) -> bool {
    !cells.window(column as u32 * COLUMN, COLUMN).is_empty()
}
