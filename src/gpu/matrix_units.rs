//! Matrix units, as the adapter reports them.
//!
//! wgpu calls them cooperative matrices, and its support is experimental. The lanes of a subgroup hold a small matrix together, load
//! it from memory, multiply and store it. Products take f16 and accumulate in f32.

#[cfg(not(target_arch = "wasm32"))]
use wgpu::{Adapter, Backend, CooperativeScalarType, Features};

/// The feature that a device needs for them.
#[cfg(not(target_arch = "wasm32"))]
pub(super) const FEATURE: Features = Features::EXPERIMENTAL_COOPERATIVE_MATRIX;

/// The matrices that a product is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatrixUnits {
    /// Rows and columns: 16, or 8 through Metal.
    pub side: u32,
    /// Lanes of the subgroup that holds one.
    pub lanes: u32,
    /// Emulates the matrix operations with scalar arithmetic: slow, but lets the surrounding kernel be tested on any adapter.
    pub emulated: bool,
}

/// The adapter's matrix units, if the kernels can use them: square matrices of f16 with f32 accumulators, and subgroups of one size.
#[cfg(not(target_arch = "wasm32"))]
pub fn reported(adapter: &Adapter) -> Option<MatrixUnits> {
    let needed = FEATURE | Features::SHADER_F16 | Features::SUBGROUP;
    if !adapter.features().contains(needed) {
        return None;
    }
    let info = adapter.get_info();
    let lanes = match info.backend {
        // Metal reports a range for every GPU; those with matrix units have subgroups of 32.
        Backend::Metal => 32,
        _ if info.subgroup_min_size == info.subgroup_max_size => info.subgroup_min_size,
        _ => return None,
    };
    let shapes = adapter.cooperative_matrix_properties();
    let has = |side: &u32| {
        shapes.iter().any(|shape| {
            [shape.m_size, shape.n_size, shape.k_size] == [*side; 3]
                && shape.ab_type == CooperativeScalarType::F16
                && shape.cr_type == CooperativeScalarType::F32
        })
    };
    [16, 8].into_iter().find(has).map(|side| MatrixUnits { side, lanes, emulated: false })
}
