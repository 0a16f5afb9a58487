//! The specification of every kernel in code: plain loops in f64.
//!
//! A function has the name of its kernel and defines its result, with the formula and its source. The code is neither
//! optimised nor clever, and independent of the GPU. The chain of trust: central finite differences check every backward
//! function here; these functions check every kernel, forward and backward.
//!
//! Layouts are the engine's: activations `[N, H, W, C]`, convolution weights `[kh, kw, C_in, C_out]`, linear weights
//! `[in, out]`, embeddings and codebooks `[rows, C]`. A backward function takes the arguments of the forward function
//! and the gradient `dy` of its output; it returns the gradients of the inputs in the order of the arguments.

mod activation;
pub mod array;
mod attention;
mod conv;
mod elementwise;
mod embed;
mod flow;
#[cfg(test)]
mod gradient_check;
mod heads;
mod kmeans;
mod layer_norm;
mod layout;
mod linear_attention;
mod loss;
mod neighbourhood;
mod noise;
mod norm;
mod optimizer;
mod product;
mod quantizer;
mod reduce;
mod rope;
mod softmax;

pub use activation::*;
pub use array::*;
pub use attention::{attention_bwd, attention_fwd};
pub use conv::*;
pub use elementwise::*;
pub use embed::*;
pub use flow::*;
pub use heads::*;
pub use kmeans::*;
pub use layer_norm::*;
pub use layout::*;
pub use linear_attention::*;
pub use loss::*;
pub use neighbourhood::*;
pub use noise::*;
pub use norm::*;
pub use optimizer::*;
pub use product::*;
pub use quantizer::*;
pub use reduce::*;
pub use rope::*;
pub use softmax::*;
