//! The list of cases, a file per group of kernels.

use super::case::{Case, Size};

pub mod accumulate;
pub mod loss;
pub mod noise;
pub mod optimizer;
pub mod reduce;

/// Every case of a size.
pub fn all(size: Size) -> Vec<Case> {
    [accumulate::cases, loss::cases, noise::cases, optimizer::cases, reduce::cases]
        .iter()
        .flat_map(|cases| cases(size))
        .collect()
}
