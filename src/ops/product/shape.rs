//! What a pipeline of the matrix-product core is compiled for, and the rules that choose it.

use super::tile::{CHUNK, MATRIX_CHUNK, Tile};
use crate::gpu::{Body, Capabilities, MatrixUnits};
use crate::tensor::{Dtype, Tensor};

/// What a pipeline of the core is compiled for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) body: Body,
    /// Rows of C per workgroup.
    pub(super) rows: usize,
    /// Columns of C per workgroup.
    pub(super) columns: usize,
    /// Elements of k, or pixels, per step.
    pub(super) chunk: usize,
    /// Elements of A per load: 4, or 1 where its rows do not begin on multiples of 4.
    pub(super) a_width: usize,
    /// Elements of B and C per load and store: 4, 2 or 1.
    pub(super) width: usize,
    /// Rows and columns per invocation of the tile body, or per subgroup on matrix units.
    own: [usize; 2],
    /// Loads of B per lane and k in the subgroup body.
    pub(super) spans: usize,
    /// The matrix units that compute it.
    units: Option<MatrixUnits>,
}

impl Shape {
    /// That of the tile body, or on matrix `units`.
    fn tiled(tile: Tile, units: Option<MatrixUnits>, chunk: usize, a_width: usize, width: usize) -> Self {
        let Tile { rows, columns, own_rows, own_columns, .. } = tile;
        let (body, chunk) = if units.is_some() { (Body::Matrix, MATRIX_CHUNK) } else { (Body::Tile, chunk) };
        Self { body, rows, columns, chunk, a_width, width, spans: 1, own: [own_rows, own_columns], units }
    }

    /// The inner form of `batches` products of two operands. `a_aligned`: A's rows begin on multiples of 4 and k is one;
    /// `alignment`: what B's and C's rows begin on.
    pub(super) fn inner(
        operands: [&Tensor; 2],
        [m, n, k]: [usize; 3],
        batches: usize,
        a_aligned: bool,
        alignment: usize,
    ) -> Self {
        let capabilities = operands[0].gpu().capabilities();
        let body = capabilities.body;
        let a_width = if a_aligned { 4 } else { 1 };
        let width = column_width(body, n, alignment);
        if body != Body::Subgroup {
            let units = units(capabilities, operands);
            let tile = Tile::choose(capabilities, units, [m, n], batches);
            return Self::tiled(tile, units, if k <= 8 { 8 } else { CHUNK }, a_width, width);
        }
        // A turn of 32 rows, 64 columns and four of k is as much as a processor's first instruction cache holds.
        let chunk = if a_aligned { 4 } else { 8 };
        let (spans, rows) = (spans(n, width, 8), subgroup_rows(m));
        Self { body, rows, columns: 8 * width * spans, chunk, a_width, width, spans, own: [0; 2], units: None }
    }

    /// The outer form of `batches` products of two operands, or parts of them. `a_aligned`: A's rows begin on multiples of 4
    /// and m is one.
    pub(super) fn outer(
        operands: [&Tensor; 2],
        [m, n]: [usize; 2],
        batches: usize,
        a_aligned: bool,
        alignment: usize,
    ) -> Self {
        let capabilities = operands[0].gpu().capabilities();
        let body = capabilities.body;
        let a_width = if a_aligned { 4 } else { 1 };
        let width = column_width(body, n, alignment);
        if body != Body::Subgroup {
            let units = units(capabilities, operands);
            return Self::tiled(Tile::choose(capabilities, units, [m, n], batches), units, CHUNK, a_width, width);
        }
        let rows = if a_aligned { subgroup_rows(m) } else { 8 };
        // Eight pixels a turn, so half the columns of the inner form.
        let spans = spans(n, width, 4);
        Self { body, rows, columns: 8 * width * spans, chunk: 8, a_width, width, spans, own: [0; 2], units: None }
    }

    pub(super) fn constants(&self) -> Vec<(&'static str, u32)> {
        let (side, lanes, played) = self.units.map_or((0, 0, false), |units| (units.side, units.lanes, units.played));
        vec![
            ("matrix", side),
            ("lanes", lanes),
            ("played", u32::from(played)),
            ("subgroup_body", u32::from(self.body == Body::Subgroup)),
            ("rows", self.rows as u32),
            ("columns", self.columns as u32),
            ("chunk", self.chunk as u32),
            ("a_width", self.a_width as u32),
            ("width", self.width as u32),
            ("spans", self.spans as u32),
            ("own_rows", self.own[0] as u32),
            ("own_columns", self.own[1] as u32),
        ]
    }

    pub(super) fn column_groups(&self, n: usize) -> usize {
        n.div_ceil(self.columns)
    }

    pub(super) fn row_groups(&self, m: usize) -> usize {
        m.div_ceil(self.rows)
    }
}

/// The matrix units, where there are any and both operands are what they take. f32 operands would lose what they have more.
fn units(capabilities: &Capabilities, operands: [&Tensor; 2]) -> Option<MatrixUnits> {
    let wanted = capabilities.body == Body::Matrix && operands.iter().all(|operand| operand.dtype() == Dtype::F16);
    capabilities.matrix.filter(|_| wanted)
}

/// Columns per lane: as wide as the rows' alignment allows, but no wider than eight lanes can share.
pub(super) fn column_width(body: Body, n: usize, alignment: usize) -> usize {
    let fits = |width: &usize| n.is_multiple_of(*width) && alignment.is_multiple_of(*width);
    let shared = |width: &usize| body != Body::Subgroup || n > 4 * width || *width == 1;
    [4, 2, 1].into_iter().find(|width| fits(width) && shared(width)).unwrap_or(1)
}

/// Loads of B per lane and k: so many columns per lane, at the most, that share the loads of A, in groups of the same size.
fn spans(n: usize, width: usize, columns: usize) -> usize {
    let spans = n.div_ceil(8 * width);
    spans.div_ceil(spans.div_ceil(columns / width))
}

/// Rows per subgroup: each row costs its products, each workgroup the loads of B that all its rows share.
fn subgroup_rows(m: usize) -> usize {
    const ROW: usize = 3;
    const SHARED: usize = 56;
    [32, 24, 16, 8].into_iter().min_by_key(|rows| m.div_ceil(*rows) * (rows * ROW + SHARED)).unwrap_or(8)
}
