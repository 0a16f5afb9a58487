//! A trial product on matrix units before they are used: support is experimental, and a driver may compute wrong results.

use super::device::Gpu;
use super::launch::{Grid, Launch, View};
use super::matrix_units::MatrixUnits;
use crate::dtype::Dtype;
use crate::error::Result;
use crate::shader::kernels::MATRIX_TRIAL;

/// Multiplies two matrices loaded in both orders, as the product kernels do, and compares with the host's result.
///
/// # Errors
/// What is wrong with the driver, as the end of a sentence that begins with the adapter's name.
pub(super) fn multiplies(gpu: &Gpu, units: MatrixUnits) -> std::result::Result<(), String> {
    let values = product(gpu, units).map_err(|error| format!("does not run a kernel that uses them ({error})"))?;
    if values != expected(units.side) {
        return Err("computes a wrong product with them".to_owned());
    }
    Ok(())
}

fn product(gpu: &Gpu, units: MatrixUnits) -> Result<Vec<f32>> {
    let bytes = 4 * u64::from(units.side * units.side);
    let storage = gpu.storage(bytes);
    gpu.launch(&Launch {
        kernel: &MATRIX_TRIAL,
        constants: &[("matrix", units.side), ("lanes", units.lanes)],
        params: &[],
        bindings: &[&View { storage: &storage, offset: 0, bytes, dtype: Dtype::F32 }],
        grid: Grid::linear(1),
    });
    Ok(bytemuck::pod_collect_to_vec(&gpu.read(&storage, 0, bytes)?))
}

/// The product that the kernel must write.
fn expected(side: u32) -> Vec<f32> {
    let a = |i: u32, j: u32| (3 * i + j) % 7;
    let b = |i: u32, j: u32| (i + 5 * j) % 11;
    let element = |i, j| (0..side).map(|k| a(i, k) * b(k, j) + a(k, i) * b(j, k)).sum::<u32>();
    (0..side * side).map(|at| element(at / side, at % side) as f32).collect()
}
