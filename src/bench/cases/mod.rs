//! The list of cases, a file per group of kernels.

use super::case::{Case, Size};
use crate::gpu::Capabilities;

pub mod accumulate;
pub mod cast;
mod differentiate;
pub mod elementwise;
pub mod embed;
pub mod flow;
pub mod layer_norm;
pub mod layout;
pub mod linear_attention;
pub mod loss;
pub mod neighbourhood_attention;
pub mod noise;
pub mod norm;
pub mod optimizer;
pub mod precondition;
pub mod product;
pub mod quantize;
pub mod reduce;
pub mod softmax;

/// Cases of a group of kernels, by size.
type Group = fn(Size) -> Vec<Case>;

/// The kernels of networks, which run on tensors stored in f16 too.
const NETWORKS: [Group; 11] = [
    accumulate::cases,
    elementwise::cases,
    embed::cases,
    layer_norm::cases,
    layout::cases,
    linear_attention::cases,
    neighbourhood_attention::cases,
    norm::cases,
    product::cases,
    reduce::cases,
    softmax::cases,
];

/// All other kernels, which run in f32 only.
const F32_ONLY: [Group; 6] =
    [flow::cases, loss::cases, noise::cases, optimizer::cases, precondition::cases, quantize::cases];

/// Cases for GPUs: larger than their caches, and too slow on software Vulkan. Timed, not checked.
pub fn large() -> Vec<Case> {
    large_networks().chain(optimizer::large()).map(|case| Case { reference: None, ..case }).collect()
}

/// The same with tensors stored in f16, for the kernels that take them.
pub fn large_in_f16() -> Vec<Case> {
    large_networks().map(|case| Case { reference: None, ..case.in_f16() }).collect()
}

fn large_networks() -> impl Iterator<Item = Case> {
    elementwise::large().into_iter().chain(product::large())
}

/// Conversions to f16, which need 16-bit floats even on tensors stored in f32.
const CONVERSIONS: Group = cast::cases;

/// Every case of a size in f32 that an adapter can run.
pub fn all(size: Size, adapter: &Capabilities) -> Vec<Case> {
    let conversions = adapter.f16.then_some(&CONVERSIONS);
    NETWORKS.iter().chain(&F32_ONLY).chain(conversions).flat_map(|cases| cases(size)).collect()
}

/// Every case of a size with its tensors stored in f16, for the kernels that take them; none without 16-bit floats.
pub fn all_in_f16(size: Size, adapter: &Capabilities) -> Vec<Case> {
    let groups = NETWORKS.iter().chain([&CONVERSIONS]).filter(|_| adapter.f16);
    groups.flat_map(|cases| cases(size)).map(Case::in_f16).collect()
}

/// Every case of a size with some of its tensors stored in f16, in the combinations of networks; none without 16-bit floats.
pub fn all_mixed(size: Size, adapter: &Capabilities) -> Vec<Case> {
    if !adapter.f16 {
        return Vec::new();
    }
    let mixed =
        |rank| NETWORKS.iter().flat_map(move |cases| cases(size)).filter_map(move |case| case.in_f16_from(rank));
    (2..=4).flat_map(mixed).chain(product::with_weights_in_f16(size)).collect()
}
