//! Evaluation of a flow by tasks: a part of held-out music is hidden and written anew.
//!
//! ```text
//! held-out windows -> Excerpt (in C, with its melody) -> Case (what is given, what is hidden, which conditions)
//!                                                          |
//!                  the flow, and the baselines, complete it: Outcome -> TaskRow (measures with intervals)
//! ```
//!
//! The lower baselines are [`Substitute`]s: bars of another song, and copies of earlier bars. The upper baseline is the music
//! itself. All is compared in C major or A minor, in which a conditioned flow works.

mod asked;
mod case;
mod continuation;
mod evaluation;
mod exactness;
mod excerpt;
mod likeness;
mod passage;
mod prompt;
mod repeated;
mod report;
mod row;
mod settings;
mod substitutes;
mod sums;
mod task;
mod writer;

pub use case::{Case, Outcome};
pub use continuation::Continuation;
pub use evaluation::evaluate;
pub use exactness::Exactness;
pub use excerpt::Excerpt;
pub use prompt::Prompt;
pub use repeated::Repeated;
pub use report::Report;
pub use row::TaskRow;
pub use settings::{Attributes, Chords, STRENGTH, Settings};
pub use substitutes::Substitute;
pub use task::Task;
