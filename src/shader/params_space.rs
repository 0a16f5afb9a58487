//! Where a kernel finds `Params`, the scalars that change from launch to launch.

/// The address space of a kernel's `Params`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParamsSpace {
    /// Set with the dispatch: immediates, which Vulkan calls push constants.
    Immediate,
    /// Read from a uniform binding of [`UNIFORM_GROUP`], for adapters without immediates: browsers and old drivers.
    Uniform,
}

/// The bind group of `Params` in [`ParamsSpace::Uniform`], with the single binding 0.
pub const UNIFORM_GROUP: u32 = 1;

/// Most bytes of `Params`.
pub const MOST_BYTES: u32 = 64;

impl ParamsSpace {
    /// The declaration of `params` in a shader.
    pub(super) fn declaration(self) -> String {
        match self {
            Self::Immediate => "var<immediate> params: Params;".to_owned(),
            Self::Uniform => format!("@group({UNIFORM_GROUP}) @binding(0) var<uniform> params: Params;"),
        }
    }
}
