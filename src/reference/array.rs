//! Dense arrays of f64.

use std::ops::{Index, IndexMut};

use crate::rng::Philox;

/// A dense array of f64 in row-major order; `x[[n, h, w, c]]` is one element.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Size of each axis.
    pub shape: Vec<usize>,
    /// The elements, the last axis contiguous.
    pub data: Vec<f64>,
}

impl Array {
    /// An array of `shape` holding `data`.
    #[track_caller]
    pub fn new(shape: &[usize], data: Vec<f64>) -> Self {
        assert_eq!(
            shape.iter().product::<usize>(),
            data.len(),
            "Array::new: shape {shape:?} and {} values",
            data.len()
        );
        Self { shape: shape.to_vec(), data }
    }

    /// All zero.
    pub fn zeros(shape: &[usize]) -> Self {
        Self::full(shape, 0.0)
    }

    /// All `value`.
    pub fn full(shape: &[usize], value: f64) -> Self {
        Self::new(shape, vec![value; shape.iter().product()])
    }

    /// Standard normal values, a function of `seed` alone.
    pub fn random(shape: &[usize], seed: u64) -> Self {
        let mut rng = Philox::new(seed, 0);
        Self::new(shape, (0..shape.iter().product()).map(|_| rng.normal()).collect())
    }

    /// An array of `shape` from the f32 contents of a buffer.
    #[track_caller]
    pub fn from_f32(shape: &[usize], data: &[f32]) -> Self {
        Self::new(shape, data.iter().map(|&x| f64::from(x)).collect())
    }

    /// The elements rounded to f32, for a buffer.
    pub fn to_f32(&self) -> Vec<f32> {
        self.data.iter().map(|&x| x as f32).collect()
    }

    /// The array with every element rounded to f32, as a kernel reads it.
    pub fn rounded(&self) -> Self {
        self.map(|x| f64::from(x as f32))
    }

    /// The same elements in another shape of the same size.
    #[track_caller]
    pub fn reshaped(&self, shape: &[usize]) -> Self {
        Self::new(shape, self.data.clone())
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether an axis has size 0.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Size of the last axis, the channels.
    #[track_caller]
    pub fn channels(&self) -> usize {
        *self.shape.last().expect("an array of rank 0 has no channels")
    }

    /// Number of rows: the product of all axes but the last.
    pub fn rows(&self) -> usize {
        self.shape[..self.shape.len() - 1].iter().product()
    }

    /// Row `r`, with all axes but the last flattened.
    #[track_caller]
    pub fn row(&self, r: usize) -> &[f64] {
        let c = self.channels();
        &self.data[r * c..(r + 1) * c]
    }

    /// Row `r`, mutable.
    #[track_caller]
    pub fn row_mut(&mut self, r: usize) -> &mut [f64] {
        let c = self.channels();
        &mut self.data[r * c..(r + 1) * c]
    }

    /// The columns `range` of a matrix.
    #[track_caller]
    pub fn columns(&self, range: std::ops::Range<usize>) -> Self {
        let data = (0..self.rows()).flat_map(|r| self.row(r)[range.clone()].to_vec()).collect();
        Self::new(&[self.rows(), range.len()], data)
    }

    /// A matrix of `total` columns with this one's columns from `start`, and zeros elsewhere.
    #[track_caller]
    pub fn among_columns(&self, start: usize, total: usize) -> Self {
        let mut whole = Self::zeros(&[self.rows(), total]);
        for r in 0..self.rows() {
            whole.row_mut(r)[start..start + self.channels()].copy_from_slice(self.row(r));
        }
        whole
    }

    /// `f` of each element.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self { shape: self.shape.clone(), data: self.data.iter().map(|&x| f(x)).collect() }
    }

    /// `f` of each pair of elements of two arrays of equal shape.
    #[track_caller]
    pub fn zip(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Self {
        assert_eq!(self.shape, other.shape, "zip: {:?} and {:?}", self.shape, other.shape);
        let data = self.data.iter().zip(&other.data).map(|(&a, &b)| f(a, b)).collect();
        Self { shape: self.shape.clone(), data }
    }

    #[track_caller]
    fn offset<const RANK: usize>(&self, at: [usize; RANK]) -> usize {
        assert_eq!(RANK, self.shape.len(), "index {at:?} into shape {:?}", self.shape);
        at.iter().zip(&self.shape).fold(0, |offset, (&i, &n)| {
            assert!(i < n, "index {at:?} into shape {:?}", self.shape);
            offset * n + i
        })
    }
}

impl<const RANK: usize> Index<[usize; RANK]> for Array {
    type Output = f64;
    #[track_caller]
    fn index(&self, at: [usize; RANK]) -> &f64 {
        &self.data[self.offset(at)]
    }
}

impl<const RANK: usize> IndexMut<[usize; RANK]> for Array {
    #[track_caller]
    fn index_mut(&mut self, at: [usize; RANK]) -> &mut f64 {
        let offset = self.offset(at);
        &mut self.data[offset]
    }
}

/// Inner product of two slices of equal length.
#[track_caller]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "dot: {} and {} values", a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
