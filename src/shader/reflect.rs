//! What a shader declares.

use naga::{AddressSpace, GlobalVariable, Handle, Module, Scalar, StorageAccess, Type, TypeInner};

use crate::dtype::Dtype;

/// One binding of a shader: an array in storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The variable.
    pub variable: Handle<GlobalVariable>,
    /// The variable's name.
    pub name: String,
    /// `var<storage, read_write>`.
    pub writable: bool,
    /// Type of the scalars; `None` for an array of anything else.
    pub dtype: Option<Dtype>,
    /// Scalars per element: 1, or 2 to 4 for a vector.
    pub width: u8,
}

/// The declarations of a shader: the arrays in group 0 in order, and the size of its `Params` in bytes.
pub fn reflect(module: &Module) -> (Vec<Binding>, u32) {
    let (mut bindings, mut params) = (Vec::new(), 0);
    for (variable, declared) in module.global_variables.iter() {
        match (declared.space, &module.types[declared.ty].inner) {
            (AddressSpace::Storage { access }, &TypeInner::Array { base, .. }) => {
                let place = declared.binding.as_ref().map_or(0, |binding| binding.binding);
                let (dtype, width) = element(module, base);
                let name = declared.name.clone().unwrap_or_default();
                let writable = access.contains(StorageAccess::STORE);
                bindings.push((place, Binding { variable, name, writable, dtype, width }));
            }
            (AddressSpace::Immediate | AddressSpace::Uniform, inner) => params = inner.size(module.to_ctx()),
            _ => {}
        }
    }
    bindings.sort_by_key(|&(place, _)| place);
    (bindings.into_iter().map(|(_, binding)| binding).collect(), params)
}

/// The type of an element's scalars, and how many they are.
fn element(module: &Module, element: Handle<Type>) -> (Option<Dtype>, u8) {
    let (scalar, width) = match module.types[element].inner {
        TypeInner::Scalar(scalar) => (scalar, 1),
        TypeInner::Vector { size, scalar } => (scalar, size as u8),
        _ => return (None, 1),
    };
    let dtype = match scalar {
        Scalar::F32 => Some(Dtype::F32),
        Scalar::F16 => Some(Dtype::F16),
        Scalar::U32 => Some(Dtype::U32),
        _ => None,
    };
    (dtype, width)
}
