//! A song: a roll, and where its bars begin.

use crate::data::music::beats::{Annotation, Grid};
use crate::data::music::midi::{self, Selection};
use crate::data::music::roll::{MAX_STEPS, Note, Roll, STEPS_PER_BEAT};
use crate::data::picture::cells::Orphans;
use crate::data::picture::image;

/// A whole piece of music on the grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Song {
    /// Its name in the data: the path below `data.path`, with forward slashes.
    pub name: String,
    /// Its notes, from a downbeat to the end of the last bar.
    pub roll: Roll,
    /// The first step of each bar.
    pub bars: Vec<u32>,
}

impl Song {
    /// A song from a MIDI file, on the annotated beats where there are any.
    ///
    /// # Errors
    /// One sentence on what is wrong with the file or its annotation.
    pub fn from_midi(
        name: &str,
        bytes: &[u8],
        annotation: Option<&str>,
        selection: &Selection,
    ) -> Result<Self, String> {
        let score = midi::parse(bytes)?;
        let ticks = score.notes(selection)?;
        let grid = match annotation {
            Some(text) => Grid::annotated(&score, &ticks, Annotation::parse(text)?)?,
            None => Grid::ticks(&score, &ticks),
        };
        let mut notes = Vec::with_capacity(ticks.len());
        for tick in ticks {
            let (start, end) = (grid.step(tick.start), grid.step(tick.end));
            let too_far = |end: f64| format!("has a note at step {end:.0}; at most {MAX_STEPS} steps are read");
            if end > f64::from(MAX_STEPS) {
                return Err(too_far(end));
            }
            let note = Note::quantized(start, end, tick.pitch, tick.velocity);
            // Start and length are rounded by themselves.
            if note.end() > MAX_STEPS {
                return Err(too_far(f64::from(note.end())));
            }
            notes.push(note);
        }
        let last = notes.iter().map(Note::end).max().unwrap_or(0);
        let mut bars = grid.bars(last);
        let steps = bars.pop().unwrap_or(last).clamp(last, MAX_STEPS);
        Ok(Self { name: name.to_owned(), roll: Roll::new(steps, notes).with_time(grid.tempo, grid.metre), bars })
    }

    /// A song from a picture; its bars follow the time signature that the picture carries.
    ///
    /// # Errors
    /// One sentence on what is wrong with the picture.
    pub fn from_png(name: &str, bytes: &[u8]) -> Result<Self, String> {
        let roll = image::read(bytes, Orphans::Drop)?;
        if roll.notes().is_empty() {
            return Err("holds no notes".into());
        }
        let bar = (roll.metre.quarters_per_bar() * f64::from(STEPS_PER_BEAT)).round().max(1.0) as usize;
        let bars = (0..roll.steps()).step_by(bar).collect();
        Ok(Self { name: name.to_owned(), roll, bars })
    }
}
