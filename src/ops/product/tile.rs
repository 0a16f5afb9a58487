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
    /// Most terms of the sum per step: those that are staged between two barriers.
    chunk: usize,
    /// Whether a step loads the next step's terms into registers, which hides the latency of memory but takes registers.
    pub(super) ahead: bool,
    /// Time per element on a full device, in hundredths of the largest tile's: smaller tiles load more per product.
    weight: usize,
}

const fn tile(
    [rows, columns]: [usize; 2],
    [own_rows, own_columns]: [usize; 2],
    chunk: usize,
    ahead: bool,
    weight: usize,
) -> Tile {
    Tile { rows, columns, own_rows, own_columns, chunk, ahead, weight }
}

/// Tiles of the tile variant. Workgroups have 64 to 256 invocations, `columns / own_columns` is a multiple of 8 and `rows /
/// own_rows` one of 4, as `shaders/shared/tile_place.wgsl` requires.
///
/// Shares, chunks and weights were measured on an NVIDIA H200, except those of 64x32 (`docs/performance.md`). Loading ahead made the
/// largest tile slower, whose registers it needs, and small ones faster, whose steps wait for memory.
pub(super) const TILES: [Tile; 5] = [
    tile([128, 128], [16, 8], 16, false, 100),
    tile([128, 64], [8, 8], 16, false, 113),
    tile([64, 64], [8, 4], 16, true, 116),
    tile([64, 32], [8, 4], 32, true, 140),
    tile([32, 32], [4, 4], 32, true, 150),
];

/// Tiles on matrix units: workgroups of two or four subgroups. Measured on the same GPU.
pub(super) const MATRIX_TILES: [Tile; 3] = [
    tile([128, 128], [64, 64], 32, true, 100),
    tile([64, 64], [64, 32], 32, true, 177),
    tile([32, 32], [16, 16], 32, true, 350),
];

/// Fewest terms of a step of the tile variant. On matrix units the tile's chunk is always taken.
const SHORTEST_CHUNK: usize = 8;

/// Rows and columns of the tiles of a variant.
pub fn tiles(products: Products) -> Vec<[usize; 2]> {
    let tiles: &[Tile] = match products {
        Products::Tile => &TILES,
        Products::Matrix(_) => &MATRIX_TILES,
        Products::Subgroup(_) => &[],
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
        let tile = named.copied().unwrap_or_else(|| Self::best(&fitting, [m, n], products, tuning.full));
        let [own_rows, own_columns] = tuning.own.unwrap_or([tile.own_rows, tile.own_columns]);
        let set = Self {
            own_rows,
            own_columns,
            chunk: tuning.chunk.unwrap_or(tile.chunk),
            ahead: tuning.ahead.unwrap_or(tile.ahead),
            ..tile
        };
        if set.is_even(units, set.chunk) && fits(&set) { set } else { tile }
    }

    /// Terms per step of a sum of `terms` terms, or of several such sums one after the other.
    pub(super) fn chunk(&self, units: Option<MatrixUnits>, terms: usize) -> usize {
        match units {
            Some(_) => self.chunk,
            None => {
                let mut chunk = terms.next_power_of_two().max(SHORTEST_CHUNK);
                while chunk < self.chunk && !self.is_even(None, chunk) {
                    chunk *= 2;
                }
                chunk.min(self.chunk)
            }
        }
    }

    /// Whether invocations and subgroups stage and compute equally many elements, which the shaders assume.
    fn is_even(&self, units: Option<MatrixUnits>, chunk: usize) -> bool {
        let whole = |number: usize, part: usize| part > 0 && number.is_multiple_of(part);
        let shared = whole(self.rows, self.own_rows) && whole(self.columns, self.own_columns);
        let (down, across) = (self.rows / self.own_rows.max(1), self.columns / self.own_columns.max(1));
        let shape = match units {
            Some(MatrixUnits { side, .. }) => {
                [self.own_rows, self.own_columns, chunk].iter().all(|&length| whole(length, side as usize))
            }
            None => whole(across, 8) && whole(down, 4) && whole(self.own_rows, 4) && whole(self.own_columns, 4),
        };
        let invocations = across * down * units.map_or(1, |units| units.lanes as usize);
        let staged = |side: usize| whole(side * chunk / 4, invocations) && whole(invocations, side / 4);
        shared && shape && staged(self.rows) && staged(self.columns) && whole(chunk, 4) && whole(invocations, chunk / 4)
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
            None => 4 * (self.rows + self.columns) * (self.chunk + 4),
            Some(MatrixUnits { side, .. }) => {
                2 * (self.rows + self.columns) * (self.chunk + 8) + 4 * self.shares() * (side * side) as usize
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
    use super::{MATRIX_TILES, MatrixUnits, TILES, Tile, Tuning};

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

    #[test]
    fn invocations_stage_and_compute_equally_many_elements() {
        for tile in TILES {
            assert!([8, 16, tile.chunk].iter().all(|&chunk| tile.is_even(None, chunk)), "{tile:?}");
        }
        for (tile, lanes) in MATRIX_TILES.into_iter().flat_map(|tile| [8, 16, 32, 64].map(|lanes| (tile, lanes))) {
            let units = MatrixUnits { side: 16, lanes, emulated: false };
            assert!(tile.is_even(Some(units), tile.chunk), "{tile:?}, {lanes}");
        }
    }

    #[test]
    fn a_tuning_sets_shares_and_chunk_where_they_fit() {
        let sizes = [4096, 4096];
        let own = |own, chunk| {
            let tuning = Tuning { tile: Some([64, 64]), own, chunk, ..Tuning::gpu(None) };
            let tile = Tile::choose(&tuning, None, sizes, 1);
            ([tile.own_rows, tile.own_columns], tile.chunk)
        };
        assert_eq!(own(None, None), ([8, 4], 16));
        assert_eq!(own(Some([8, 8]), Some(8)), ([8, 8], 8));
        // 64 x 64 elements cannot be shared by tens, and slices of 128 terms exceed 16 KiB.
        assert_eq!(own(Some([10, 4]), None), ([8, 4], 16));
        assert_eq!(own(None, Some(128)), ([8, 4], 16));
    }

    #[test]
    fn short_sums_take_short_steps() {
        let chunks = [3, 8, 9, 16, 17, 500].map(|terms| TILES[4].chunk(None, terms));
        assert_eq!(chunks, [8, 8, 16, 16, 32, 32]);
    }
}
