//! What of a song is to be written anew.

use std::ops::{Range, RangeInclusive};

use super::bar_list::BarList;
use super::song_file::{SongFile, SongNote};
use crate::data::music::partial::CellSet;

/// Bars and cells of a song, and the tracks whose notes there are taken out.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// The bars.
    pub bars: BarList,
    /// The cells, in steps of the song.
    pub cells: CellSet,
    /// Which tracks lose their notes in these cells. The notes of the others are given.
    pub tracks: Vec<bool>,
}

impl Area {
    /// Some pitches in some bars, of all tracks.
    ///
    /// # Errors
    /// One sentence if the song does not have these bars, or the networks do not know them.
    pub fn new(song: &SongFile, bars: BarList, pitches: RangeInclusive<u8>) -> Result<Self, String> {
        let columns = song.columns();
        bars.within(columns.bars())?;
        song.check_bars(&bars)?;
        // A bar of annotated beats may begin before the first tick.
        let first = song.grid.step(0).round().max(0.0) as u32;
        let spans: Vec<Range<u32>> = bars.bars().iter().map(|&bar| columns.bar(bar)).collect();
        let rectangles = spans.into_iter().map(|bar| (pitches.clone(), bar.start.max(first)..bar.end));
        let cells = CellSet::rectangles(columns.steps(), rectangles);
        let tracks = song.tracks(&[])?;
        Ok(Self { bars, cells, tracks })
    }

    /// Some pitches in some bars, all if none are named, of all tracks but those that are given.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn beside(
        song: &SongFile,
        given: &[bool],
        bars: Option<&BarList>,
        pitches: RangeInclusive<u8>,
    ) -> Result<Self, String> {
        let bars = bars.cloned().unwrap_or_else(|| BarList::all(song.sounding_bars()));
        Ok(Self::new(song, bars, pitches)?.of_tracks(given.iter().map(|is_given| !is_given).collect()))
    }

    /// The part that is also in a mask.
    pub fn masked(mut self, mask: &CellSet) -> Self {
        let steps = self.cells.steps();
        self.cells = &self.cells & &mask.window(0, steps);
        self
    }

    /// The same cells, where only these tracks lose notes.
    pub fn of_tracks(self, tracks: Vec<bool>) -> Self {
        Self { tracks, ..self }
    }

    /// Whether a note of the song is taken out.
    pub fn takes(&self, note: &SongNote) -> bool {
        self.tracks[note.event.track] && self.cells.has(note.note.pitch, note.note.start)
    }
}
