//! The list of cases, a file per group of kernels.

use super::case::{Case, Size};

pub mod accumulate;
mod differentiate;
pub mod elementwise;
pub mod embed;
pub mod flow;
pub mod layout;
pub mod linear_attention;
pub mod loss;
pub mod neighbourhood_attention;
pub mod noise;
pub mod norm;
pub mod optimizer;
pub mod product;
pub mod quantize;
pub mod reduce;
pub mod softmax;

/// Cases of a group of kernels, by size.
type Group = fn(Size) -> Vec<Case>;

/// What networks are made of: these kernels run on tensors stored in f16 too.
const NETWORKS: [Group; 10] = [
    accumulate::cases,
    elementwise::cases,
    embed::cases,
    layout::cases,
    linear_attention::cases,
    neighbourhood_attention::cases,
    norm::cases,
    product::cases,
    reduce::cases,
    softmax::cases,
];

/// What stands around them, in f32 alone.
const AROUND: [Group; 5] = [flow::cases, loss::cases, noise::cases, optimizer::cases, quantize::cases];

/// Cases that show what a GPU can do: larger than its caches, and too much for a processor. Timed, not checked.
pub fn large() -> Vec<Case> {
    large_networks().chain(optimizer::large()).map(|case| Case { reference: None, ..case }).collect()
}

/// The same with tensors stored in f16, of the kernels that may be given such.
pub fn large_in_f16() -> Vec<Case> {
    large_networks().map(|case| Case { reference: None, ..case.in_f16() }).collect()
}

fn large_networks() -> impl Iterator<Item = Case> {
    elementwise::large().into_iter().chain(product::large())
}

/// Every case of a size.
pub fn all(size: Size) -> Vec<Case> {
    NETWORKS.iter().chain(&AROUND).flat_map(|cases| cases(size)).collect()
}

/// Every case of a size with its tensors stored in f16, of the kernels that may be given such.
pub fn all_in_f16(size: Size) -> Vec<Case> {
    NETWORKS.iter().flat_map(|cases| cases(size)).map(Case::in_f16).collect()
}
