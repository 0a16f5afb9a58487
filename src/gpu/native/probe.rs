//! A trial of matrix units before they are used: support is experimental, and a driver may compute wrong results, or hang.

use std::time::Duration;

use half::f16;

use super::device::Gpu;
use super::pool::Storage;
use crate::dtype::Dtype;
use crate::error::Result;
use crate::gpu::launch::{Grid, Launch, View};
use crate::gpu::matrix_units::MatrixUnits;
use crate::shader::Kernel;
use crate::shader::kernels::{MATMUL, MATMUL_TN};

/// What a trial showed.
#[derive(Debug, PartialEq)]
pub(super) enum Trial {
    /// All products are correct.
    Correct,
    /// They are not usable; why, as the end of a sentence that begins with the adapter's name.
    Unusable(String),
    /// The device did not finish: nothing else will run on it.
    Hangs,
}

/// How long the products may take, compilation excepted.
const PATIENCE: Duration = Duration::from_secs(30);

/// Rows, columns and terms of the products: two tiles each way and two steps, the second of each beyond the end.
const SIZES: [usize; 3] = [40, 44, 48];
/// Rows and columns of the smallest tile, and terms of a step.
const TILE: usize = 32;

/// Computes the three products of networks, `A B`, `A B^T` and `A^T B`, by the kernels that networks run, and compares them with the
/// host's.
pub(super) fn multiplies(gpu: &Gpu, units: MatrixUnits) -> Trial {
    for [a_transposed, b_transposed] in [[false, false], [false, true], [true, false]] {
        let c = match launch(gpu, units, a_transposed, b_transposed) {
            Ok(c) if gpu.finishes_within(PATIENCE) => c,
            Ok(_) => return Trial::Hangs,
            Err(error) => return Trial::Unusable(format!("does not run a kernel that uses them ({error})")),
        };
        match gpu.read(&c, 0, bytes_of_c()) {
            Ok(bytes) if bytemuck::pod_collect_to_vec::<u8, f32>(&bytes) == expected() => {}
            Ok(_) => return Trial::Unusable("computes a wrong product with them".to_owned()),
            Err(error) => return Trial::Unusable(format!("does not run a kernel that uses them ({error})")),
        }
    }
    Trial::Correct
}

fn a(i: usize, k: usize) -> f32 {
    ((3 * i + k) % 7) as f32
}

fn b(k: usize, j: usize) -> f32 {
    ((k + 5 * j) % 11) as f32
}

/// Whole numbers below 2^24, so that every order of summation is exact.
fn expected() -> Vec<f32> {
    let [m, n, terms] = SIZES;
    let element = |at: usize| (0..terms).map(|k| a(at / n, k) * b(k, at % n)).sum();
    (0..m * n).map(element).collect()
}

fn bytes_of_c() -> u64 {
    (4 * SIZES[0] * SIZES[1]) as u64
}

/// Launches one product, and returns the buffer of C.
fn launch(gpu: &Gpu, units: MatrixUnits, a_transposed: bool, b_transposed: bool) -> Result<std::sync::Arc<Storage>> {
    let [m, n, k] = SIZES;
    let (a_storage, a_row) = match a_transposed {
        false => (matrix(gpu, m, k, a), k),
        true => (matrix(gpu, k, m, |k, i| a(i, k)), m),
    };
    let (b_storage, b_row) = match b_transposed {
        false => (matrix(gpu, k, n, b), n),
        true => (matrix(gpu, n, k, |j, k| b(k, j)), k),
    };
    let c = gpu.storage(bytes_of_c());
    let constants = constants(units, a_transposed, b_transposed);
    // m, n, k, the number of inner batches, and the strides of A, B and C.
    let params = [m, n, k, 1, a_row, 0, 0, 0, b_row, 0, 0, 0, n, 0, 0, 0].map(|value| value as u32);
    let view = |storage, elements: usize, dtype: Dtype| View {
        storage,
        offset: 0,
        bytes: elements as u64 * dtype.bytes(),
        dtype,
    };
    let kernel: &'static Kernel = if a_transposed { &MATMUL_TN } else { &MATMUL };
    gpu.launch(&Launch {
        kernel,
        constants: &constants,
        params: bytemuck::bytes_of(&params),
        bindings: &[
            &view(&a_storage, m * k, Dtype::F16),
            &view(&b_storage, k * n, Dtype::F16),
            &view(&c, m * n, Dtype::F32),
        ],
        grid: Grid::linear(m.div_ceil(TILE) * n.div_ceil(TILE)),
    });
    gpu.flush()?;
    Ok(c)
}

/// A matrix in f16.
fn matrix(gpu: &Gpu, rows: usize, columns: usize, element: impl Fn(usize, usize) -> f32) -> std::sync::Arc<Storage> {
    let values: Vec<f16> = (0..rows * columns).map(|at| f16::from_f32(element(at / columns, at % columns))).collect();
    let storage = gpu.storage(2 * values.len() as u64);
    gpu.write(&storage, 0, bytemuck::cast_slice(&values));
    storage
}

/// The template constants of a product in tiles of 32 x 32, of which a subgroup computes 16 x 16.
fn constants(
    MatrixUnits { side, lanes, emulated }: MatrixUnits,
    a_transposed: bool,
    b_transposed: bool,
) -> Vec<(&'static str, u32)> {
    let mut constants = vec![
        ("matrix", side),
        ("lanes", lanes),
        ("emulated", emulated.into()),
        ("subgroup_variant", 0),
        ("rows", TILE as u32),
        ("columns", TILE as u32),
        ("chunk", TILE as u32),
        ("ahead", 1),
        ("a_width", 4),
        ("width", if b_transposed { 1 } else { 4 }),
        ("vectors", 1),
        ("own_rows", 16),
        ("own_columns", 16),
        ("accumulate", 0),
        ("bias", 0),
    ];
    if a_transposed {
        constants.push(("split", 0));
    } else {
        constants.extend([("taps", 1), ("b_transposed", b_transposed.into())]);
    }
    constants
}
