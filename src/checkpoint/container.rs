//! Named tensors in a `.safetensors` file: an 8-byte length, a JSON header, then the values, little-endian.

use crate::config::Precision;
use crate::error::{Error, Result};
use crate::files;
use crate::nn::HostTensor;
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// Free text about a file, by key.
pub type Metadata = BTreeMap<String, String>;

/// Metadata and tensors of a file.
pub type Contents = (Metadata, BTreeMap<String, AnyTensor>);

/// A tensor of a file: floating point or integer.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyTensor {
    /// Floating point of any width, converted to 32 bits.
    F32(HostTensor),
    /// Integers that fit in 32 bits.
    I32 {
        /// Length of each axis.
        shape: Vec<usize>,
        /// Row-major values.
        data: Vec<i32>,
    },
}

/// Writes metadata and tensors, stored in `precision`, atomically. The same content gives the same bytes.
///
/// # Errors
/// A file that cannot be written. The old file is then unchanged.
pub fn write_safetensors(
    path: &Path,
    metadata: &Metadata,
    tensors: &BTreeMap<String, HostTensor>,
    precision: Precision,
) -> Result<()> {
    files::replace(path, |writer| write_contents(writer, metadata, tensors, precision))
}

/// The same into a writer.
///
/// # Errors
/// Those of the writer.
pub fn write_contents(
    writer: &mut dyn Write,
    metadata: &Metadata,
    tensors: &BTreeMap<String, HostTensor>,
    precision: Precision,
) -> std::io::Result<()> {
    let header = header(metadata, tensors, precision);
    writer.write_all(&(header.len() as u64).to_le_bytes())?;
    writer.write_all(header.as_bytes())?;
    tensors.values().try_for_each(|tensor| match precision {
        Precision::F32 => write_values(writer, &tensor.data),
        Precision::F16 => write_f16(writer, &tensor.data),
    })
}

fn header(metadata: &Metadata, tensors: &BTreeMap<String, HostTensor>, precision: Precision) -> String {
    let (dtype, bytes) = match precision {
        Precision::F32 => ("F32", 4),
        Precision::F16 => ("F16", 2),
    };
    let mut entries = serde_json::Map::new();
    entries.insert("__metadata__".to_owned(), serde_json::json!(metadata));
    let mut offset = 0;
    for (name, tensor) in tensors {
        let end = offset + bytes * tensor.data.len();
        let entry = serde_json::json!({ "dtype": dtype, "shape": tensor.shape, "data_offsets": [offset, end] });
        entries.insert(name.clone(), entry);
        offset = end;
    }
    let mut text = serde_json::Value::Object(entries).to_string();
    // In the format, values start at a multiple of 8.
    text.extend(std::iter::repeat_n(' ', text.len().next_multiple_of(8) - text.len()));
    text
}

fn write_values(writer: &mut dyn Write, values: &[f32]) -> std::io::Result<()> {
    if cfg!(target_endian = "little") {
        return writer.write_all(bytemuck::cast_slice(values));
    }
    values.iter().try_for_each(|value| writer.write_all(&value.to_le_bytes()))
}

/// Rounds to the nearest f16; values beyond its range become infinite.
fn write_f16(writer: &mut dyn Write, values: &[f32]) -> std::io::Result<()> {
    let rounded: Vec<[u8; 2]> = values.iter().map(|&value| half::f16::from_f32(value).to_le_bytes()).collect();
    writer.write_all(rounded.as_flattened())
}

/// Reads every tensor and the metadata of a `.safetensors` file.
///
/// # Errors
/// A missing, truncated or foreign file; an element type that is neither floating point nor an integer of 32 or 64 bits.
pub fn read_safetensors(path: &Path) -> Result<Contents> {
    parse_safetensors(path, &read_bounded(path)?)
}

/// The same from a file's bytes. `path` is the name in errors.
///
/// # Errors
/// As [`read_safetensors`].
pub fn parse_safetensors(path: &Path, bytes: &[u8]) -> Result<Contents> {
    let damaged = |e: safetensors::SafeTensorError| {
        Error::file(path, format!("is cut short or damaged ({e}); copy or train it again"))
    };
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let metadata = header.metadata().iter().flatten().map(|(key, text)| (key.clone(), text.clone())).collect();
    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter() {
        let tensor = any_tensor(view.dtype(), view.shape(), view.data()).ok_or_else(|| {
            Error::file(
                path,
                format!("tensor `{name}` has the element type {:?}, which is not supported", view.dtype()),
            )
        })?;
        tensors.insert(name.to_owned(), tensor);
    }
    Ok((metadata, tensors))
}

/// The file's bytes. The first nine are checked before the rest is read: a header longer than the file is refused.
fn read_bounded(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => {
            Error::file(path, "there is no such file; give the path of a .safetensors file")
        }
        _ => Error::file(path, format!("cannot be read: {e}")),
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let mut start = Vec::new();
    (&file).take(9).read_to_end(&mut start).map_err(unreadable)?;
    let claimed = start.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
    let (Some(claimed), Some(b'{')) = (claimed, start.get(8)) else {
        return Err(Error::file(path, "is not a .safetensors file; give one that this program wrote"));
    };
    if claimed > length.saturating_sub(8) {
        let reason = format!(
            "is cut short or damaged (a header of {claimed} bytes in a file of {length}); copy or train it again"
        );
        return Err(Error::file(path, reason));
    }
    let mut bytes = start;
    // At most the initial length, in case the file is being written to.
    (&mut file).take(length).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn any_tensor(dtype: Dtype, shape: &[usize], bytes: &[u8]) -> Option<AnyTensor> {
    let shape = shape.to_vec();
    let float = |data| Some(AnyTensor::F32(HostTensor { shape: shape.clone(), data }));
    let integer = |data| Some(AnyTensor::I32 { shape: shape.clone(), data });
    match dtype {
        Dtype::F32 => float(values(bytes, f32::from_le_bytes)),
        Dtype::F16 => float(values(bytes, |b| half::f16::from_le_bytes(b).to_f32())),
        Dtype::BF16 => float(values(bytes, |b| half::bf16::from_le_bytes(b).to_f32())),
        Dtype::F64 => float(values(bytes, |b| f64::from_le_bytes(b) as f32)),
        Dtype::I32 => integer(values(bytes, i32::from_le_bytes)),
        Dtype::I64 => {
            let wide = values(bytes, i64::from_le_bytes);
            integer(wide.into_iter().map(i32::try_from).collect::<Result<_, _>>().ok()?)
        }
        _ => None,
    }
}

fn values<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|chunk| read(*chunk)).collect()
}
