//! Onsets of a decoded sample, corrected before they are thresholded at 0: logits in, logits out.
//!
//! | module | changes |
//! |---|---|
//! | [`push`] | towards the sample's common rhythm, or towards a given one |
//! | [`counts`] | each bar's threshold, towards a given number of notes |

pub mod counts;
mod logits;
pub mod push;

pub use logits::OnsetLogits;
