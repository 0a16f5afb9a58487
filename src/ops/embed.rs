//! Embeddings: rows of a learned table, and sinusoidal time.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::constants::frequency_ratio;
use crate::dtype::Dtype;
use crate::gpu::{Grid, Launch};
use crate::shader::Kernel;
use crate::shader::kernels::{EMBEDDING_BWD, EMBEDDING_FWD, SINUSOIDAL_TIME};
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

/// Invocations, and two numbers whose meaning depends on the kernel: rows of the table (forward) or lookups (backward), and
/// channels; half the channels and the frequency ratio for time.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    length: u32,
    sizes: [u32; 2],
}

fn launch(kernel: &'static Kernel, bindings: &[&Tensor], length: usize, sizes: [u32; 2]) {
    bindings[0].gpu().launch(&Launch {
        kernel,
        constants: &[],
        params: bytes_of(&Params { length: length as u32, sizes }),
        bindings,
        grid: Grid::covering(length, 256),
    });
}

/// Rows of a learned table: table `[rows, C]`, u32 indices `[N]` -> `[N, C]`. An index beyond the table gives zeros.
#[track_caller]
pub fn embedding(tape: &Tape, table: &Var, indices: &Tensor) -> Var {
    let &[rows, channels] = table.shape() else { panic!("embedding: [rows, C] wanted, {:?} given", table.value) };
    assert_eq!(indices.dtype(), Dtype::U32, "embedding: element type of the indices {indices:?}");
    let y = Tensor::empty_like(&table.value, &[indices.len(), channels]);
    launch(&EMBEDDING_FWD, &[&table.value, indices, &y], y.len(), [rows as u32, channels as u32]);
    tape.record(&[table], y, || Embedding { table: table.clone(), indices: indices.clone() })
}

struct Embedding {
    table: Var,
    indices: Tensor,
}

impl Backward for Embedding {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        let dtable = Tensor::empty_f32(output.gpu(), self.table.shape());
        let sizes = [self.indices.len() as u32, output.channels() as u32];
        launch(&EMBEDDING_BWD, &[&self.indices, output, &dtable], dtable.len(), sizes);
        gradients.add(&self.table, dtable);
    }
}

/// Time as `dim / 2` sines, then as many cosines: t `[N]`, not negative, -> `[N, dim]` (Vaswani et al. 2017, section 3.5).
///
/// Frequency i of `half = dim / 2` is `10000^(-i / (half - 1))`; `dim` is even and at least 4.
#[track_caller]
pub fn sinusoidal_time(t: &Tensor, dim: usize) -> Tensor {
    assert!(dim >= 4 && dim.is_multiple_of(2), "sinusoidal_time: an even dim of at least 4 wanted, {dim} given");
    let half = dim / 2;
    let y = Tensor::empty_f32(t.gpu(), &[t.len(), dim]);
    launch(&SINUSOIDAL_TIME, &[t, &y], t.len() * half, [half as u32, frequency_ratio(half - 1)]);
    y
}
