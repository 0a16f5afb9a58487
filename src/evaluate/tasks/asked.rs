//! Whether what was asked of a flow is so in what it wrote.

use super::case::{Case, Outcome};
use crate::condition::{Attribute, Wish};
use crate::data::music::roll::Note;
use crate::evaluate::obedience::{AttributeRow, correlated};
use crate::metrics::features::STEPS_PER_BAR;

/// The correlation of what was asked for with what was got: of the logarithm of the notes per judged bar, given notes included, and of
/// the lowest and the highest new pitch there.
pub fn correlations(cases: &[Case], outcomes: &[Outcome], seed: u64) -> Vec<AttributeRow> {
    let row = |attribute: Attribute| {
        let pair = |(case, outcome): (&Case, &Outcome)| {
            let asked = case.prompt.asked.wishes.iter().find_map(|wish| asked(wish, attribute))?;
            Some((asked.into(), got(case, outcome, attribute)?))
        };
        let pairs: Vec<(f64, f64)> = cases.iter().zip(outcomes).filter_map(pair).collect();
        (!pairs.is_empty()).then(|| AttributeRow { name: attribute.name(), correlation: correlated(&pairs, seed) })
    };
    [Attribute::Density, Attribute::Lowest, Attribute::Highest].into_iter().filter_map(row).collect()
}

/// The value of an attribute that a wish asks for.
fn asked(wish: &Wish, attribute: Attribute) -> Option<f32> {
    match (wish, attribute) {
        (Wish::Density(factor), Attribute::Density) => Some(factor.ln()),
        (Wish::Register(lowest, _), Attribute::Lowest) => Some((*lowest).into()),
        (Wish::Register(_, highest), Attribute::Highest) => Some((*highest).into()),
        _ => None,
    }
}

/// The value of an attribute in the judged bars; `None` without new notes.
fn got(case: &Case, outcome: &Outcome, attribute: Attribute) -> Option<f64> {
    let is_judged = |note: &&Note| outcome.bars.contains(&(note.start / STEPS_PER_BAR));
    let new = case.new_notes(&outcome.roll);
    let pitches = new.iter().filter(is_judged).map(|note| note.pitch);
    match attribute {
        Attribute::Lowest => pitches.min().map(f64::from),
        Attribute::Highest => pitches.max().map(f64::from),
        _ => {
            let notes = outcome.roll.notes().iter().filter(is_judged).count();
            Some((notes as f64 + 1.0).ln())
        }
    }
}
