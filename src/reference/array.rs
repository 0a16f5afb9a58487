//! A dense array in f64.

/// A dense, row-major array.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Length of each dimension.
    pub shape: Vec<usize>,
    /// The elements.
    pub data: Vec<f64>,
}
