//! The conditions of long pieces and of their windows.

use super::plan::{Plan, WINDOW};
use crate::condition::Row;
use crate::config::conditions::BEATS_PER_BAR;
use crate::data::music::chord::Chord;
use crate::data::music::to_c;
use crate::sample::{Asked, ConditionTable, Request};

/// Keys of the draws of windows, and of the chords of sections, combined with the seed.
const WINDOW_KEY: u64 = 0x7769_6e64_6f77;
const SECTION_KEY: u64 = 0x7365_6374;

/// The seed of a window.
pub fn window_seed(seed: u64, index: usize) -> u64 {
    seed ^ (WINDOW_KEY * index as u64)
}

/// The conditions of a piece: attributes of one row, chords as asked for or, for each section, of another row.
pub fn row(table: &ConditionTable, request: &Request, number: u64, plan: &Plan) -> Row {
    let asked = &request.asked;
    let key = asked.key.or_else(|| asked.chords.as_ref().map(|chords| to_c::key_of_chords(chords)));
    let of_window = Asked { key, chords: None, form: None, wishes: asked.wishes.clone() };
    let row = of_window.row(table, (request.seed, number), None, false);
    let chords: Vec<Chord> = match &asked.chords {
        Some(chords) => chords.iter().map(|chord| chord.transposed(i32::from(row.shift))).collect(),
        None => {
            let mut chords: Vec<Chord> = Vec::new();
            let mut first = 0;
            let mut section = row.chords.clone();
            for (bar, &model) in plan.models.iter().enumerate() {
                let beat = |bar: usize| bar * BEATS_PER_BAR;
                if model != bar {
                    chords.extend_from_within(beat(model)..beat(model + 1));
                    continue;
                }
                // New bars after a section that returned are a new section.
                if bar > 0 && plan.models[bar - 1] != bar - 1 {
                    (first, section) = (bar, table.draw(request.seed ^ (SECTION_KEY * bar as u64), number).chords);
                }
                chords.extend(&section[beat((bar - first) % WINDOW)..beat((bar - first) % WINDOW + 1)]);
            }
            chords
        }
    };
    Row { chords, ..row }
}

/// The conditions of a window of a piece: its chords, those after the end again from the first.
pub fn of_window(row: &Row, start: usize) -> Row {
    let beats = WINDOW * BEATS_PER_BAR;
    let chords = (0..beats).map(|beat| row.chords[(start * BEATS_PER_BAR + beat) % row.chords.len()]).collect();
    Row { chords, ..row.clone() }
}
