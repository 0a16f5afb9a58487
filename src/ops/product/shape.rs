//! What a pipeline of the matrix-product core is compiled for, and the rules that choose it.

use crate::gpu::{Body, Gpu};

/// What a pipeline of the core is compiled for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) body: Body,
    /// Rows of C per workgroup.
    pub(super) rows: usize,
    /// Columns of C per workgroup.
    pub(super) columns: usize,
    /// Elements of k per step of the subgroup body.
    pub(super) chunk: usize,
    /// Elements of A per load: 4, or 1 where its rows do not begin on multiples of 4.
    pub(super) a_width: usize,
    /// Elements of B and C per load and store: 4, 2 or 1.
    pub(super) width: usize,
}

/// Rows of the tile body.
const TILE: usize = 64;

impl Shape {
    /// The inner form. `a_aligned`: A's rows begin on multiples of 4 and k is one; `alignment`: what B's and C's rows begin on.
    pub(super) fn inner(gpu: &Gpu, m: usize, n: usize, k: usize, a_aligned: bool, alignment: usize) -> Self {
        let body = gpu.capabilities().body;
        let a_width = if a_aligned { 4 } else { 1 };
        let width = column_width(body, n, alignment);
        if body == Body::Tile {
            return Self { body, rows: TILE, columns: TILE, chunk: 1, a_width, width };
        }
        let chunk =
            if a_aligned { [32, 16, 8, 4].into_iter().find(|chunk| k.is_multiple_of(*chunk)).unwrap_or(4) } else { 8 };
        Self { body, rows: subgroup_rows(m), columns: 8 * width, chunk, a_width, width }
    }

    /// The outer form. `a_aligned`: A's rows begin on multiples of 4 and m is one.
    pub(super) fn outer(gpu: &Gpu, m: usize, n: usize, a_aligned: bool, alignment: usize) -> Self {
        let body = gpu.capabilities().body;
        let a_width = if a_aligned { 4 } else { 1 };
        let width = column_width(body, n, alignment);
        if body == Body::Tile {
            return Self { body, rows: TILE, columns: TILE, chunk: 1, a_width, width };
        }
        let rows = if a_aligned { subgroup_rows(m) } else { 8 };
        Self { body, rows, columns: 8 * width, chunk: 8, a_width, width }
    }

    pub(super) fn constants(&self) -> Vec<(&'static str, u32)> {
        vec![
            ("subgroup_body", u32::from(self.body == Body::Subgroup)),
            ("rows", self.rows as u32),
            ("chunk", self.chunk as u32),
            ("a_width", self.a_width as u32),
            ("width", self.width as u32),
        ]
    }

    pub(super) fn column_groups(&self, n: usize) -> usize {
        n.div_ceil(self.columns)
    }

    pub(super) fn row_groups(&self, m: usize) -> usize {
        m.div_ceil(self.rows)
    }
}

/// Columns per lane: as wide as the rows' alignment allows, but no wider than eight lanes can share.
fn column_width(body: Body, n: usize, alignment: usize) -> usize {
    let fits = |width: &usize| n.is_multiple_of(*width) && alignment.is_multiple_of(*width);
    let shared = |width: &usize| body == Body::Tile || n > 4 * width || *width == 1;
    [4, 2, 1].into_iter().find(|width| fits(width) && shared(width)).unwrap_or(1)
}

/// Rows per subgroup: each row costs its products, each workgroup the loads of B that all its rows share.
fn subgroup_rows(m: usize) -> usize {
    const ROW: usize = 3;
    const SHARED: usize = 56;
    [24, 16, 8].into_iter().min_by_key(|rows| m.div_ceil(*rows) * (rows * ROW + SHARED)).unwrap_or(8)
}
