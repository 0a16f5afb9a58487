//! A song: a roll and its bars.

use crate::data::music::beats::{Annotation, Grid};
use crate::data::music::columns::{COLUMN, Columns};
use crate::data::music::midi::{self, Selection, TickNote, Track};
use crate::data::music::roll::{MAX_STEPS, Note, Roll, STEPS_PER_BEAT, TimeSignature};
use crate::data::picture::cells::Orphans;
use crate::data::picture::image;

/// A complete piece of music on the grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Song {
    /// Its name in the data set: the path below `data.path`, with forward slashes.
    pub name: String,
    /// Its notes. Step 0 is a downbeat, the last step the end of the last bar.
    pub roll: Roll,
    /// The first step of each bar.
    pub bars: Vec<u32>,
    /// Names of its tracks with notes, whether they are read or not.
    pub tracks: Vec<String>,
    /// The tracks that are read, if they are more than one.
    pub parts: Vec<Part>,
    /// Where its file is cut off, and what was expected there.
    pub cut_off: Option<String>,
}

/// A track of a song.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its name, which may be empty.
    pub name: String,
    /// Its notes, on the grid of the song. Another track may have some of them too.
    pub roll: Roll,
}

impl Song {
    /// A hash of its notes, by which it is recognised under any name and in any format. Velocities, tempo and silence before the
    /// first note do not matter.
    pub fn content(&self) -> u64 {
        let mut hasher = blake3::Hasher::new();
        let begin = self.roll.notes().first().map_or(0, |note| note.start);
        for n in self.roll.notes() {
            hasher.update(&(n.start - begin).to_le_bytes()).update(&n.duration.to_le_bytes()).update(&[n.pitch]);
        }
        let hash = hasher.finalize();
        let (first, _) = hash.as_bytes().split_first_chunk::<8>().expect("a hash has 32 bytes");
        u64::from_le_bytes(*first)
    }

    /// A song from a MIDI file, on the grid of its annotated beats if there is an annotation.
    ///
    /// # Errors
    /// One sentence if the file or its annotation cannot be used.
    pub fn from_midi(
        name: &str,
        bytes: &[u8],
        annotation: Option<&str>,
        selection: &Selection,
    ) -> Result<Self, String> {
        let score = midi::parse(bytes)?;
        let ticks = score.parts(selection)?;
        let all: Vec<TickNote> = ticks.iter().flat_map(|(_, notes)| notes).copied().collect();
        let grid = match annotation {
            Some(text) => Grid::annotated(&score, &all, Annotation::parse(text)?)?,
            None => Grid::ticks(&score, &all),
        };
        let on_grid = |notes: &[TickNote]| notes.iter().map(|note| on_grid(&grid, note)).collect::<Result<Vec<_>, _>>();
        let notes = on_grid(&all)?;
        let last = notes.iter().map(Note::end).max().unwrap_or(0);
        let mut bars = grid.bars(last);
        let steps = bars.pop().unwrap_or(last).clamp(last, MAX_STEPS);
        let part = |(name, notes): &(&midi::Name, Vec<TickNote>)| {
            Ok(Part { name: name.as_str().to_owned(), roll: Roll::new(steps, on_grid(notes)?) })
        };
        let parts = if ticks.len() > 1 { ticks.iter().map(part).collect::<Result<_, String>>()? } else { Vec::new() };
        Ok(Self {
            name: name.to_owned(),
            roll: Roll::new(steps, notes).with_time(grid.tempo, grid.time_signature).marked(score.generated),
            bars,
            tracks: score.tracks.iter().filter(|track| !track.notes.is_empty()).map(heading).collect(),
            parts,
            cut_off: score.cut_off,
        })
    }

    /// The song with its bars in [`Columns`]: each begins at a multiple of 16 steps. So it is in 4/4.
    pub fn with_aligned_bars(mut self) -> Self {
        let steps = self.roll.steps();
        let mut bars: Vec<u32> = self.bars.iter().copied().filter(|&bar| bar < steps).collect();
        bars.push(steps);
        let columns = Columns::of(&bars);
        let arranged = |roll: &Roll| columns.arrange(roll).with_time(roll.tempo, TimeSignature::COMMON);
        self.roll = arranged(&self.roll);
        self.parts.iter_mut().for_each(|part| part.roll = arranged(&part.roll));
        self.bars = (0..self.roll.steps()).step_by(COLUMN as usize).collect();
        self
    }

    /// A song from a picture, with bars by the time signature stored in the picture.
    ///
    /// # Errors
    /// One sentence if the picture cannot be used.
    pub fn from_png(name: &str, bytes: &[u8]) -> Result<Self, String> {
        let roll = image::read(bytes, Orphans::Drop)?;
        if roll.notes().is_empty() {
            return Err("has no notes".into());
        }
        let bar = (roll.time_signature.quarters_per_bar() * f64::from(STEPS_PER_BEAT)).round().max(1.0) as usize;
        let bars = (0..roll.steps()).step_by(bar).collect();
        Ok(Self { name: name.to_owned(), roll, bars, tracks: Vec::new(), parts: Vec::new(), cut_off: None })
    }
}

/// A note on the grid.
fn on_grid(grid: &Grid, tick: &TickNote) -> Result<Note, String> {
    let too_far =
        |end: f64| format!("has a note at step {end:.0}; at most {MAX_STEPS} steps are read, so cut it into parts");
    let (start, end) = (grid.step(tick.start), grid.step(tick.end));
    if end > f64::from(MAX_STEPS) {
        return Err(too_far(end));
    }
    let note = Note::quantized(start, end, tick.pitch, tick.velocity);
    // Start and duration are rounded independently.
    if note.end() > MAX_STEPS { Err(too_far(f64::from(note.end()))) } else { Ok(note) }
}

/// A track's name, and whether it is one of drums, which are not read by default.
fn heading(track: &Track) -> String {
    let name = if track.name.as_str().is_empty() { "unnamed" } else { track.name.as_str() };
    if track.notes.iter().all(|note| note.drum) { format!("{name} (drums)") } else { name.to_owned() }
}
