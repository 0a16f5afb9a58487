//! What is expected of the magnitudes of matrices.

use super::range_coder::Probability;

/// The magnitude of a weight: its exponent and two bits of its mantissa, so that it is its logarithm in quarters of an octave.
pub const MAGNITUDE: u32 = 7;
/// Means are in 1/256.
const ONE: i32 = 256;
/// Over how many weights a row's and a column's mean reach.
const ROW: i32 = 32;
const COLUMN: i32 = 40;
/// Most means that are told apart.
const MEANS: usize = 128;

/// Before the first weight of a matrix.
const MIDDLE: i32 = 40 * ONE;

/// The means of a matrix so far, and the probabilities of magnitudes for each mean, of all matrices.
pub struct Model {
    row: i32,
    columns: Vec<i32>,
    probabilities: Vec<[Probability; 1 << MAGNITUDE]>,
}

impl Model {
    /// Before all matrices.
    pub fn new() -> Self {
        let probabilities = vec![[Probability::default(); 1 << MAGNITUDE]; MEANS];
        Self { row: MIDDLE, columns: Vec::new(), probabilities }
    }

    /// Begins a matrix with so many columns.
    pub fn begin(&mut self, columns: usize) {
        self.row = MIDDLE;
        self.columns = vec![MIDDLE; columns];
    }

    /// The probabilities of the magnitude in a column, by the bits before, from 1 on.
    pub fn expected(&mut self, column: usize) -> &mut [Probability; 1 << MAGNITUDE] {
        let mean = (3 * self.row + 5 * self.columns[column]) / (8 * ONE);
        &mut self.probabilities[(mean.max(0) as usize).min(MEANS - 1)]
    }

    /// Notes the magnitude in a column.
    pub fn learn(&mut self, column: usize, magnitude: u32) {
        let magnitude = magnitude as i32 * ONE;
        self.row += (magnitude - self.row) / ROW;
        self.columns[column] += (magnitude - self.columns[column]) / COLUMN;
    }
}
