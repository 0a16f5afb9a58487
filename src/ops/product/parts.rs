//! Sums over pixels in parts: each part is written by itself, then all are added in a fixed order.

use bytemuck::{Pod, Zeroable};

use crate::gpu::kernel::Registered;
use crate::gpu::{Grid, Kernel, Launch};
use crate::tensor::Tensor;

/// Adds up the parts of a split product.
pub static SUM_PARTS: Kernel = Kernel::new("sum_parts", include_str!("../../../shaders/sum_parts.wgsl"));

/// A sum that a kernel of the outer form makes in `count` parts and that is added to a target. The sum over all rows of B may
/// go with it: the gradient of a bias beside that of the weights.
pub(in crate::ops) struct PartedSum<'a> {
    count: usize,
    target: &'a Tensor,
    bias: Option<&'a Tensor>,
    /// `[count, target and bias]`; none where a single part goes straight into the target.
    parts: Option<Tensor>,
}

impl<'a> PartedSum<'a> {
    /// Straight into the target where there is one part.
    pub(super) fn of(count: usize, target: &'a Tensor, bias: Option<&'a Tensor>) -> Self {
        match count {
            1 => Self { count, target, bias, parts: None },
            _ => Self::in_parts(count, target, bias),
        }
    }

    /// Never straight into the target.
    pub(in crate::ops) fn in_parts(count: usize, target: &'a Tensor, bias: Option<&'a Tensor>) -> Self {
        let length = target.len() + bias.map_or(0, Tensor::len);
        Self { count, target, bias, parts: Some(Tensor::empty_f32(target.gpu(), &[count, length])) }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// What the kernel writes its part to, or adds its only part to.
    pub(in crate::ops) fn target(&self) -> &Tensor {
        self.parts.as_ref().unwrap_or(self.target)
    }

    /// What the kernel is compiled for.
    pub(super) fn constants(&self) -> [(&'static str, u32); 2] {
        [("accumulate", u32::from(self.parts.is_none())), ("bias", u32::from(self.bias.is_some()))]
    }

    /// The kernel's bindings: its operands, what it writes to, and the bias where that is not behind the parts.
    pub(super) fn bindings<'b>(&'b self, operands: [&'b Tensor; 2]) -> Vec<&'b Tensor> {
        let bias = self.bias.filter(|_| self.parts.is_none());
        operands.into_iter().chain([self.target()]).chain(bias).collect()
    }

    /// Adds the parts to the target.
    pub(in crate::ops) fn finish(self) {
        let Some(parts) = &self.parts else { return };
        let lengths = [parts.len() / self.count, self.target.len()];
        let vector = if lengths.iter().all(|length| length.is_multiple_of(4)) { 4 } else { 1 };
        let [length, target_length] = lengths.map(|length| length / vector);
        let params = Params { length: length as u32, parts: self.count as u32, target_length: target_length as u32 };
        let bindings: Vec<&Tensor> = [parts, self.target].into_iter().chain(self.bias).collect();
        parts.gpu().launch(&Launch {
            kernel: &SUM_PARTS,
            constants: &[("vector", vector as u32), ("bias", u32::from(self.bias.is_some()))],
            params: bytemuck::bytes_of(&params),
            bindings: &bindings,
            grid: Grid::covering(length, 64),
        });
    }
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    length: u32,
    parts: u32,
    target_length: u32,
}

pub(super) fn registered() -> Vec<Registered> {
    static VARIANTS: [&[(&str, u32)]; 2] = [&[("vector", 4), ("bias", 0)], &[("vector", 1), ("bias", 0)]];
    vec![Registered { variants: &VARIANTS, ..Registered::plain(&SUM_PARTS, size_of::<Params>(), 2) }]
}
