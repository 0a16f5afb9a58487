//! What a conditioned flow is given: chords, attributes of a window and of its bars.
//!
//! ```text
//! window in C -> Row (chords, attributes, bars, rhythm)   a row of a checkpoint's table, of which two are drawn and crossed
//!                 |  wishes of a user replace parts
//!                 v
//!                Input (picture, numbers, flags)          with Scales, what is Shown, and the latent's Patches
//! ```
//!
//! Every condition may be hidden: in training by [`Shown::draw`], when sampling by the user's choice. A hidden number is 0, which
//! is also the mean of a normalised one, so the flags of what is shown are inputs too.
//!
//! ```
//! use flocoder::condition::{Input, Patches, Row, RowOrder, Scales, Shown, Wish};
//! use flocoder::data::corpus;
//! use flocoder::data::music::{chord::Progression, to_c};
//!
//! let row = |index| {
//!     let song = corpus::compose(0, index).merged();
//!     let window = song.window(0, 128);
//!     let shift = to_c::shift(&window, &song);
//!     Row::of(&window.shifted(shift), shift)
//! };
//! let rows: Vec<Row> = (0..8).map(row).collect();
//! let scales = Scales::fit(&rows);
//!
//! let chords = Progression::parse("Am F C G", 4)?.beats(8)?;
//! let mut wanted = rows[0].clone().with_chords(&chords, None);
//! Wish::parse("density", "1.3")?.apply(&mut wanted, &scales);
//!
//! let patches = Patches { lowest: 16, rows: 24, pitches: 4, columns: 8, steps: 16, order: RowOrder::HighFirst };
//! let input = Input::of(&wanted, &Shown::ALL, &scales, &patches, false);
//! assert_eq!(input.picture.len(), 24 * 8 * (32 + 3));
//! # Ok::<(), String>(())
//! ```

pub mod attributes;
mod bars;
mod controls;
mod expectation;
mod input;
pub mod masks;
mod mismatch;
mod occupied;
mod patches;
mod picture;
mod rhythm;
mod ridge;
mod row;
mod scales;
mod shown;
pub mod table;
mod wish;

pub use attributes::Attribute;
pub use bars::{BAR_ATTRIBUTES, bar_attributes};
pub use controls::{Controls, notes_wanted};
pub use expectation::{Example, Expectation};
pub use input::Input;
pub use mismatch::mismatch;
pub use occupied::{free_share, occupied};
pub use patches::{Patches, RowOrder};
pub use picture::{channels, picture};
pub use rhythm::{Pattern, RHYTHM_STEPS, template};
pub use row::Row;
pub use scales::{Scale, Scales};
pub use shown::{Hiding, Shown};
pub use wish::Wish;
