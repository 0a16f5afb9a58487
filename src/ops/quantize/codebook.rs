//! Training of codebooks: sums of a batch per code, moving averages, replacement of dead codes.

use bytemuck::{Pod, Zeroable};

use super::dimension::{dimension, loads_per_vector};
use crate::gpu::{Gpu, Grid, Launch};
use crate::ops::constants::{PHILOX_TURNS, REDUCTION_TURNS, reduction};
use crate::ops::reduce::column_sum;
use crate::rng::words;
use crate::shader::kernels::{BLEND, CODEBOOK_ACCUMULATE, CODEBOOK_UPDATE, DRAW_VECTORS, REPLACE_DEAD_CODES};
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct AccumulateParams {
    rows: u32,
    codes: u32,
    levels: u32,
    parts: u32,
    rows_per_part: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct BlendParams {
    length: u32,
    decay: f32,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct UpdateParams {
    codes: u32,
    levels: u32,
    chunks: u32,
    decay: f32,
    epsilon: f32,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct DrawParams {
    rows: u32,
    codes: u32,
    levels: u32,
    first: u32,
    drawn_from: u32,
    step: [u32; 2],
    seed: [u32; 2],
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct ReplaceParams {
    codes: u32,
    threshold: f32,
}

/// The codes of all levels and the moving averages that they are computed from; updated in place.
#[derive(Debug, Clone, Copy)]
pub struct Codebooks<'a> {
    /// The codes, `[L, K, D]`.
    pub codes: &'a Tensor,
    /// Moving average of the number of vectors of a batch that are assigned to each code, `[L, K]`.
    pub sizes: &'a Tensor,
    /// Moving average of the sum of those vectors, `[L, K, D]`.
    pub sums: &'a Tensor,
}

impl Codebooks<'_> {
    /// `[L, K, D]`.
    #[track_caller]
    fn shape(&self, op: &str) -> [usize; 3] {
        match *self.codes.shape() {
            [l, k, d] if self.sizes.len() == l * k && self.sums.len() == l * k * d => [l, k, d],
            _ => panic!("{op}: codes {:?}, sizes {:?}, sums {:?}", self.codes, self.sizes, self.sums),
        }
    }
}

/// Loads per workgroup of `codebook_update`, each of four elements where four divides D.
const PER_WORKGROUP: usize = 128;

/// Number of partial sums: enough to fill the device, in at most 64 MiB.
fn partial_count(gpu: &Gpu, vectors: usize, levels: usize, table: usize) -> usize {
    const LARGEST: usize = 1 << 24;
    let filling = gpu.tuning().codebook_workgroups.div_ceil(levels);
    filling.min(vectors.div_ceil(32)).min(LARGEST / (levels * table)).max(1)
}

/// The number of vectors assigned to each code, `[L, K]`, and their sums, `[L, K, D]`.
///
/// `vectors` `[L, N, D]` are the inputs of the levels and `indices` `[N, L]` their codes. Partial sums are computed and added in a
/// fixed order: the same bits every time, without atomics.
#[track_caller]
pub fn codebook_accumulate(vectors: &Tensor, indices: &Tensor, codes: usize) -> (Tensor, Tensor) {
    let &[levels, n, d] = vectors.shape() else { panic!("codebook_accumulate: [L, N, D] wanted, {vectors:?} given") };
    assert_eq!(indices.len(), n * levels, "codebook_accumulate: vectors {vectors:?}, indices {indices:?}");
    let gpu = vectors.gpu();
    let partials = partial_count(gpu, n, levels, codes * d);
    let counts = Tensor::zeros(gpu, &[partials, levels * codes]);
    let sums = Tensor::zeros(gpu, &[partials, levels * codes * d]);
    let params = AccumulateParams {
        rows: n as u32,
        codes: codes as u32,
        levels: levels as u32,
        parts: partials as u32,
        rows_per_part: n.div_ceil(partials) as u32,
    };
    gpu.launch(&Launch {
        kernel: &CODEBOOK_ACCUMULATE,
        constants: &[dimension("codebook_accumulate", d)],
        params: bytemuck::bytes_of(&params),
        bindings: &[vectors, indices, &counts, &sums],
        grid: Grid::linear(partials * levels).looping(n.div_ceil(partials) + 1),
    });
    let total = |x: &Tensor| if partials == 1 { x.clone() } else { column_sum(x) };
    (total(&counts).reshape(&[levels, codes]), total(&sums).reshape(&[levels, codes, d]))
}

/// Moves the codebooks towards a batch: `N <- d N + (1 - d) n`, `m <- d m + (1 - d) s`, `e_k = m_k / N'_k` with the
/// Laplace-smoothed counts `N'_k = (N_k + eps) / (sum N + K eps) sum N` (van den Oord et al. 2017, arXiv 1711.00937,
/// appendix A.1). A code with `N'_k = 0` is unchanged. `counts` n and `sums` s come from [`codebook_accumulate`].
#[track_caller]
pub fn codebook_update(books: Codebooks<'_>, counts: &Tensor, sums: &Tensor, decay: f32, epsilon: f32) {
    let [levels, codes, d] = books.shape("codebook_update");
    assert!(
        counts.len() == levels * codes && sums.len() == levels * codes * d,
        "codebook_update: codes {:?}, counts {counts:?}, sums {sums:?}",
        books.codes
    );
    let gpu = books.codes.gpu();
    gpu.launch(&Launch {
        kernel: &BLEND,
        constants: &[],
        params: bytemuck::bytes_of(&BlendParams { length: counts.len() as u32, decay }),
        bindings: &[counts, books.sizes],
        grid: Grid::covering(counts.len(), 64),
    });
    let chunks = (codes * loads_per_vector(d)).div_ceil(PER_WORKGROUP);
    // The sizes of all codes, their sum, and the workgroup's codes.
    let invocations = gpu.tuning().reduction.invocations as usize;
    let turns = codes.div_ceil(invocations) + REDUCTION_TURNS + PER_WORKGROUP.div_ceil(invocations) + 2;
    let params = UpdateParams { codes: codes as u32, levels: levels as u32, chunks: chunks as u32, decay, epsilon };
    gpu.launch(&Launch {
        kernel: &CODEBOOK_UPDATE,
        constants: &[&reduction(gpu)[..], &[dimension("codebook_update", d)]].concat(),
        params: bytemuck::bytes_of(&params),
        bindings: &[books.sizes, sums, books.sums, books.codes],
        grid: Grid::linear(levels * chunks).looping(turns),
    });
}

/// Where the vectors of a part are among those of the whole batch.
#[derive(Debug, Clone, Copy)]
pub struct Among {
    /// The number of the part's first vector.
    pub first: usize,
    /// The number of all vectors.
    pub all: usize,
}

/// For each of `codes` codes of each level a random one of all the batch's vectors, `[L, K, D]`. The choice is a function of `seed` and
/// `step`. `vectors [L, N, D]` are the inputs of the levels, or those of a part of the batch; a vector of another part is zeros, so that
/// the sum over the parts is the vector.
#[track_caller]
pub fn draw_vectors(vectors: &Tensor, codes: usize, among: Among, seed: u64, step: u64) -> Tensor {
    let &[levels, n, d] = vectors.shape() else { panic!("draw_vectors: [L, N, D] wanted, {vectors:?} given") };
    assert!(n > 0 && among.first + n <= among.all, "draw_vectors: vectors {vectors:?} {among:?}");
    let drawn = Tensor::empty_f32(vectors.gpu(), &[levels, codes, d]);
    let params = DrawParams {
        rows: n as u32,
        codes: codes as u32,
        levels: levels as u32,
        first: among.first as u32,
        drawn_from: among.all as u32,
        step: words(step),
        seed: words(seed),
    };
    vectors.gpu().launch(&Launch {
        kernel: &DRAW_VECTORS,
        constants: &[dimension("draw_vectors", d)],
        params: bytemuck::bytes_of(&params),
        bindings: &[vectors, &drawn],
        grid: Grid::covering(levels * codes, 64).looping(PHILOX_TURNS + loads_per_vector(d) + 1),
    });
    drawn
}

/// Replaces every code whose size is below `threshold` by its vector of `drawn [L, K, D]`, from [`draw_vectors`]. Its size becomes
/// `threshold`, and its sum `threshold` times the vector.
#[track_caller]
pub fn replace_dead_codes(books: Codebooks<'_>, drawn: &Tensor, threshold: f32) {
    let [levels, codes, d] = books.shape("replace_dead_codes");
    assert_eq!(drawn.len(), levels * codes * d, "replace_dead_codes: codes {:?}, drawn {drawn:?}", books.codes);
    drawn.gpu().launch(&Launch {
        kernel: &REPLACE_DEAD_CODES,
        constants: &[dimension("replace_dead_codes", d)],
        params: bytemuck::bytes_of(&ReplaceParams { codes: (levels * codes) as u32, threshold }),
        bindings: &[drawn, books.sizes, books.sums, books.codes],
        grid: Grid::covering(levels * codes, 64).looping(loads_per_vector(d) + 1),
    });
}
