//! Exactness of a flow's windows: violations of what was given, counted over all.

use std::fmt;

use serde::Serialize;

use super::case::{Case, Outcome};
use crate::metrics::exactness::Violations;

/// Numbers of notes and of violations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Exactness {
    /// Given notes.
    pub given: usize,
    /// Those that are missing or changed.
    pub missing: usize,
    /// New notes.
    pub new: usize,
    /// Those that sound in a cell that is not free.
    pub outside: usize,
}

impl Exactness {
    /// Of all windows.
    pub fn of(cases: &[Case], outcomes: &[Outcome]) -> Self {
        let mut sum = Self::default();
        for (case, outcome) in cases.iter().zip(outcomes) {
            let Violations { missing, outside } = Violations::of(&case.prompt.partial, &outcome.roll);
            sum.given += case.prompt.partial.given().notes().len();
            sum.new += case.new_notes(&outcome.roll).len();
            sum.missing += missing;
            sum.outside += outside;
        }
        sum
    }
}

impl fmt::Display for Exactness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { given, missing, new, outside } = self;
        write!(
            f,
            "given notes missing or changed: {missing} of {given}; new notes outside of the free cells: {outside} of {new}"
        )
    }
}
