//! The device of a browser's tab. Its commands go to the page, which has WebGPU.
//!
//! A page gives no values back while the program runs. So a readback whose values are not there yet ends the program with an error
//! ([`Gpu::read`]). The page computes what was recorded, keeps the values, and runs the program again from the start: it makes the same
//! commands, which are not sent a second time, and gets further. The program has to be a function of its input and of the values read.

mod device;
mod page;
mod pool;
mod tape;

pub use device::Gpu;
pub use pool::Storage;
