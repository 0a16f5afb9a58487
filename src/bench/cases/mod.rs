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

/// Every case of a size.
pub fn all(size: Size) -> Vec<Case> {
    [
        accumulate::cases,
        elementwise::cases,
        embed::cases,
        flow::cases,
        layout::cases,
        linear_attention::cases,
        loss::cases,
        neighbourhood_attention::cases,
        noise::cases,
        norm::cases,
        optimizer::cases,
        product::cases,
        quantize::cases,
        reduce::cases,
        softmax::cases,
    ]
    .iter()
    .flat_map(|cases| cases(size))
    .collect()
}
