//! The matrix-product core and what is plugged into it: products, linear layers, convolutions, attention.
//!
//! Two forms do all the work. The *inner* form, `C[m, n] = sum_k A[m, k] B[k, n]`, has A's rows contiguous in k: products, linear
//! layers, convolutions and their input gradients. The *outer* form, `C[m, n] = sum_p A[p, m] B[p, n]`, has both operands
//! contiguous in what is not summed: weight gradients. Each form has a body per class of device
//! (`shaders/shared/{product, outer}_{tile, matrix}.wgsl`, `shaders/software/`); a kernel is a body with the loaders of one operation.

pub mod attention;
pub mod conv;
pub mod linear;
mod lines;
pub mod matmul;
pub mod outer;
mod parts;
mod shape;
mod tile;

use crate::gpu::kernel::Registered;
use crate::gpu::{Body, Grid};

pub use attention::{attention, attention_packed};
pub use conv::conv2d;
pub use linear::{linear, linear_by_rows};
pub(super) use parts::PartedSum;
use shape::Shape;

/// The grid of `groups` workgroups for each of `batches`.
#[track_caller]
fn grid(groups: usize, batches: usize) -> Grid {
    let Grid([x, y, _]) = Grid::linear(groups);
    Grid([x, y, batches as u32])
}

/// Rows and columns of the tiles that a body has: what can be forced.
pub fn tiles(body: Body) -> Vec<[usize; 2]> {
    let tiles: &[tile::Tile] = match body {
        Body::Tile => &tile::TILES,
        Body::Matrix => &tile::MATRIX_TILES,
        Body::Subgroup => &[],
    };
    tiles.iter().map(|tile| [tile.rows, tile.columns]).collect()
}

/// The core's kernels, for the tests.
pub(super) fn registered() -> Vec<Registered> {
    [matmul::registered(), outer::registered(), parts::registered(), conv::registered()].into_iter().flatten().collect()
}
