//! The same page without a server: a folder of files for any file server, and the program compiled for the browser's tab.
//!
//! ```text
//! flocoder export --web -> Site: the page, the kernels as WGSL, the weights, the program as WebAssembly
//!
//! tab.js -> studio.js -> Program: songs, files and sound
//!        -> writer.js -> Program (WebAssembly): the same requests as the server's, on the device of `gpu::tab`
//!               |           |
//!               |           commands: buffers, kernels, dispatches; a readback ends the run, which is then repeated
//!               WebGPU <----+
//! ```

#[cfg(not(target_arch = "wasm32"))]
mod about_program;
#[cfg(not(target_arch = "wasm32"))]
mod compressed;
#[cfg(not(target_arch = "wasm32"))]
mod kernels;
#[cfg(target_arch = "wasm32")]
mod program;
#[cfg(not(target_arch = "wasm32"))]
mod site;
pub mod weights;

#[cfg(not(target_arch = "wasm32"))]
pub use kernels::{Source, kernels};
#[cfg(not(target_arch = "wasm32"))]
pub use site::{Site, write};
