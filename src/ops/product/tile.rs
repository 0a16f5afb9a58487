//! The tiles of C in the tile variant and on matrix units, and how one is chosen.

use crate::gpu::{MatrixUnits, Products, Tuning};

/// A tile of C, and how its invocations, or on matrix units its subgroups, share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tile {
    /// Rows of C per workgroup.
    pub(super) rows: usize,
    /// Columns of C per workgroup.
    pub(super) columns: usize,
    /// Rows of C per invocation or subgroup.
    pub(super) own_rows: usize,
    /// Columns of C per invocation, a multiple of 4, or per subgroup.
    pub(super) own_columns: usize,
    /// Time per element on a full device, in hundredths of the largest tile's: smaller tiles load more per product. Not measured.
    weight: usize,
}

const fn tile(rows: usize, columns: usize, own_rows: usize, own_columns: usize, weight: usize) -> Tile {
    Tile { rows, columns, own_rows, own_columns, weight }
}

/// Tiles of the tile variant. Workgroups have 64 to 256 invocations, `columns / own_columns` is a multiple of 8 and `rows /
/// own_rows` one of 4, as `shaders/shared/tile_place.wgsl` requires.
pub(super) const TILES: [Tile; 5] = [
    tile(128, 128, 8, 8, 100),
    tile(128, 64, 8, 8, 110),
    tile(64, 64, 8, 4, 125),
    tile(64, 32, 8, 4, 160),
    tile(32, 32, 4, 4, 200),
];

/// Tiles on matrix units: workgroups of four or eight subgroups.
pub(super) const MATRIX_TILES: [Tile; 3] =
    [tile(128, 128, 64, 32, 100), tile(64, 64, 32, 32, 130), tile(32, 32, 16, 16, 220)];

/// Terms of the sum that a step of the tile variant stages.
pub(super) const CHUNK: usize = 16;
/// The same on matrix units.
pub(super) const MATRIX_CHUNK: usize = 32;

/// Rows and columns of the tiles of a variant.
pub fn tiles(products: Products) -> Vec<[usize; 2]> {
    let tiles: &[Tile] = match products {
        Products::Tile => &TILES,
        Products::Matrix(_) => &MATRIX_TILES,
        Products::Subgroup => &[],
    };
    tiles.iter().map(|tile| [tile.rows, tile.columns]).collect()
}

impl Tile {
    /// The tile for `products` products of m rows and n columns, in the tile variant or on matrix `units`: the tuning's if it
    /// names one that fits, else the [`best`](Self::best).
    pub(super) fn choose(tuning: &Tuning, units: Option<MatrixUnits>, [m, n]: [usize; 2], products: usize) -> Self {
        let all: &[Self] = if units.is_some() { &MATRIX_TILES } else { &TILES };
        let fits = |tile: &Self| {
            tile.memory(units) <= tuning.workgroup_memory && tile.invocations(units) <= tuning.workgroup_invocations
        };
        let fitting: Vec<Self> = all.iter().copied().filter(fits).collect();
        let named = fitting.iter().find(|tile| tuning.tile == Some([tile.rows, tile.columns]));
        named.copied().unwrap_or_else(|| Self::best(&fitting, [m, n], products, tuning.full))
    }

    /// The tile of the least time, assuming that a device with fewer than `full` workgroups takes as long as a full one.
    fn best(fitting: &[Self], [m, n]: [usize; 2], products: usize, full: usize) -> Self {
        let time = |tile: &&Self| {
            let workgroups = m.div_ceil(tile.rows) * n.div_ceil(tile.columns) * products;
            workgroups.max(full) * tile.rows * tile.columns * tile.weight
        };
        *fitting.iter().min_by_key(time).expect("the smallest tile fits every adapter")
    }

    /// Bytes of workgroup memory: slices of A and B, both with padding, and on matrix units a matrix per subgroup.
    fn memory(&self, units: Option<MatrixUnits>) -> usize {
        match units {
            None => 4 * (self.rows + self.columns) * (CHUNK + 4),
            Some(MatrixUnits { side, .. }) => {
                2 * (self.rows + self.columns) * (MATRIX_CHUNK + 8) + 4 * self.shares() * (side * side) as usize
            }
        }
    }

    fn invocations(&self, units: Option<MatrixUnits>) -> usize {
        self.shares() * units.map_or(1, |units| units.lanes as usize)
    }

    /// Invocations, or on matrix units subgroups, per workgroup.
    fn shares(&self) -> usize {
        (self.rows / self.own_rows) * (self.columns / self.own_columns)
    }
}

#[cfg(test)]
mod tests {
    use super::{MATRIX_TILES, MatrixUnits, TILES, Tile};

    fn best(tiles: &[Tile], m: usize, n: usize) -> [usize; 2] {
        let tile = Tile::best(tiles, [m, n], 1, 256);
        [tile.rows, tile.columns]
    }

    #[test]
    fn large_products_get_large_tiles_and_small_ones_enough_workgroups() {
        assert_eq!(best(&TILES, 4096, 4096), [128, 128]);
        assert_eq!(best(&TILES, 2048, 2048), [128, 128]);
        assert_eq!(best(&TILES, 1024, 1024), [64, 64]);
        assert_eq!(best(&TILES, 256, 256), [32, 32]);
        assert_eq!(best(&TILES, 65536, 64), [128, 64]);
        assert_eq!(best(&TILES, 65536, 32), [64, 32]);
        assert_eq!(best(&MATRIX_TILES, 4096, 4096), [128, 128]);
        assert_eq!(best(&MATRIX_TILES, 16384, 16), [32, 32]);
    }

    /// 16 KiB of workgroup memory and 256 invocations are guaranteed; adapters with matrix units have 32 KiB.
    #[test]
    fn tiles_fit() {
        let small = TILES.iter().filter(|tile| tile.memory(None) <= 16 << 10).count();
        assert_eq!(small, TILES.len() - 1);
        assert!(TILES.iter().all(|tile| tile.invocations(None) <= 256));
        for side in [16, 8] {
            let units = MatrixUnits { side, lanes: 32, emulated: false };
            let fits = |tile: &Tile| tile.memory(Some(units)) <= 32 << 10 && tile.invocations(Some(units)) <= 256;
            assert!(MATRIX_TILES.iter().all(fits));
        }
    }

    /// The shaders divide these numbers without a remainder.
    #[test]
    fn invocations_stage_and_compute_equally_many_elements() {
        for tile in TILES {
            let (across, down) = (tile.columns / tile.own_columns, tile.rows / tile.own_rows);
            assert!(across.is_multiple_of(8) && down.is_multiple_of(4), "{tile:?}");
            for chunk in [8, super::CHUNK] {
                let quads = [tile.rows, tile.columns].map(|side| side * chunk / 4);
                assert!(quads.iter().all(|quads| quads.is_multiple_of(tile.shares())), "{tile:?}, {chunk}");
            }
        }
        for (tile, lanes) in MATRIX_TILES.into_iter().flat_map(|tile| [8, 16, 32, 64].map(|lanes| (tile, lanes))) {
            let invocations = tile.invocations(Some(MatrixUnits { side: 16, lanes, emulated: false }));
            let quads = [tile.rows, tile.columns].map(|side| side * super::MATRIX_CHUNK / 4);
            assert!(quads.iter().all(|quads| quads.is_multiple_of(invocations)), "{tile:?}, {lanes}");
            assert!(invocations.is_multiple_of(tile.rows / 4) && invocations.is_multiple_of(tile.columns / 4));
        }
    }
}
