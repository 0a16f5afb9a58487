//! A song as a user's file has it, and on the grid.

#[cfg(not(target_arch = "wasm32"))]
use std::path::Path;

#[cfg(not(target_arch = "wasm32"))]
use crate::data::dataset::source;
use crate::data::music::beats::{Annotation, Grid};
use crate::data::music::columns::{COLUMN, Columns};
use crate::data::music::midi::{self, Document, DocumentNote, Selection};
use crate::data::music::roll::{MAX_STEPS, Note, Roll, STEPS_PER_BEAT, TimeSignature};
#[cfg(not(target_arch = "wasm32"))]
use crate::data::picture::cells::Orphans;
#[cfg(not(target_arch = "wasm32"))]
use crate::data::picture::{image, is_png};
use crate::error::Result;

/// A note of a song that is not one of drums.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SongNote {
    /// Its events.
    pub event: DocumentNote,
    /// The note on the grid.
    pub note: Note,
}

impl SongNote {
    /// A note of a document on a grid.
    pub(super) fn of(grid: &Grid, event: &DocumentNote) -> Self {
        let (start, end) = (grid.step(event.note.start), grid.step(event.note.end));
        Self { event: *event, note: Note::quantized(start, end, event.note.pitch, event.note.velocity) }
    }
}

/// Beats of a bar where the file does not say.
const BEATS: usize = 4;

/// A song: its events, its notes on the grid, and its bars in columns.
#[derive(Debug, Clone)]
pub struct SongFile {
    pub(super) document: Document,
    pub(super) grid: Grid,
    pub(super) notes: Vec<SongNote>,
    pub(super) columns: Columns,
    /// Bars up to the end of the last note.
    pub(super) sounding_bars: usize,
    /// Bars of the grid that are one: four where the file counts single beats, as programs do that know no bars.
    pub(super) bars_per_bar: usize,
}

impl SongFile {
    /// Reads a `.mid` or a `.png` file, by its content. The beats of a MIDI file are those of `beat_midi.txt` in its folder, if
    /// there is one and it belongs to the file.
    ///
    /// # Errors
    /// A file that cannot be read, or that is not music, or cannot be kept event by event.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn open(path: &Path) -> Result<Self> {
        let read = || {
            let bytes = source::read_bytes(path)?;
            if is_png(&bytes) {
                return Self::of_roll(&image::read(&bytes, Orphans::Drop)?);
            }
            Self::of_midi(&bytes, source::annotation_of(path)?.as_deref())
        };
        read().map_err(|reason| crate::error::Error::file(path, reason))
    }

    /// A song of the bytes of a MIDI file and the text of its annotated beats.
    ///
    /// # Errors
    /// One sentence if the file or its annotation cannot be used.
    pub fn of_midi(bytes: &[u8], annotation: Option<&str>) -> Result<Self, String> {
        let document = Document::read(bytes)?;
        if !document.notes.is_empty() && document.notes.iter().all(|note| note.note.drum) {
            return Err("has no notes but drums, which the networks do not write".into());
        }
        let pitched = document.score.notes(&Selection::default())?;
        let grid = match annotation {
            Some(text) => Grid::annotated(&document.score, &pitched, Annotation::parse(text)?)?,
            None => Grid::ticks(&document.score, &pitched),
        };
        let signatures = &document.score.time_signatures;
        let only_beats = annotation.is_none() && signatures.iter().all(|(_, signature)| signature.beats == 1);
        let bars_per_bar = if only_beats && !signatures.is_empty() { BEATS } else { 1 };
        Self::of_document(document, grid, bars_per_bar)
    }

    /// A song of a document on a grid, of which so many bars are one.
    ///
    /// # Errors
    /// One sentence if a note is beyond the longest roll.
    pub(super) fn of_document(document: Document, grid: Grid, bars_per_bar: usize) -> Result<Self, String> {
        let on_grid = |event: &DocumentNote| {
            let end = grid.step(event.note.end);
            let too_long =
                || format!("has a note at step {end:.0}; at most {MAX_STEPS} steps are read, so cut it into parts");
            let note = (end <= f64::from(MAX_STEPS)).then(|| SongNote::of(&grid, event));
            note.filter(|note| note.note.end() <= MAX_STEPS).ok_or_else(too_long)
        };
        let notes = document.notes.iter().filter(|event| !event.note.drum).map(on_grid);
        let notes = notes.collect::<Result<Vec<_>, _>>()?;
        let last_note = notes.iter().map(|note| note.note.end()).max().unwrap_or(0);
        // Bars that a program wrote without notes at the end are bars of the song.
        let last_event = document.tracks.iter().filter_map(|track| track.last()).map(|event| event.tick).max();
        let last_event = grid.step(last_event.unwrap_or(0)).round().clamp(0.0, f64::from(MAX_STEPS)) as u32;
        let bars = bar_starts(&grid, last_note.max(last_event), bars_per_bar);
        let sounding_bars = bars.partition_point(|&start| start < last_note);
        Ok(Self { document, grid, notes, columns: Columns::of(&bars), sounding_bars, bars_per_bar })
    }

    /// A song of a roll, as a MIDI file with one track.
    ///
    /// # Errors
    /// One sentence if it has no notes.
    pub fn of_roll(roll: &Roll) -> Result<Self, String> {
        Self::of_midi(&midi::write(roll), None)
    }

    /// A song without notes, of some bars.
    ///
    /// # Errors
    /// One sentence if it is longer than the longest roll.
    pub fn silent(bars: usize, tempo: f64, time_signature: TimeSignature) -> Result<Self, String> {
        let steps = (bars as f64 * time_signature.quarters_per_bar() * f64::from(STEPS_PER_BEAT)).ceil();
        if steps > f64::from(MAX_STEPS) {
            return Err(format!("{bars} bars of {time_signature} are more than {MAX_STEPS} steps; take fewer"));
        }
        let roll = Roll::new(steps as u32, Vec::new()).with_time(tempo, time_signature);
        let document = Document::read(&midi::write(&roll))?;
        // No note says how long a time signature lasts.
        let mut grid = Grid::ticks(&document.score, &[]);
        grid.time_signature = time_signature;
        Self::of_document(document, grid, 1)
    }

    /// Its bars in columns.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Number of bars up to the end of the last note.
    pub fn sounding_bars(&self) -> usize {
        self.sounding_bars
    }

    /// The notes, without drums.
    pub fn notes(&self) -> &[SongNote] {
        &self.notes
    }

    /// Its events, of all tracks.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Quarter notes per minute: the constant tempo at which the song would last as long as it does.
    pub fn tempo(&self) -> f64 {
        self.grid.tempo
    }

    /// The notes that `is_in` accepts as a roll with the song's tempo and time signature.
    pub fn roll(&self, is_in: impl Fn(&SongNote) -> bool) -> Roll {
        let notes = self.notes.iter().filter(|note| is_in(note)).map(|note| note.note).collect();
        Roll::new(self.columns.steps(), notes).with_time(self.grid.tempo, self.grid.time_signature)
    }
}

/// The first steps of the bars that begin before `end`, at least one, and the end of the last. So many bars of the grid are one.
pub(super) fn bar_starts(grid: &Grid, end: u32, bars_per_bar: usize) -> Vec<u32> {
    let bars = grid.bars(end.max(1));
    let [first, second, ..] = bars[..] else { return vec![0, end.max(COLUMN)] };
    if bars_per_bar == 1 {
        return bars;
    }
    let length = bars_per_bar as u32 * (second - first);
    (0..=(end.max(1) - first).div_ceil(length)).map(|bar| first + bar * length).collect()
}
