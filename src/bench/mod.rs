//! Cases shared by the self-test, the op tests and the benches: what is checked is what is timed.

pub mod case;
pub mod cases;
pub mod measure;

pub use case::{Case, Outcome, Size};
pub use measure::{Effort, Row, measure};
