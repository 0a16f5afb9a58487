//! One file per operation: shapes, dispatch, backward.

pub mod reduce;

use crate::gpu::kernel::Registered;

/// Every kernel of the program. A test fails when a file in `shaders/` is not among them.
pub fn registered() -> Vec<Registered> {
    let mut kernels = vec![crate::tape::registered()];
    for group in [reduce::registered] {
        kernels.extend(group());
    }
    kernels
}
