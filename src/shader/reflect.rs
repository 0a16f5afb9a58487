//! Reads the declarations of a shader with naga.

use crate::dtype::Dtype;

/// One binding of a shader: an array in storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The variable's name.
    pub name: String,
    /// `var<storage, read_write>`.
    pub writable: bool,
    /// Type of the scalars; `None` for an array of anything else.
    pub dtype: Option<Dtype>,
    /// Scalars per element: 1, or 2 to 4 for a vector.
    pub width: u8,
}

/// The declarations of a shader: the bindings of group 0 in order, and the size of its `Params` in bytes.
///
/// # Errors
/// The text of naga's parse error.
pub fn reflect(wgsl: &str) -> std::result::Result<(Vec<Binding>, u32), String> {
    let module = naga::front::wgsl::parse_str(wgsl).map_err(|error| error.emit_to_string(wgsl))?;
    let (mut bindings, mut params) = (Vec::new(), 0);
    for (_, variable) in module.global_variables.iter() {
        match variable.space {
            naga::AddressSpace::Storage { access } => {
                let place = variable.binding.as_ref().map_or(0, |binding| binding.binding);
                let (dtype, width) = element(&module, variable.ty);
                let name = variable.name.clone().unwrap_or_default();
                let writable = access.contains(naga::StorageAccess::STORE);
                bindings.push((place, Binding { name, writable, dtype, width }));
            }
            naga::AddressSpace::Immediate | naga::AddressSpace::Uniform => {
                params = module.types[variable.ty].inner.size(module.to_ctx());
            }
            _ => {}
        }
    }
    bindings.sort_by_key(|&(place, _)| place);
    Ok((bindings.into_iter().map(|(_, binding)| binding).collect(), params))
}

/// The scalar type of an array, and the scalars per element.
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
