//! Named tensors of a file: several sets in one file, and lookups whose errors name the tensor.

use std::collections::BTreeMap;
use std::path::Path;

use super::container::AnyTensor;
use crate::error::{Error, Result};
use crate::nn::HostTensor;

/// The tensors under names that begin with `prefix`, so that one file can hold several sets.
pub fn prefixed(prefix: &str, tensors: BTreeMap<String, HostTensor>) -> BTreeMap<String, HostTensor> {
    tensors.into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor)).collect()
}

/// The inverse of [`prefixed`]: removes the tensors whose names begin with `prefix`, and returns them without it.
pub fn take_prefixed(prefix: &str, tensors: &mut BTreeMap<String, HostTensor>) -> BTreeMap<String, HostTensor> {
    let (taken, kept): (Vec<_>, Vec<_>) =
        std::mem::take(tensors).into_iter().partition(|(name, _)| name.starts_with(prefix));
    tensors.extend(kept);
    taken.into_iter().map(|(name, tensor)| (name[prefix.len()..].to_owned(), tensor)).collect()
}

/// The tensors of a file, all of floating point and finite.
///
/// # Errors
/// A tensor of integers, or with NaN or infinity.
pub(super) fn only_finite(path: &Path, tensors: BTreeMap<String, AnyTensor>) -> Result<BTreeMap<String, HostTensor>> {
    tensors
        .into_iter()
        .map(|(name, tensor)| match tensor {
            AnyTensor::F32(tensor) if tensor.data.iter().all(|value| value.is_finite()) => Ok((name, tensor)),
            AnyTensor::F32(_) => Err(Error::file(
                path,
                format!("tensor `{name}` has values that are not finite (NaN or infinity); its training diverged, so use an earlier checkpoint or train it again"),
            )),
            AnyTensor::I32 { .. } => {
                Err(Error::file(path, format!("tensor `{name}` holds integers where weights are expected")))
            }
        })
        .collect()
}

/// Removes and returns the tensor `name`.
///
/// # Errors
/// A tensor that is missing or has another shape than `shape`.
pub(super) fn take(
    path: &Path,
    tensors: &mut BTreeMap<String, HostTensor>,
    name: &str,
    shape: &[usize],
) -> Result<HostTensor> {
    let tensor = tensors.remove(name).ok_or_else(|| {
        Error::file(path, format!("has no tensor `{name}`; it belongs to another network or is damaged"))
    })?;
    if tensor.shape != shape {
        let reason = format!(
            "tensor `{name}` has the shape {:?} where {shape:?} is expected; it belongs to another network",
            tensor.shape
        );
        return Err(Error::file(path, reason));
    }
    Ok(tensor)
}
