//! Repetition by noise that bars share: where two bars shall be alike, their noise is correlated.
//!
//! Each bar's noise stays standard normal, so the flow needs no training for it. How much two bars share follows from their chords
//! ([`of_chords`]) or from a form ([`Form`]).

mod covariance;
mod form;
mod mixing;

pub use covariance::{MOST, of_chords};
pub use form::Form;
pub use mixing::Mixing;
