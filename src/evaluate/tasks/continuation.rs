//! Pieces of 32 bars, of which the first eight are given and the others are written four at a time.

use std::fmt;

use serde::Serialize;

use super::excerpt::{BARS, STEPS};
use super::likeness::Likeness;
use super::passage::harmony;
use super::prompt::{Prompt, asked};
use super::row::table;
use super::writer::Writer;
use crate::condition::Row;
use crate::data::dataset::{Dataset, Window};
use crate::data::evenly;
use crate::data::music::partial::{CellSet, PartialRoll};
use crate::data::music::roll::{Note, Roll};
use crate::data::music::to_c;
use crate::error::Result;
use crate::evaluate::bootstrap::{self, Estimate};
use crate::evaluate::windows::{Set, in_four};
use crate::metrics::features::STEPS_PER_BAR;
use crate::metrics::repetition::onset_f1_apart;
use crate::song::Known;
use crate::text::count;

/// Windows of a piece.
const WINDOWS: usize = 4;
/// Steps of a piece.
const LENGTH: u32 = WINDOWS as u32 * STEPS;
/// Steps that are written at a time: half a window.
const HALF: u32 = STEPS / 2;
/// Distances of the bars that are compared.
const DISTANCES: [u32; 2] = [4, 8];

/// How a piece goes on.
#[derive(Debug, Clone, Serialize)]
pub struct Continuation {
    /// Number of pieces.
    pub pieces: usize,
    /// The flow, the real music, and the first eight bars repeated.
    pub rows: Vec<ContinuationRow>,
}

/// Pieces of one kind.
#[derive(Debug, Clone, Serialize)]
pub struct ContinuationRow {
    /// Their kind.
    pub what: &'static str,
    /// OA of nine features of bars 9 to 16 against held-out windows.
    pub second: Estimate,
    /// OA of nine features of bars 25 to 32.
    pub fourth: Estimate,
    /// F1 of the onsets of bars 4 apart.
    pub four_apart: Option<Estimate>,
    /// F1 of the onsets of bars 8 apart.
    pub eight_apart: Option<Estimate>,
}

impl Continuation {
    /// Of at most `limit` pieces of held-out songs, written with samples of the seed from `first` on; `None` if no song is long
    /// enough.
    ///
    /// # Errors
    /// If the device fails.
    pub fn of(
        writer: &Writer<'_>,
        data: &Dataset,
        likeness: &Likeness,
        limit: usize,
        first: u64,
    ) -> Result<Option<Self>> {
        let pieces = evenly(&pieces(data), limit);
        if pieces.is_empty() {
            return Ok(None);
        }
        let (groups, real): (Vec<usize>, Vec<Roll>) = pieces.into_iter().unzip();
        let groups: Vec<usize> = groups.chunk_by(|a, b| a == b).map(<[usize]>::len).collect();
        let written = write(writer, &real, first)?;
        let row = |what, pieces: &[Roll]| ContinuationRow::of(what, pieces, &groups, likeness, writer.options.seed);
        let repeated: Vec<Roll> = real.iter().map(repeated).collect();
        let rows =
            vec![row("the flow", &written), row("real music", &real), row("the first 8 bars repeated", &repeated)];
        Ok(Some(Self { pieces: real.len(), rows }))
    }
}

impl ContinuationRow {
    fn of(what: &'static str, pieces: &[Roll], groups: &[usize], likeness: &Likeness, seed: u64) -> Self {
        let overlap = |window: u32| {
            let rolls = pieces.iter().map(|piece| piece.window(window * STEPS, STEPS)).collect();
            let [overlap, _] = likeness.of(&Set { rolls, groups: groups.to_vec() }, seed);
            overlap
        };
        let [four_apart, eight_apart] = DISTANCES.map(|distance| {
            let mut pieces = pieces.iter().map(|piece| onset_f1_apart(piece, distance));
            let sums: Vec<[f64; 2]> =
                groups.iter().map(|&size| [pieces.by_ref().take(size).sum(), size as f64]).collect();
            bootstrap::mean(&sums, seed).map(|estimate| estimate.within(0.0, 1.0))
        });
        Self { what, second: overlap(1), fourth: overlap(3), four_apart, eight_apart }
    }
}

/// The pieces of held-out songs in C, in bars of 4/4, not overlapping, with the numbers of their songs.
fn pieces(data: &Dataset) -> Vec<(usize, Roll)> {
    let windows = in_four(data, data.held_out_windows());
    let follows = |a: &Window, b: &Window| a.song == b.song && b.start == a.start + STEPS;
    let runs = windows.chunk_by(follows).flat_map(|run| run.chunks_exact(WINDOWS).map(|windows| windows[0]));
    let piece = |window: Window| {
        let song = &data.songs()[window.song].roll;
        let roll = song.window(window.start, LENGTH);
        let shift = to_c::shift(&roll, song);
        (window.song, roll.shifted(shift))
    };
    runs.map(piece).collect()
}

/// Each piece with all but its first window written anew.
fn write(writer: &Writer<'_>, real: &[Roll], first: u64) -> Result<Vec<Roll>> {
    let mut pieces: Vec<Roll> = real.iter().map(|piece| piece.window(0, STEPS)).collect();
    let (settings, scales) = (writer.settings, writer.scales());
    for (turn, start) in (HALF..LENGTH - HALF).step_by(HALF as usize).enumerate() {
        let prompt = |(piece, real): (&Roll, &Roll)| {
            let area = CellSet::rectangle(STEPS, 0..=127, HALF..STEPS);
            let partial = PartialRoll::new(piece.window(start, STEPS), &area);
            let row = Row::of(&real.window(start, STEPS), 0);
            // The texture of the first bars, so that none is lost or gained on the way.
            let texture = Some(real.window(0, STEPS));
            let bars = |steps: u32| (steps / STEPS_PER_BAR) as usize;
            let harmony = harmony(real, settings);
            let known = Known::new(piece, piece, harmony.as_ref(), |_| true);
            let passage = known.passage(&partial, bars(start), bars(HALF)..bars(STEPS));
            Prompt { partial, asked: asked(&row, settings, scales), original: None, texture, context: None, passage }
        };
        let prompts: Vec<Prompt> = pieces.iter().zip(real).map(prompt).collect();
        let number = first + (turn * real.len()) as u64;
        let windows = writer.write("writing 32 bars", &prompts.iter().collect::<Vec<_>>(), number)?;
        pieces = pieces.iter().zip(&windows).map(|(piece, window)| extended(piece, window, start)).collect();
    }
    Ok(pieces)
}

/// A piece with the second half of a window that begins at a step.
fn extended(piece: &Roll, window: &Roll, start: u32) -> Roll {
    let new = window.notes().iter().filter(|note| note.start >= HALF);
    let new = new.map(|note| Note { start: note.start + start, ..*note });
    Roll::new(start + STEPS, piece.notes().iter().copied().chain(new).collect())
}

/// The first window of a piece over and over.
fn repeated(piece: &Roll) -> Roll {
    let first = piece.window(0, STEPS);
    let window =
        |number: u32| first.notes().iter().map(move |note| Note { start: note.start + number * STEPS, ..*note });
    Roll::new(LENGTH, (0..WINDOWS as u32).flat_map(window).collect())
}

impl fmt::Display for Continuation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bars = LENGTH / STEPS_PER_BAR;
        writeln!(f, "{} of {bars} bars after their first {BARS}:\n", count(self.pieces, "piece"))?;
        let cells = |row: &ContinuationRow| [Some(row.second), Some(row.fourth), row.four_apart, row.eight_apart];
        let rows = self.rows.iter().map(|row| (row.what, cells(row)));
        write!(f, "{}", table(["OA, bars 9-16", "OA, bars 25-32", "bars 4 apart, F1", "bars 8 apart, F1"], rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_extended_and_repeated() {
        let note = |start, pitch| Note { start, duration: 4, pitch, velocity: 80 };
        let piece = Roll::new(128, vec![note(0, 60), note(64, 62), note(126, 64)]);
        let window = Roll::new(128, vec![note(0, 62), note(62, 64), note(64, 65), note(124, 67)]);
        let longer = extended(&piece, &window, 64);
        let starts: Vec<(u32, u8)> = longer.notes().iter().map(|note| (note.start, note.pitch)).collect();
        assert_eq!((longer.steps(), starts), (192, vec![(0, 60), (64, 62), (126, 64), (128, 65), (188, 67)]));
        let repeated = repeated(&piece);
        assert_eq!((repeated.steps(), repeated.notes().len()), (512, 12));
        // Five of each eight bars are silent.
        assert_eq!(onset_f1_apart(&repeated, 8), 3.0 / 8.0);
    }
}
