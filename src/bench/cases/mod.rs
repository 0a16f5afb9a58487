//! The list of cases, a file per group of kernels.

use super::case::{Case, Size};

pub mod accumulate;
pub mod reduce;

/// Every case of a size.
pub fn all(size: Size) -> Vec<Case> {
    [accumulate::cases, reduce::cases].iter().flat_map(|cases| cases(size)).collect()
}
