//! One file per operation: shapes, dispatch, backward.

pub mod loss;
pub mod noise;
pub mod optimizer;
pub mod reduce;

use crate::gpu::kernel::Registered;

/// Every kernel of the program. A test fails when a file in `shaders/` is not among them.
pub fn registered() -> Vec<Registered> {
    let mut kernels = vec![crate::tape::registered()];
    for group in [loss::registered, noise::registered, optimizer::registered, reduce::registered] {
        kernels.extend(group());
    }
    kernels
}
