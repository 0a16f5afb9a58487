//! From the files in `shaders/` to the module of one pipeline. No device is needed for any of it.
//!
//! [`kernels`] names every kernel, and [`template`] renders one for a set of constants, with its scalars in the address space of
//! [`params_space`]. [`Parsed`] is its module in naga's intermediate representation ([`ir`]): [`reflect`](mod@reflect) reads back what the
//! text declares, [`f16_storage`] adapts loads and stores to tensors that are stored in f16, [`pairs`] to drivers that compile wide loads
//! slowly, and [`sanitizer`] checks indices for tests.

pub mod f16_storage;
pub mod ir;
pub mod kernels;
pub mod pairs;
pub mod params_space;
mod parsed;
pub mod reflect;
pub mod sanitizer;
mod storage;
pub mod template;

pub use params_space::ParamsSpace;
pub use parsed::Parsed;

use crate::dtype::Dtype;

/// A kernel: one compute shader with the entry point `main`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Kernel {
    /// The stem of its file. It is also the label in captures and profiles, the id in benches and the name of the function in
    /// `reference`.
    pub name: &'static str,
    /// Path of its text below `shaders/`.
    pub file: &'static str,
}

/// Template constants of a launch. Each distinct set is a separate pipeline.
pub type Constants<'a> = &'a [(&'static str, u32)];

impl Kernel {
    /// A name of the kernel with constants, for bindings that are stored in these types: `matmul tile=64 f32 f32 f32`.
    pub fn key(&self, constants: Constants<'_>, stored: &[Dtype]) -> String {
        let constants = constants.iter().map(|(name, value)| format!(" {name}={value}"));
        let stored = stored.iter().map(|dtype| format!(" {}", dtype.name()));
        std::iter::once(self.name.to_owned()).chain(constants).chain(stored).collect()
    }
}
