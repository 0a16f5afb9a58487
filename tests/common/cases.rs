//! Lists of cases that several tests share.

use flocoder::bench::{Case, Size, cases};
use flocoder::dtype::Dtype;
use flocoder::gpu::{Capabilities, Gpu, Paper, Products, Tuning};
use flocoder::ops::product::tiles;
use flocoder::tensor::Tensor;

/// Every awkward case, in f32, in f16 and in mixtures of both.
pub fn awkward(adapter: &Capabilities) -> Vec<Case> {
    of_size(Size::Awkward, adapter)
}

/// Every case of a size, in f32, in f16 and in mixtures of both.
pub fn of_size(size: Size, adapter: &Capabilities) -> Vec<Case> {
    let kinds = [cases::all, cases::all_in_f16, cases::all_mixed];
    kinds.into_iter().flat_map(|cases| cases(size, adapter)).collect()
}

/// A few cases that cover a tile: its edges, several tiles, each way of loading an operand.
pub fn for_tiles() -> Vec<Case> {
    named(&["3x 25x33x36", "1x 63x66x128", "66x4736, split", "conv3x3 b1 64->64 16x17", "conv5x5 b1 12->20 6x11"])
}

/// The product core's awkward cases of these shapes.
pub fn named(shapes: &[&str]) -> Vec<Case> {
    let wanted = |case: &Case| shapes.iter().any(|shape| case.shape.contains(shape));
    cases::product::cases(Size::Awkward).into_iter().filter(wanted).collect()
}

/// The tunings under which every awkward case is compared with its reference. An adapter can run one of software Vulkan's two.
pub fn tunings() -> [Tuning; 3] {
    [Tuning::software(8), Tuning::software(16), Tuning::gpu(None)]
}

/// The tuning of GPUs with each tile of the tile variant.
pub fn tile_tunings() -> Vec<Tuning> {
    tiles(Products::Tile).into_iter().map(|tile| Tuning { tile: Some(tile), ..Tuning::gpu(None) }).collect()
}

/// Records a case on inputs of undefined contents, for adapters on paper.
pub fn record(gpu: &Gpu, case: &Case) {
    let inputs: Vec<Tensor> = case.inputs.iter().map(|input| Tensor::empty(gpu, &input.shape, input.dtype)).collect();
    drop((case.run)(gpu, &inputs));
}

/// Every output of a run, bit for bit.
pub fn bits(gpu: &Gpu, case: &Case, inputs: &[Tensor]) -> Vec<Vec<u32>> {
    let of_output = |output: &Tensor| match output.dtype() {
        Dtype::F32 | Dtype::F16 => output.read_f32().unwrap().into_iter().map(f32::to_bits).collect(),
        Dtype::U32 => output.read_u32().unwrap(),
    };
    (case.run)(gpu, inputs).iter().map(of_output).collect()
}

/// Software Vulkan on paper, with the subgroups of a tuning, or else of 8.
pub fn software(tuning: &Tuning) -> Paper {
    let lanes = tuning.software_kernels.unwrap_or(8);
    let has_lanes = |paper: &Paper| paper.software && paper.subgroup == [lanes; 2];
    Paper::all().into_iter().find(has_lanes).expect("software Vulkan is among the adapters on paper")
}
