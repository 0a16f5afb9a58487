//! Writing long pieces, window by window.

use super::conditions::{of_window, row, window_seed};
use super::melody::{melodies, with_melody};
use super::plan::{Plan, WINDOW, Window};
use crate::condition::Row;
use crate::config::Sampling;
use crate::config::conditions::STEPS_PER_BAR;
use crate::data::music::partial::{CellSet, PartialRoll};
use crate::data::music::roll::{Note, Roll};
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::sample::{AfterStep, Asked, Composed, Generator, Metre, Request, Step, Variation};
use crate::text::count;

/// The share of noise with which a section returns.
const STRENGTH: f32 = 0.4;
const BAR: u32 = STEPS_PER_BAR as u32;

/// The pieces of a request, still in columns of 16 steps in another time signature than 4/4, whose chords, if it asks for some, are those of the whole piece. The form of the request is not used:
/// that of a long piece is in its plan. `after_step` is called as by [`Generator::generate_with`], for each window; a preview has the piece so far.
///
/// # Errors
/// A flow without conditions; a failure of the device; an error of `after_step`.
pub fn generate(
    generator: &Generator,
    gpu: &Gpu,
    request: &Request,
    sampling: &Sampling,
    (plan, metre): (&Plan, &Metre),
    after_step: &mut AfterStep<'_>,
) -> Result<Composed> {
    let table = generator.conditions.as_ref().ok_or_else(|| {
        Error::config(
            "this flow was trained without conditions, which a piece of more than 8 bars needs; leave out --bars",
        )
    })?;
    if table.patches.columns != WINDOW {
        return Err(Error::config(format!(
            "this flow writes {} at a time, but pieces are written {WINDOW} bars at a time; leave out --bars",
            count(table.patches.columns, "bar")
        )));
    }
    let numbers = request.first..request.first + request.count as u64;
    let rows: Vec<Row> = numbers.map(|number| row(table, request, number, plan)).collect();
    let melodies = match generator.melodies.as_ref().filter(|_| sampling.melody && request.asked.rhythm().is_none()) {
        Some(known) => melodies((known, &table.scales), request, &rows, (plan, metre)),
        None => vec![Vec::new(); request.count],
    };
    let has_melodies = melodies.iter().any(|melody| !melody.is_empty());
    let mut written: Vec<Vec<Note>> = vec![Vec::new(); request.count];
    for (index, window) in plan.windows().into_iter().enumerate() {
        let from = window.start as u32 * BAR;
        let parts: Vec<Roll> = written.iter().map(|notes| whole(plan, notes)).collect();
        let window_request = Request {
            seed: window_seed(request.seed, index),
            asked: Asked { form: None, chords: None, ..request.asked.clone() },
            partials: if window.start == window.written.start && metre.is_common() && !has_melodies {
                Vec::new()
            } else {
                let part =
                    |(part, melody): (&Roll, &Vec<Note>)| partial(&with_melody(part, melody, &window), &window, metre);
                parts.iter().zip(&melodies).map(part).collect()
            },
            variation: window.varies.map(|first| Variation {
                originals: parts.iter().map(|part| original(part, &window, first)).collect(),
                strength: STRENGTH,
            }),
            rows: rows.iter().map(|row| of_window(row, window.start)).collect(),
            ..request.clone()
        };
        let own = window.written.start as u32 * BAR..window.written.end as u32 * BAR;
        let with = |(notes, roll): (&Vec<Note>, &Roll)| -> Vec<Note> {
            let moved = roll.notes().iter().map(|note| Note { start: note.start + from, ..*note });
            notes.iter().copied().chain(moved.filter(|note| own.contains(&note.start))).collect()
        };
        let so_far = |rolls: Vec<Roll>| written.iter().zip(&rolls).map(|all| whole(plan, &with(all))).collect();
        let in_piece = &mut |step: &Step<'_>| after_step(&Step::new(&|| step.preview().map(so_far)));
        let rolls = generator.generate_with(gpu, &window_request, sampling, in_piece)?;
        written = written.iter().zip(&rolls).map(with).collect();
    }
    let all = |pieces: &[Vec<Note>]| pieces.iter().map(|notes| whole(plan, notes)).collect();
    Ok(Composed { rolls: all(&written), rows, melodies: if has_melodies { all(&melodies) } else { Vec::new() } })
}

fn whole(plan: &Plan, notes: &[Note]) -> Roll {
    Roll::new(plan.bars as u32 * BAR, notes.to_vec()).marked(true)
}

/// What is given of a window: the bars before those that are written. All after them is free.
fn partial(piece: &Roll, window: &Window, metre: &Metre) -> PartialRoll {
    let steps = WINDOW as u32 * BAR;
    let given = piece.window(window.start as u32 * BAR, steps);
    let known = (window.written.start - window.start) as u32 * BAR;
    PartialRoll::new(given, &(&CellSet::rectangle(steps, 0..=127, known..steps) & &metre.free(WINDOW)))
}

/// The music of a window with that from bar `first` on in place of the bars that are written.
fn original(piece: &Roll, window: &Window, first: usize) -> Roll {
    let known = (window.written.start - window.start) as u32 * BAR;
    let steps = WINDOW as u32 * BAR;
    let before = piece.window(window.start as u32 * BAR, known);
    let again = piece.window(first as u32 * BAR, steps - known);
    let moved = again.notes().iter().map(|note| Note { start: note.start + known, ..*note });
    Roll::new(steps, before.notes().iter().copied().chain(moved).collect())
}
