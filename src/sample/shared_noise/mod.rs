//! Repetition by noise that bars share: two bars that should be alike have correlated noise.
//!
//! Each bar's noise stays standard normal, so the flow needs no training for it. How much two bars share follows from their chords
//! ([`of_chords`]) or from a form ([`Form`]).

mod covariance;
mod form;
mod mixing;

pub use covariance::{MOST, of_chords};
pub use form::Form;
pub use mixing::Mixing;
