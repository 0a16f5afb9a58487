//! Cases shared by the self-test, the tests of operations and the benches: the same cases are checked and timed.

pub mod case;
pub mod cases;
mod guard;
pub mod measure;
pub mod selftest;
pub mod steps;

pub use case::{Case, Outcome, Size};
pub use guard::guarded;
pub use measure::{Effort, Row, measure};
pub use selftest::{Checked, selftest};
