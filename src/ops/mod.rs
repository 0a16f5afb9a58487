//! One file per operation: shapes, dispatch, backward.

pub mod activation;
pub mod attention;
pub mod cast;
mod constants;
pub mod conv;
pub mod dropout;
pub mod elementwise;
pub mod embed;
pub mod flow;
pub mod layer_norm;
pub mod layout;
pub mod linear;
pub mod linear_attention;
pub mod loss;
pub mod loss_scale;
pub mod matmul;
pub mod neighbourhood_attention;
pub mod noise;
pub mod norm;
pub mod optimizer;
pub mod precondition;
pub mod product;
pub mod quantize;
pub mod reduce;
pub mod rope;
pub mod softmax;
