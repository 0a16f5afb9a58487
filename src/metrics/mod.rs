//! Numbers about music: features of one roll, comparisons of two, and distances between two sets.
//!
//! | module | compares |
//! |---|---|
//! | [`features`] | nothing: eleven numbers that describe a window |
//! | [`scores`] | a roll and its reconstruction: precision, recall and F1 of notes, frames and cells |
//! | [`bars`] | two rolls, bar by bar: overlap of their histograms of pitch and of duration |
//! | [`nearest`] | a roll and many others: the one whose onsets are most alike |
//! | [`density`] | two samples of a number: overlapped area of their densities |
//! | [`frechet`] | two sets of points: Fréchet distance |

pub mod bars;
pub mod density;
pub mod features;
pub mod frechet;
pub mod nearest;
pub mod scores;
