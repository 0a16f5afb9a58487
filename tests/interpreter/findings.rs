//! What is wrong with a kernel.

use std::collections::BTreeMap;
use std::fmt;

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Two invocations touch a word without a barrier between, and at least one changes it.
    Race,
    /// Two invocations store the same value to a word without a barrier between.
    SameValue,
    /// An index beyond the end.
    OutOfBounds,
    /// A read of workgroup memory that was never written.
    Unwritten,
    /// A barrier that not all invocations of the workgroup reach together, or an operation that not all of a subgroup do.
    Divergent,
    /// An integer divided by zero.
    DivisionByZero,
    /// Loops that turn more often than the launch told.
    Turns,
}

/// What was found, by kernel, variable and kind: how often, and the first in words.
#[derive(Debug, Default, Clone)]
pub struct Findings {
    found: BTreeMap<(&'static str, String, Fault), (usize, String)>,
}

impl Findings {
    pub fn add(&mut self, kernel: &'static str, variable: &str, fault: Fault, message: impl FnOnce() -> String) {
        let key = (kernel, variable.to_owned(), fault);
        self.found.entry(key).or_insert_with(|| (0, message())).0 += 1;
    }

    /// Those that are not allowed.
    pub fn except(mut self, allowed: impl Fn(&str, &str, Fault) -> bool) -> Self {
        self.found.retain(|(kernel, variable, fault), _| !allowed(kernel, variable, *fault));
        self
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((kernel, variable, fault), (count, message)) in &self.found {
            writeln!(out, "{kernel}: {fault:?} at {variable}, {count} times, first: {message}")?;
        }
        Ok(())
    }
}
