//! One file per operation: shapes, dispatch, backward.

pub mod activation;
pub mod cast;
pub mod dropout;
pub mod elementwise;
pub mod embed;
pub mod flow;
mod lanes;
pub mod layout;
pub mod linear_attention;
pub mod loss;
pub mod loss_scale;
pub mod neighbourhood_attention;
pub mod noise;
pub mod norm;
pub mod optimizer;
pub mod product;
pub mod quantize;
pub mod reduce;
pub mod rope;
pub mod softmax;

use crate::gpu::kernel::Registered;

/// Every kernel of the program. A test fails when a file in `shaders/` is not among them.
pub fn registered() -> Vec<Registered> {
    let mut kernels = vec![crate::tape::registered()];
    kernels.extend(crate::gpu::matrix::registered());
    for group in [
        activation::registered,
        cast::registered,
        dropout::registered,
        elementwise::registered,
        embed::registered,
        flow::registered,
        layout::registered,
        linear_attention::registered,
        loss::registered,
        loss_scale::registered,
        neighbourhood_attention::registered,
        noise::registered,
        norm::registered,
        optimizer::registered,
        product::registered,
        quantize::registered,
        reduce::registered,
        rope::registered,
        softmax::registered,
    ] {
        kernels.extend(group());
    }
    kernels
}
