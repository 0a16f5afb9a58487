//! The kernel that sums gradients.

use bytemuck::{Pod, Zeroable};

use crate::gpu::{Grid, Launch};
use crate::shader::kernels::ACCUMULATE;
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    length: u32,
}

/// Elements per workgroup.
const PER_WORKGROUP: usize = 1024;

/// `target += source`, element by element.
#[track_caller]
pub fn accumulate(target: &Tensor, source: &Tensor) {
    assert_eq!(target.len(), source.len(), "accumulate: {target:?} and {source:?}");
    target.gpu().launch(&Launch {
        kernel: &ACCUMULATE,
        constants: &[],
        params: bytemuck::bytes_of(&Params { length: target.len() as u32 }),
        bindings: &[source, target],
        grid: Grid::covering(target.len(), PER_WORKGROUP),
    });
}
