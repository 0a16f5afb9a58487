//! What was written, as the page is told.

use super::described::{chords, note};
use super::engine::{Variant, Written};
use super::event::{Event, PreviewJson, VariantJson};
use super::task::Task;
use crate::data::music::columns::Columns;
use crate::data::music::key;
use crate::data::music::roll::{Note, Roll};
use crate::metrics::obedience::{share_in_chord, share_in_key};
use crate::song::Harmony;

/// The event of what is being written: the notes of each variant so far.
pub fn preview(job: String, task: &Task, variants: &[Vec<Note>]) -> Event {
    let variant =
        |notes: &Vec<Note>| PreviewJson { notes: notes.iter().map(note).collect(), removed: task.removed.clone() };
    Event::Preview { job, variants: variants.iter().map(variant).collect() }
}

/// The event of what was written.
pub fn result(job: String, task: &Task, written: &Written) -> Event {
    let shared = written.harmony.as_ref();
    let spans = |(columns, harmony): &(Columns, Harmony)| chords(columns, harmony, written.key);
    let variant = |variant: &Variant| VariantJson {
        notes: variant.notes.iter().map(note).collect(),
        removed: task.removed.clone(),
        seed: task.seed,
        in_chord: variant.harmony.as_ref().or(shared).and_then(|harmony| in_chord(variant, harmony)),
        in_key: written.key.and_then(|key| share_in_key(&variant.notes, key)),
        chords: variant.harmony.as_ref().map(spans),
    };
    Event::Result {
        job,
        variants: written.variants.iter().map(variant).collect(),
        chords: shared.map(spans).unwrap_or_default(),
        key: written.key.map_or_else(|| key::describe(&[]), key::name).to_owned(),
    }
}

/// The share of a variant's notes in their chords.
fn in_chord(variant: &Variant, (columns, harmony): &(Columns, Harmony)) -> Option<f64> {
    let arranged = columns.arrange(&Roll::new(columns.steps(), variant.notes.clone()));
    share_in_chord(arranged.notes(), harmony.beats())
}
