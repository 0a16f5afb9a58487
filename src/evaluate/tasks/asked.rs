//! Whether the attributes that a flow was shown are those of its windows.

use super::case::{Case, Outcome};
use crate::condition::Attribute;
use crate::condition::attributes::attributes;
use crate::evaluate::obedience::{AttributeRow, correlated};

/// The correlation of each attribute that is shown with that of the whole window.
pub fn correlations(cases: &[Case], outcomes: &[Outcome], seed: u64) -> Vec<AttributeRow> {
    let shown = |attribute: &Attribute| cases.iter().any(|case| case.prompt.shown.attributes[*attribute as usize]);
    let row = |attribute: Attribute| {
        let which = attribute as usize;
        let pair = |(case, outcome): (&Case, &Outcome)| {
            (case.prompt.row.attributes[which].into(), attributes(&outcome.roll)[which].into())
        };
        let pairs: Vec<(f64, f64)> = cases.iter().zip(outcomes).map(pair).collect();
        AttributeRow { name: attribute.name(), correlation: correlated(&pairs, seed) }
    };
    Attribute::ALL.into_iter().filter(shown).map(row).collect()
}
