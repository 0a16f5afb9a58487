//! The list of cases, a file per group of kernels.

use super::case::{Case, Size};

pub mod accumulate;

/// Every case of a size.
pub fn all(size: Size) -> Vec<Case> {
    [accumulate::cases].iter().flat_map(|cases| cases(size)).collect()
}
