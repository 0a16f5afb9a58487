//! What a conditioned flow is given: chords, attributes of a window and of its bars.
//!
//! ```text
//! window in C -> Row (chords, attributes, bars, rhythm)   a row of a checkpoint's table, of which two are drawn and crossed
//!                 |  wishes of a user replace parts
//!                 v
//!                Input (picture, numbers, flags)          with Scales, what is Shown, and the latent's Patches
//! ```
//!
//! Every condition may be hidden: from training by [`Shown::draw`], when sampling by the user's choice. A hidden number is 0, which
//! is also the mean of a normalised one, so the flags of what is shown are inputs too.

pub mod attributes;
mod bars;
mod input;
mod mismatch;
mod patches;
mod picture;
mod rhythm;
mod row;
mod scales;
mod shown;
mod wish;

pub use attributes::Attribute;
pub use bars::{BAR_ATTRIBUTES, bar_attributes};
pub use input::Input;
pub use mismatch::mismatch;
pub use patches::{Patches, RowOrder};
pub use picture::{channels, picture};
pub use rhythm::{Pattern, RHYTHM_STEPS, template};
pub use row::Row;
pub use scales::{Scale, Scales};
pub use shown::{Hiding, Shown};
pub use wish::Wish;
