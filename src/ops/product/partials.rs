//! Split-K: partial sums are written to a separate tensor and then added in a fixed order.

use bytemuck::{Pod, Zeroable};

use crate::gpu::{Grid, Launch};
use crate::shader::kernels::SUM_PARTS;
use crate::tensor::Tensor;

/// The `count` partial sums of a kernel of the outer form, and the target that they are added to. They may include the sum over all
/// rows of B: the gradient of a bias along with that of the weights.
pub(in crate::ops) struct PartialSums<'a> {
    count: usize,
    target: &'a Tensor,
    bias: Option<&'a Tensor>,
    /// `[count, target and bias]`; `None` if a single sum is added to the target directly.
    partials: Option<Tensor>,
}

impl<'a> PartialSums<'a> {
    /// Adds to the target directly if there is one sum.
    pub(in crate::ops) fn new(count: usize, target: &'a Tensor, bias: Option<&'a Tensor>) -> Self {
        match count {
            1 => Self { count, target, bias, partials: None },
            _ => Self::split(count, target, bias),
        }
    }

    /// Never adds to the target directly.
    pub(in crate::ops) fn split(count: usize, target: &'a Tensor, bias: Option<&'a Tensor>) -> Self {
        let length = target.len() + bias.map_or(0, Tensor::len);
        Self { count, target, bias, partials: Some(Tensor::empty_f32(target.gpu(), &[count, length])) }
    }

    pub(in crate::ops) fn count(&self) -> usize {
        self.count
    }

    /// The tensor that the kernel writes its partial sums to, or adds its only sum to.
    pub(in crate::ops) fn target(&self) -> &Tensor {
        self.partials.as_ref().unwrap_or(self.target)
    }

    /// Template constants of the kernel.
    pub(in crate::ops) fn constants(&self) -> [(&'static str, u32); 2] {
        [("accumulate", u32::from(self.partials.is_none())), ("bias", u32::from(self.bias.is_some()))]
    }

    /// The kernel's bindings: its operands, its target, and the bias unless its sums are stored behind the partial sums.
    pub(in crate::ops) fn bindings<'b>(&'b self, operands: [&'b Tensor; 2]) -> Vec<&'b Tensor> {
        let bias = self.bias.filter(|_| self.partials.is_none());
        operands.into_iter().chain([self.target()]).chain(bias).collect()
    }

    /// Adds the partial sums to the target.
    pub(in crate::ops) fn finish(self) {
        let Some(partials) = &self.partials else { return };
        let lengths = [partials.len() / self.count, self.target.len()];
        let vector = if lengths.iter().all(|length| length.is_multiple_of(4)) { 4 } else { 1 };
        let [length, target_length] = lengths.map(|length| length / vector);
        let params = Params { length: length as u32, partials: self.count as u32, target_length: target_length as u32 };
        let bindings: Vec<&Tensor> = [partials, self.target].into_iter().chain(self.bias).collect();
        partials.gpu().launch(&Launch {
            kernel: &SUM_PARTS,
            constants: &[("vector", vector as u32), ("bias", u32::from(self.bias.is_some()))],
            params: bytemuck::bytes_of(&params),
            bindings: &bindings,
            grid: Grid::covering(length, 64).looping(self.count + 1),
        });
    }
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    length: u32,
    partials: u32,
    target_length: u32,
}
