//! The matrix-product core. Operations state a problem (`problem.rs`); a plan (`plan.rs`) decides how the device computes it.
//!
//! Two forms do nearly all arithmetic. The *inner* form, `C[m, n] = sum_k A[m, k] B[k, n]`, has A's rows contiguous in k:
//! products, linear layers, convolutions and their input gradients. The *outer* form, `C[m, n] = sum_p A[p, m] B[p, n]`, has both
//! operands contiguous in the index that is not summed: weight gradients. Each form is written once per class of device
//! ([`Products`](crate::gpu::Products)); a kernel is one of these variants with the loads and stores of one operation, whose
//! contract is stated at the top of each variant's shader.

mod lines;
mod partials;
mod plan;
mod problem;
mod tile;

pub(super) use partials::PartialSums;
pub(super) use plan::{Plan, plan, reads_transposed};
pub(super) use problem::{Convolution, Form, Problem, alignment};
pub use tile::tiles;
