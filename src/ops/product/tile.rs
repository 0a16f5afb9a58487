//! The tiles of C that a workgroup may compute in the tile body and on matrix units, and the rule that picks one.

use crate::gpu::{Capabilities, MatrixUnits};

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
    /// Time per element of a full device, in hundredths of that of the largest tile: the smaller a tile, the more it loads per
    /// product.
    weight: usize,
}

const fn tile(rows: usize, columns: usize, own_rows: usize, own_columns: usize, weight: usize) -> Tile {
    Tile { rows, columns, own_rows, own_columns, weight }
}

/// Those of the tile body. Workgroups have 64 to 256 invocations, `columns / own_columns` is a multiple of 8 and `rows / own_rows` one of
/// 4, as `shaders/shared/tile_place.wgsl` wants it.
pub(super) const TILES: [Tile; 5] = [
    tile(128, 128, 8, 8, 100),
    tile(128, 64, 8, 8, 110),
    tile(64, 64, 8, 4, 125),
    tile(64, 32, 8, 4, 160),
    tile(32, 32, 4, 4, 200),
];

/// Those on matrix units: workgroups of four or eight subgroups.
pub(super) const MATRIX_TILES: [Tile; 3] =
    [tile(128, 128, 64, 32, 100), tile(64, 64, 32, 32, 130), tile(32, 32, 16, 16, 220)];

/// Elements of k, or pixels, that a step of the tile body stages.
pub(super) const CHUNK: usize = 16;
/// The same on matrix units.
pub(super) const MATRIX_CHUNK: usize = 32;

/// Workgroups that fill a device. wgpu does not tell how many cores there are: large cards have 80 to 140, which run two or more
/// of these workgroups each.
pub(super) const FULL: usize = 256;

impl Tile {
    /// The tile for `batches` products of m rows and n columns, in the tile body or on matrix `units`: the one that
    /// `FLOCODER_TILE` names, or the [`best`](Self::best).
    pub(super) fn choose(
        capabilities: &Capabilities,
        units: Option<MatrixUnits>,
        [m, n]: [usize; 2],
        batches: usize,
    ) -> Self {
        let all: &[Self] = if units.is_some() { &MATRIX_TILES } else { &TILES };
        let fits = |tile: &Self| {
            tile.memory(units) <= capabilities.workgroup_memory && tile.invocations(units) <= capabilities.invocations
        };
        let fitting: Vec<Self> = all.iter().copied().filter(fits).collect();
        let named = fitting.iter().find(|tile| capabilities.tile == Some([tile.rows, tile.columns]));
        named.copied().unwrap_or_else(|| Self::best(&fitting, [m, n], batches))
    }

    /// The tile that takes least time, where a device that is not full takes as long as one that is. A pure function of sizes
    /// and limits, so that results do not change from run to run.
    fn best(fitting: &[Self], [m, n]: [usize; 2], batches: usize) -> Self {
        *fitting.iter().min_by_key(|tile| tile.time(m, n, batches)).expect("the smallest tile fits every adapter")
    }

    /// Workgroups for one product of m rows and n columns.
    pub(super) fn workgroups(&self, m: usize, n: usize) -> usize {
        m.div_ceil(self.rows) * n.div_ceil(self.columns)
    }

    fn time(&self, m: usize, n: usize, batches: usize) -> usize {
        (self.workgroups(m, n) * batches).max(FULL) * self.rows * self.columns * self.weight
    }

    /// Bytes of workgroup memory at the most: slices of A and B, both with padding, and on matrix units a matrix per subgroup.
    fn memory(&self, units: Option<MatrixUnits>) -> usize {
        match units {
            None => 4 * (self.rows + self.columns) * (CHUNK + 4),
            Some(MatrixUnits { side, .. }) => {
                2 * (self.rows + self.columns) * (MATRIX_CHUNK + 8) + 4 * self.parts() * (side * side) as usize
            }
        }
    }

    fn invocations(&self, units: Option<MatrixUnits>) -> usize {
        self.parts() * units.map_or(1, |units| units.lanes as usize)
    }

    /// Invocations, or on matrix units subgroups, per workgroup.
    fn parts(&self) -> usize {
        (self.rows / self.own_rows) * (self.columns / self.own_columns)
    }
}

/// What the lists of kernels for the tests compile a kernel for.
#[derive(Clone, Copy)]
pub(super) enum Listed {
    /// The subgroup body, in eight rows.
    Subgroup,
    /// One of [`TILES`].
    Tiled(usize),
    /// One of [`MATRIX_TILES`], on matrices of this side.
    Matrix(usize, u32),
}

impl Listed {
    /// The constants that tell the bodies apart.
    pub(super) const fn constants(self) -> [(&'static str, u32); 8] {
        let (tile, side) = match self {
            Self::Subgroup => (tile(8, 8, 0, 0, 0), 0),
            Self::Tiled(number) => (TILES[number], 0),
            Self::Matrix(number, side) => (MATRIX_TILES[number], side),
        };
        [
            ("matrix", side),
            ("lanes", 32),
            ("played", 0),
            ("subgroup_body", matches!(self, Self::Subgroup) as u32),
            ("rows", tile.rows as u32),
            ("columns", tile.columns as u32),
            ("own_rows", tile.own_rows as u32),
            ("own_columns", tile.own_columns as u32),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::{MATRIX_TILES, MatrixUnits, TILES, Tile};

    fn best(tiles: &[Tile], m: usize, n: usize) -> [usize; 2] {
        let tile = Tile::best(tiles, [m, n], 1);
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

    /// 16 KiB of workgroup memory and 256 invocations are guaranteed; what has matrix units has 32 KiB.
    #[test]
    fn tiles_fit() {
        let small = TILES.iter().filter(|tile| tile.memory(None) <= 16 << 10).count();
        assert_eq!(small, TILES.len() - 1);
        assert!(TILES.iter().all(|tile| tile.invocations(None) <= 256));
        for side in [16, 8] {
            let units = MatrixUnits { side, lanes: 32, played: false };
            let fits = |tile: &Tile| tile.memory(Some(units)) <= 32 << 10 && tile.invocations(Some(units)) <= 256;
            assert!(MATRIX_TILES.iter().all(fits));
        }
    }

    /// What the shaders divide has to come out whole.
    #[test]
    fn tiles_are_staged_and_shared_in_equal_pieces() {
        for tile in TILES {
            let (across, down) = (tile.columns / tile.own_columns, tile.rows / tile.own_rows);
            assert!(across.is_multiple_of(8) && down.is_multiple_of(4), "{tile:?}");
            for chunk in [8, super::CHUNK] {
                let quads = [tile.rows, tile.columns].map(|side| side * chunk / 4);
                assert!(quads.iter().all(|quads| quads.is_multiple_of(tile.parts())), "{tile:?}, {chunk}");
            }
        }
        for (tile, lanes) in MATRIX_TILES.into_iter().flat_map(|tile| [8, 16, 32, 64].map(|lanes| (tile, lanes))) {
            let invocations = tile.invocations(Some(MatrixUnits { side: 16, lanes, played: false }));
            let quads = [tile.rows, tile.columns].map(|side| side * super::MATRIX_CHUNK / 4);
            assert!(quads.iter().all(|quads| quads.is_multiple_of(invocations)), "{tile:?}, {lanes}");
            assert!(invocations.is_multiple_of(tile.rows / 4) && invocations.is_multiple_of(tile.columns / 4));
        }
    }
}
