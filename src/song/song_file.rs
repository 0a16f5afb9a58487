//! A song as a user's file has it, and on the grid.

use std::path::Path;

use super::bar_list::BarList;
use super::windows::WINDOW;
use crate::data::dataset::source;
use crate::data::music::beats::{Annotation, Grid};
use crate::data::music::columns::{COLUMN, Columns};
use crate::data::music::melody;
use crate::data::music::midi::{self, Document, DocumentNote, Selection};
use crate::data::music::roll::{MAX_STEPS, Note, Roll, STEPS_PER_BEAT};
use crate::data::music::upbeat::upbeat;
use crate::data::picture::cells::Orphans;
use crate::data::picture::{image, is_png};
use crate::error::{Error, Result};
use crate::text::count;

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

/// A song: its events, its notes on the grid, and its bars in columns.
#[derive(Debug, Clone)]
pub struct SongFile {
    pub(super) document: Document,
    pub(super) grid: Grid,
    pub(super) notes: Vec<SongNote>,
    columns: Columns,
    /// Bars up to the end of the last note.
    sounding_bars: usize,
}

impl SongFile {
    /// Reads a `.mid` or a `.png` file, by its content. The beats of a MIDI file are those of `beat_midi.txt` in its folder, if
    /// there is one and it belongs to the file.
    ///
    /// # Errors
    /// A file that cannot be read, or that is not music, or cannot be kept event by event.
    pub fn open(path: &Path) -> Result<Self> {
        let read = || {
            let bytes = source::read_bytes(path)?;
            if is_png(&bytes) {
                return Self::of_roll(&image::read(&bytes, Orphans::Drop)?);
            }
            Self::of_midi(&bytes, source::annotation_of(path)?.as_deref())
        };
        read().map_err(|reason| Error::file(path, reason))
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
        let bars = bars(&grid, last_note.max(last_event));
        let sounding_bars = bars.partition_point(|&start| start < last_note);
        Ok(Self { document, grid, notes, columns: Columns::of(&bars), sounding_bars })
    }

    /// A song of a roll, as a MIDI file with one track.
    ///
    /// # Errors
    /// One sentence if it has no notes.
    pub fn of_roll(roll: &Roll) -> Result<Self, String> {
        Self::of_midi(&midi::write(roll), None)
    }

    /// The song with `bars` bars more, as long as its last one, after the bar of its last note.
    pub fn extended(mut self, bars: usize) -> Self {
        let wanted = self.sounding_bars + bars;
        let last = self.columns.bar(self.sounding_bars - 1);
        let far = last.end.saturating_add((bars as u32).saturating_mul(last.len() as u32)).min(2 * MAX_STEPS);
        let mut starts = self::bars(&self.grid, far.max(self.columns.steps()));
        let mut end = starts[starts.len() - 1];
        while starts.len() < wanted + 1 {
            end += last.len() as u32;
            starts.push(end);
        }
        self.columns = Columns::of(&starts[..(wanted + 1).max(self.columns.bars() + 1)]);
        self
    }

    /// Eight columns from a bar on, with silent bars after the last if there are fewer: their bars, which begin at step 0, and their
    /// music in steps of these bars.
    ///
    /// # Errors
    /// One sentence if the song does not have the bar, or the networks do not know one of the bars.
    pub fn excerpt(&self, first: usize) -> Result<(Columns, Roll), String> {
        let after = self.columns.bars();
        if first >= self.sounding_bars {
            return Err(format!("has {}, so there is no bar {}", count(self.sounding_bars, "bar"), first + 1));
        }
        let start = self.columns.bar(first).start;
        let mut starts = vec![0];
        for bar in first.. {
            let length = self.columns.bar(bar.min(after - 1)).len() as u32;
            starts.push(starts[starts.len() - 1] + length);
            let columns = Columns::of(&starts);
            // The last bar may share a column with the one before it.
            if columns.len() > WINDOW {
                starts.pop();
                break;
            }
        }
        let columns = Columns::of(&starts);
        self.check_bars(&BarList::from(first, columns.bars().min(after - first)))?;
        Ok((columns.clone(), self.roll(|_| true).window(start, columns.steps())))
    }

    /// The first bar in which a note begins.
    pub fn first_bar(&self) -> usize {
        let first = self.notes.iter().map(|note| note.note.start).min().unwrap_or(0);
        (0..self.sounding_bars).find(|&bar| self.columns.bar(bar).end > first).unwrap_or(0)
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

    /// The notes that `is_in` accepts as a roll with the song's tempo and time signature.
    pub fn roll(&self, is_in: impl Fn(&SongNote) -> bool) -> Roll {
        let notes = self.notes.iter().filter(|note| is_in(note)).map(|note| note.note).collect();
        Roll::new(self.columns.steps(), notes).with_time(self.grid.tempo, self.grid.time_signature)
    }

    /// Which tracks have one of these names, or one of these numbers counted from 1 if no track has that name. Without names, all.
    ///
    /// # Errors
    /// One sentence if there is no such track, or it has no notes but drums.
    pub fn tracks(&self, names: &[String]) -> Result<Vec<bool>, String> {
        let tracks = &self.document.score.tracks;
        let mut chosen = vec![names.is_empty(); tracks.len()];
        for name in names {
            let named: Vec<usize> = (0..tracks.len()).filter(|&track| tracks[track].name.is(name)).collect();
            let numbered = || name.parse::<usize>().ok()?.checked_sub(1).filter(|&track| track < tracks.len());
            let found = if named.is_empty() { numbered().into_iter().collect() } else { named };
            if !found.iter().any(|&track| self.has_notes(track)) {
                let what = if found.is_empty() { "no track named" } else { "no notes but drums in the track" };
                return Err(format!("has {what} '{name}'; its tracks are: {}", self.names().join(", ")));
            }
            found.into_iter().for_each(|track| chosen[track] = true);
        }
        Ok(chosen)
    }

    /// Which track has the melody: the first whose name says so, else the highest.
    pub fn melody(&self) -> Vec<bool> {
        let tracks: Vec<usize> = (0..self.document.tracks.len()).filter(|&track| self.has_notes(track)).collect();
        let rolls: Vec<Roll> = tracks.iter().map(|&track| self.roll(|note| note.event.track == track)).collect();
        let name = |track: &usize| self.document.score.tracks[*track].name.as_str();
        let named: Vec<(&str, &Roll)> = tracks.iter().map(name).zip(&rolls).collect();
        let melody = melody::track(&named).map(|index| tracks[index]);
        (0..self.document.tracks.len()).map(|track| Some(track) == melody).collect()
    }

    /// Whether a track has notes other than drums.
    pub fn has_notes(&self, track: usize) -> bool {
        self.notes.iter().any(|note| note.event.track == track)
    }

    /// The tracks with notes other than drums: name, or number if it has none.
    pub fn names(&self) -> Vec<String> {
        let tracks = self.document.score.tracks.iter().enumerate().filter(|&(track, _)| self.has_notes(track));
        let name = |(index, track): (usize, &midi::Track)| match track.name.as_str() {
            "" => format!("{} (unnamed)", index + 1),
            name => name.chars().take(40).collect(),
        };
        tracks.map(name).collect()
    }

    /// Refuses bars that the networks do not know.
    ///
    /// # Errors
    /// One sentence if a bar is longer than 16 sixteenths.
    pub fn check_bars(&self, bars: &BarList) -> Result<(), String> {
        let long = |bar: &&usize| self.columns.bar(**bar).len() as u32 > COLUMN;
        match bars.bars().iter().find(long) {
            Some(&bar) => Err(format!(
                "has {} sixteenths in bar {}, but the networks write bars of at most {COLUMN}, such as 4/4, 3/4 and 6/8",
                self.columns.bar(bar).len(),
                bar + 1
            )),
            None => Ok(()),
        }
    }

    /// The length in beats of an upbeat that the song probably begins with and from which its bars are counted, so that all are early.
    pub fn upbeat(&self) -> Option<f64> {
        let starts: Vec<u32> = (0..self.sounding_bars).map(|bar| self.columns.bar(bar).start).collect();
        let length = upbeat(self.roll(|_| true).notes(), &starts, self.grid.time_signature)?;
        Some(f64::from(length) / f64::from(STEPS_PER_BEAT))
    }

    /// Beats of a bar as the time signature counts them.
    pub fn beats_per_bar(&self) -> usize {
        self.grid.time_signature.beats.into()
    }
}

/// The first steps of the bars that begin before `end`, at least one, and the end of the last.
fn bars(grid: &Grid, end: u32) -> Vec<u32> {
    let bars = grid.bars(end.max(1));
    if bars.len() > 1 { bars } else { vec![0, end.max(COLUMN)] }
}
