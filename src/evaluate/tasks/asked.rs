//! Whether the attributes that were asked of a flow are those of its windows.

use super::case::{Case, Outcome};
use crate::condition::Attribute;
use crate::condition::attributes::attributes;
use crate::evaluate::obedience::{AttributeRow, correlated};

/// The correlation of each attribute asked for with that of the whole window.
pub fn correlations(cases: &[Case], outcomes: &[Outcome], seed: u64) -> Vec<AttributeRow> {
    let asked =
        |attribute: &Attribute| cases.iter().any(|case| case.prompt.asked.attributes().any(|a| a == *attribute));
    let row = |attribute: Attribute| {
        let which = attribute as usize;
        let pair = |(case, outcome): (&Case, &Outcome)| {
            (case.row.attributes[which].into(), attributes(&outcome.roll)[which].into())
        };
        let pairs: Vec<(f64, f64)> = cases.iter().zip(outcomes).map(pair).collect();
        AttributeRow { name: attribute.name(), correlation: correlated(&pairs, seed) }
    };
    Attribute::ALL.into_iter().filter(asked).map(row).collect()
}
