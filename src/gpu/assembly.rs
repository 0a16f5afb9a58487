//! From the files in `shaders/` to the WGSL of one pipeline.
//!
//! Shader text is a minijinja template: `{% include "shared/..." %}` brings in what several kernels share, `{{ name }}` is a
//! constant of the launch, loops write out what must be unrolled. An unknown include or constant is an error. Two names
//! are always there: `immediates`, the line that declares `params`, and `subgroup` (1 or 0).

use std::collections::HashMap;

use minijinja::{Environment, UndefinedBehavior};

use super::kernel::{Constants, Kernel};
use crate::tensor::Dtype;

/// Text that several kernels include, by the name that they include it under.
pub const SHARED: &[(&str, &str)] = &[
    ("shared/bias.wgsl", include_str!("../../shaders/shared/bias.wgsl")),
    ("shared/conv_operands.wgsl", include_str!("../../shaders/shared/conv_operands.wgsl")),
    ("shared/divide.wgsl", include_str!("../../shaders/shared/divide.wgsl")),
    ("shared/finite.wgsl", include_str!("../../shaders/shared/finite.wgsl")),
    ("shared/index.wgsl", include_str!("../../shaders/shared/index.wgsl")),
    ("shared/join.wgsl", include_str!("../../shaders/shared/join.wgsl")),
    ("shared/linear_attention.wgsl", include_str!("../../shaders/shared/linear_attention.wgsl")),
    ("shared/matrix_enable.wgsl", include_str!("../../shaders/shared/matrix_enable.wgsl")),
    ("shared/matrix_multiply.wgsl", include_str!("../../shaders/shared/matrix_multiply.wgsl")),
    ("shared/matrix_played.wgsl", include_str!("../../shaders/shared/matrix_played.wgsl")),
    ("shared/matrix_slices.wgsl", include_str!("../../shaders/shared/matrix_slices.wgsl")),
    ("shared/matrix_store.wgsl", include_str!("../../shaders/shared/matrix_store.wgsl")),
    ("shared/nearest_code.wgsl", include_str!("../../shaders/shared/nearest_code.wgsl")),
    ("shared/norm_chunks.wgsl", include_str!("../../shaders/shared/norm_chunks.wgsl")),
    ("shared/norm_group.wgsl", include_str!("../../shaders/shared/norm_group.wgsl")),
    ("shared/norm_place.wgsl", include_str!("../../shaders/shared/norm_place.wgsl")),
    ("shared/norm_walk.wgsl", include_str!("../../shaders/shared/norm_walk.wgsl")),
    ("shared/normal.wgsl", include_str!("../../shaders/shared/normal.wgsl")),
    ("shared/outer_matrix.wgsl", include_str!("../../shaders/shared/outer_matrix.wgsl")),
    ("shared/outer_quads.wgsl", include_str!("../../shaders/shared/outer_quads.wgsl")),
    ("shared/outer_tile.wgsl", include_str!("../../shaders/shared/outer_tile.wgsl")),
    ("shared/philox.wgsl", include_str!("../../shaders/shared/philox.wgsl")),
    ("shared/product_matrix.wgsl", include_str!("../../shaders/shared/product_matrix.wgsl")),
    ("shared/product_quads.wgsl", include_str!("../../shaders/shared/product_quads.wgsl")),
    ("shared/product_tile.wgsl", include_str!("../../shaders/shared/product_tile.wgsl")),
    ("shared/rows.wgsl", include_str!("../../shaders/shared/rows.wgsl")),
    ("shared/shuffle.wgsl", include_str!("../../shaders/shared/shuffle.wgsl")),
    ("shared/sigmoid.wgsl", include_str!("../../shaders/shared/sigmoid.wgsl")),
    ("shared/team.wgsl", include_str!("../../shaders/shared/team.wgsl")),
    ("shared/team_rows.wgsl", include_str!("../../shaders/shared/team_rows.wgsl")),
    ("shared/tile_place.wgsl", include_str!("../../shaders/shared/tile_place.wgsl")),
    ("shared/turn.wgsl", include_str!("../../shaders/shared/turn.wgsl")),
    ("shared/window.wgsl", include_str!("../../shaders/shared/window.wgsl")),
    ("software/conv_dw_subgroup.wgsl", include_str!("../../shaders/software/conv_dw_subgroup.wgsl")),
    ("software/conv_subgroup.wgsl", include_str!("../../shaders/software/conv_subgroup.wgsl")),
    ("software/head_of_32.wgsl", include_str!("../../shaders/software/head_of_32.wgsl")),
    ("software/outer_subgroup.wgsl", include_str!("../../shaders/software/outer_subgroup.wgsl")),
    ("software/product_subgroup.wgsl", include_str!("../../shaders/software/product_subgroup.wgsl")),
    ("software/projected.wgsl", include_str!("../../shaders/software/projected.wgsl")),
    ("software/projected_head.wgsl", include_str!("../../shaders/software/projected_head.wgsl")),
];

/// How the constants of a launch are declared to the shader.
const IMMEDIATES: &str = "var<immediate> params: Params;";

/// Assembles a kernel's WGSL for a set of constants.
///
/// # Panics
/// If the template does not render: an unknown include or constant is a mistake in the program.
#[track_caller]
pub fn assemble(kernel: &Kernel, constants: Constants<'_>, subgroup: bool) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, text) in SHARED {
        environment.add_template(name, text).unwrap_or_else(|error| panic!("shaders/{name}: {error:#}"));
    }
    let mut values: HashMap<&str, minijinja::Value> =
        constants.iter().map(|&(name, value)| (name, value.into())).collect();
    values.insert("immediates", IMMEDIATES.into());
    values.insert("subgroup", u32::from(subgroup).into());
    environment
        .render_named_str(kernel.name, kernel.source, values)
        .unwrap_or_else(|error| panic!("shaders/{}.wgsl: {error:#}", kernel.name))
}

/// One binding of a shader: an array in storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The variable's name.
    pub name: String,
    /// `var<storage, read_write>`.
    pub writable: bool,
    /// What the numbers in it are; `None` for an array of something else.
    pub dtype: Option<Dtype>,
    /// How many of them are an element: 1 for a scalar, up to 4 for a vector.
    pub width: u8,
}

/// What a shader declares: the bindings of group 0 in order, and the bytes of its `Params`.
///
/// # Errors
/// The text of naga's parse error.
pub fn reflect(wgsl: &str) -> std::result::Result<(Vec<Binding>, u32), String> {
    let module = naga::front::wgsl::parse_str(wgsl).map_err(|error| error.emit_to_string(wgsl))?;
    let (mut bindings, mut immediate_bytes) = (Vec::new(), 0);
    for (_, variable) in module.global_variables.iter() {
        match variable.space {
            naga::AddressSpace::Storage { access } => {
                let place = variable.binding.as_ref().map_or(0, |binding| binding.binding);
                let (dtype, width) = element(&module, variable.ty);
                let name = variable.name.clone().unwrap_or_default();
                let writable = access.contains(naga::StorageAccess::STORE);
                bindings.push((place, Binding { name, writable, dtype, width }));
            }
            naga::AddressSpace::Immediate => immediate_bytes = module.types[variable.ty].inner.size(module.to_ctx()),
            _ => {}
        }
    }
    bindings.sort_by_key(|&(place, _)| place);
    Ok((bindings.into_iter().map(|(_, binding)| binding).collect(), immediate_bytes))
}

/// The numbers that an array is made of, and how many of them are an element.
fn element(module: &naga::Module, array: naga::Handle<naga::Type>) -> (Option<Dtype>, u8) {
    let naga::TypeInner::Array { base, .. } = module.types[array].inner else { return (None, 1) };
    let (scalar, width) = match module.types[base].inner {
        naga::TypeInner::Scalar(scalar) => (scalar, 1),
        naga::TypeInner::Vector { size, scalar } => (scalar, size as u8),
        _ => return (None, 1),
    };
    let dtype = match scalar {
        naga::Scalar::F32 => Some(Dtype::F32),
        naga::Scalar::F16 => Some(Dtype::F16),
        naga::Scalar::U32 => Some(Dtype::U32),
        _ => None,
    };
    (dtype, width)
}
