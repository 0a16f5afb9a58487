//! The metadata of this program's files: a signature that all of them carry, and fields of JSON.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::container::Metadata;
use crate::error::{Error, Result};

/// Raised when a file of an earlier program can no longer be read.
const FORMAT_VERSION: u32 = 1;

/// Format, program, kind and step of a file.
pub(super) fn signature(kind: &str, step: u64) -> Metadata {
    Metadata::from([
        ("format_version".to_owned(), FORMAT_VERSION.to_string()),
        ("program".to_owned(), concat!("flocoder ", env!("CARGO_PKG_VERSION")).to_owned()),
        ("kind".to_owned(), kind.to_owned()),
        ("step".to_owned(), step.to_string()),
    ])
}

/// Whether a file says that this program wrote it.
pub(super) fn is_signed(metadata: &Metadata) -> bool {
    metadata.contains_key("format_version") && metadata.contains_key("kind")
}

/// The kind of a file that this program wrote in a format that it can read.
///
/// # Errors
/// A file of another program, or of a newer format.
pub(super) fn check_signature<'a>(path: &Path, metadata: &'a Metadata) -> Result<&'a str> {
    let (Some(version), Some(kind)) = (metadata.get("format_version"), metadata.get("kind")) else {
        let reason = "is a .safetensors file of another program, without flocoder's description of the network; \
                      give a checkpoint that flocoder wrote";
        return Err(Error::file(path, reason));
    };
    let version: u32 =
        version.parse().map_err(|_| Error::file(path, "has an unreadable format version; the file is damaged"))?;
    if version > FORMAT_VERSION {
        let program = metadata.get("program").map_or("a newer flocoder", String::as_str);
        let reason = format!(
            "was written by {program} in format {version}, newer than this program's {FORMAT_VERSION}; update flocoder"
        );
        return Err(Error::file(path, reason));
    }
    Ok(kind)
}

pub(super) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data")
}

/// The value of the JSON field `key`.
///
/// # Errors
/// A field that is missing or cannot be read.
pub(super) fn field<T: DeserializeOwned>(path: &Path, metadata: &Metadata, key: &str) -> Result<T> {
    let text = metadata
        .get(key)
        .ok_or_else(|| Error::file(path, format!("has no `{key}` in its description; the file is damaged")))?;
    serde_json::from_str(text).map_err(|e| {
        Error::file(
            path,
            format!("has a `{key}` that cannot be read ({e}); it was written by another version or is damaged"),
        )
    })
}
