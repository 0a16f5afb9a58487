//! What takes the gradients of a step to the other ranks.

use std::ops::Range;

use crate::error::Result;
use crate::gpu::Later;

/// Buckets begin at multiples of this many elements: those of a block of rounded numbers, and an offset at which a kernel may bind.
pub(super) const ALIGNMENT: usize = 1024;

/// An exchange with the other ranks, in which each rank calls the same functions in the same order.
pub trait Exchange {
    /// Takes a bucket: the gradients in a range of the arena, which are final and on their way to the host. Buckets that have left before
    /// are exchanged meanwhile, so that the device computes while ranks wait for each other.
    ///
    /// # Errors
    /// A connection that is broken, or a failure of the device.
    fn leaves(&mut self, range: Range<usize>, copy: Later) -> Result<()>;
}
