//! The tiles of C that a workgroup of the tile body may compute, and the rule that picks one.

use crate::gpu::Capabilities;

/// A tile of C, and how its invocations share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tile {
    /// Rows of C per workgroup.
    pub(super) rows: usize,
    /// Columns of C per workgroup.
    pub(super) columns: usize,
    /// Rows of C per invocation.
    pub(super) own_rows: usize,
    /// Columns of C per invocation, a multiple of 4.
    pub(super) own_columns: usize,
    /// Time per element of a full device, in hundredths of that of the largest tile: the smaller a tile, the more it loads per
    /// product.
    weight: usize,
}

const fn tile(rows: usize, columns: usize, own_rows: usize, own_columns: usize, weight: usize) -> Tile {
    Tile { rows, columns, own_rows, own_columns, weight }
}

/// All of them. Workgroups have 64 to 256 invocations, `columns / own_columns` is a multiple of 8 and `rows / own_rows` one of
/// 4, as `shaders/shared/tile_place.wgsl` wants it.
pub(super) const TILES: [Tile; 5] = [
    tile(128, 128, 8, 8, 100),
    tile(128, 64, 8, 8, 110),
    tile(64, 64, 8, 4, 125),
    tile(64, 32, 8, 4, 160),
    tile(32, 32, 4, 4, 200),
];

/// Elements of k, or pixels, that a step of the tile body stages.
pub(super) const CHUNK: usize = 16;

/// Workgroups that fill a device. wgpu does not tell how many cores there are: large cards have 80 to 140, which run two or more
/// of these workgroups each.
pub(super) const FULL: usize = 256;

impl Tile {
    /// The tile for `batches` products of m rows and n columns: the one that `FLOCODER_TILE` names, or the [`Tile::best`].
    pub(super) fn choose(capabilities: &Capabilities, m: usize, n: usize, batches: usize) -> Self {
        let memory = capabilities.workgroup_memory;
        let named = |tile: &&Self| capabilities.tile == Some([tile.rows, tile.columns]) && tile.memory() <= memory;
        TILES.iter().find(named).copied().unwrap_or_else(|| Self::best(memory, m, n, batches))
    }

    /// The tile that takes least time, where a device that is not full takes as long as one that is. A pure function of sizes
    /// and limits, so that results do not change from run to run.
    fn best(memory: usize, m: usize, n: usize, batches: usize) -> Self {
        let fitting = TILES.iter().filter(|tile| tile.memory() <= memory);
        *fitting
            .min_by_key(|tile| tile.time(m, n, batches))
            .expect("the smallest tile needs 5 KiB of the 16 that are guaranteed")
    }

    /// Workgroups for one product of m rows and n columns.
    pub(super) fn workgroups(&self, m: usize, n: usize) -> usize {
        m.div_ceil(self.rows) * n.div_ceil(self.columns)
    }

    /// For the lists of kernels: the constants of a tile, or of the subgroup body in eight rows.
    pub(super) const fn or_subgroup(tile: Option<Self>) -> [(&'static str, u32); 5] {
        let (body, [rows, columns, own_rows, own_columns]) = match tile {
            Some(tile) => (0, [tile.rows, tile.columns, tile.own_rows, tile.own_columns]),
            None => (1, [8, 8, 0, 0]),
        };
        [
            ("subgroup_body", body),
            ("rows", rows as u32),
            ("columns", columns as u32),
            ("own_rows", own_rows as u32),
            ("own_columns", own_columns as u32),
        ]
    }

    fn time(&self, m: usize, n: usize, batches: usize) -> usize {
        (self.workgroups(m, n) * batches).max(FULL) * self.rows * self.columns * self.weight
    }

    /// Bytes of workgroup memory at the most: slices of A and B, in the inner form with the padding of both.
    fn memory(&self) -> usize {
        4 * (self.rows + self.columns) * (CHUNK + 4)
    }
}

#[cfg(test)]
mod tests {
    use super::Tile;

    fn chosen(memory: usize, m: usize, n: usize) -> [usize; 2] {
        let tile = Tile::best(memory, m, n, 1);
        [tile.rows, tile.columns]
    }

    #[test]
    fn large_products_get_large_tiles_and_small_ones_enough_workgroups() {
        let card = 48 << 10;
        assert_eq!(chosen(card, 4096, 4096), [128, 128]);
        assert_eq!(chosen(card, 2048, 2048), [128, 128]);
        assert_eq!(chosen(card, 1024, 1024), [64, 64]);
        assert_eq!(chosen(card, 256, 256), [32, 32]);
        assert_eq!(chosen(card, 65536, 64), [128, 64]);
        assert_eq!(chosen(card, 65536, 32), [64, 32]);
    }

    #[test]
    fn the_memory_that_is_guaranteed_is_enough() {
        assert_eq!(chosen(16 << 10, 4096, 4096), [128, 64]);
    }
}
