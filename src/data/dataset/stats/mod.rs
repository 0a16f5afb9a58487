//! Statistics of a data set, and their report as `flocoder data stats` prints it.

mod numbers;
mod report;

pub use numbers::{Moments, Stats};
