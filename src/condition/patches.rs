//! How the positions of a latent cover the cells of a window.

/// Which row of a latent has the highest pitches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOrder {
    /// Row 0, as in a picture.
    HighFirst,
    /// The last row.
    LowFirst,
}

/// The grid of patches of a codec: `[rows, columns]` latent positions, each of `pitches` pitches by `steps` steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patches {
    /// The lowest pitch that is covered.
    pub lowest: u8,
    /// Rows of the latent.
    pub rows: usize,
    /// Pitches of a row.
    pub pitches: usize,
    /// Columns of the latent.
    pub columns: usize,
    /// Steps of a column.
    pub steps: usize,
    /// The direction of rows, and of the pitches within each.
    pub order: RowOrder,
}

impl Patches {
    /// The pitch at an index within a row.
    pub fn pitch(&self, row: usize, index: usize) -> usize {
        let from_first = row * self.pitches + index;
        let from_lowest = match self.order {
            RowOrder::LowFirst => from_first,
            RowOrder::HighFirst => self.rows * self.pitches - 1 - from_first,
        };
        usize::from(self.lowest) + from_lowest
    }
}
