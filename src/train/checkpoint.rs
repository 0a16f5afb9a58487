//! Checkpoints: a network's weights with everything that is needed to run it again, and what resuming needs beside it.
//!
//! Both are `.safetensors` files whose metadata says what they are: format and program version, kind, step, and the whole
//! configuration as JSON. Parameter names and layouts are those of the reference (PyTorch's).

use super::container::{AnyTensor, Contents, HostTensor, Metadata, read_safetensors, write_safetensors};
use crate::config::{Config, Precision};
use crate::error::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Raised when a file of an earlier program can no longer be read.
const FORMAT_VERSION: u32 = 1;

/// Which network a checkpoint holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Encoder, quantizer, decoder.
    Codec,
    /// The velocity network, and its codec's weights under `codec.`.
    Flow,
}

impl Kind {
    /// `codec` or `flow`: the word in metadata and file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Codec => "codec",
            Self::Flow => "flow",
        }
    }

    /// Refuses a configuration that no such network can have.
    ///
    /// # Errors
    /// One sentence that names the key.
    pub fn validate(self, config: &Config) -> Result<()> {
        match self {
            Self::Codec => config.validate_codec(),
            Self::Flow => config.validate_flow(),
        }
    }

    /// The checkpoint's name in a run's folder.
    pub fn file_name(self) -> String {
        format!("{}.safetensors", self.name())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One network's weights, and all that is needed to use them.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Which network.
    pub kind: Kind,
    /// The configuration that it was trained with.
    pub config: Config,
    /// Optimizer steps taken.
    pub step: u64,
    /// What else belongs to the network: latent statistics, a description of the data, validation results.
    pub extra: BTreeMap<String, Value>,
    /// Parameters by the reference's names.
    pub tensors: BTreeMap<String, HostTensor>,
    /// Where it was read from, for messages; not stored.
    pub path: PathBuf,
}

impl Checkpoint {
    /// A checkpoint without tensors or extras yet.
    pub fn new(kind: Kind, config: Config, step: u64) -> Self {
        Self { kind, config, step, extra: BTreeMap::new(), tensors: BTreeMap::new(), path: PathBuf::new() }
    }

    /// Writes it whole, or leaves the old file as it was.
    pub fn save(&self, path: &Path) -> Result<()> {
        self.save_in(Precision::F32, path)
    }

    /// The same with numbers stored in `precision`; in halves they are rounded.
    pub fn save_in(&self, precision: Precision, path: &Path) -> Result<()> {
        let mut metadata = signature(self.kind.name(), self.step);
        metadata.insert("config".to_owned(), to_json(&self.config));
        metadata.insert("extra".to_owned(), to_json(&self.extra));
        write_safetensors(path, &metadata, &self.tensors, precision)
    }

    /// Reads a checkpoint of the expected kind.
    ///
    /// # Errors
    /// As [`Checkpoint::open`], or the other kind of network.
    pub fn load(path: &Path, expected: Kind) -> Result<Self> {
        Self::of(path, read_safetensors(path)?, &[expected])
    }

    /// Reads a checkpoint of either kind.
    ///
    /// # Errors
    /// A missing, truncated or foreign file, or a newer format.
    pub fn open(path: &Path) -> Result<Self> {
        Self::of(path, read_safetensors(path)?, &[Kind::Codec, Kind::Flow])
    }

    /// What the contents of the file `path` describe.
    ///
    /// # Errors
    /// As [`Checkpoint::open`], or none of the `expected` kinds.
    pub fn of(path: &Path, (metadata, tensors): Contents, expected: &[Kind]) -> Result<Self> {
        let name = check_signature(path, &metadata)?;
        let kind = expected.iter().copied().find(|kind| kind.name() == name).ok_or_else(|| {
            let wanted = expected.iter().map(|kind| format!("a {kind}")).collect::<Vec<_>>().join(" or ");
            let named = expected.iter().map(|kind| kind.file_name()).collect::<Vec<_>>().join(" or ");
            Error::file(path, format!("holds a {name}, but {wanted} is wanted; give a file named like {named}"))
        })?;
        let config: Config = field(path, &metadata, "config")?;
        kind.validate(&config)
            .map_err(|error| Error::file(path, format!("has a configuration that cannot be ({error})")))?;
        Ok(Self {
            kind,
            config,
            step: field(path, &metadata, "step")?,
            extra: field(path, &metadata, "extra")?,
            tensors: only_floats(path, tensors)?,
            path: path.to_owned(),
        })
    }

    /// Removes and returns the tensor `name`.
    ///
    /// # Errors
    /// One sentence where it is missing, or has another shape than `shape`.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<HostTensor> {
        take(&self.path, &mut self.tensors, name, shape)
    }
}

/// What a run needs beside its checkpoint to go on as if it had never stopped.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResumeState {
    /// Optimizer steps taken: the same as the checkpoint's.
    pub step: u64,
    /// Positions and counters by name: generator, place in the data, best result.
    pub counters: BTreeMap<String, Value>,
    /// Weights as trained (a checkpoint holds their average), and the optimizer's moments, by name.
    pub tensors: BTreeMap<String, HostTensor>,
    /// Where it was read from, for messages; not stored.
    pub path: PathBuf,
}

impl ResumeState {
    const KIND: &str = "resume state";

    /// Writes it whole, or leaves the old file as it was.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut metadata = signature(Self::KIND, self.step);
        metadata.insert("counters".to_owned(), to_json(&self.counters));
        write_safetensors(path, &metadata, &self.tensors, Precision::F32)
    }

    /// Reads a state for resuming.
    ///
    /// # Errors
    /// A missing, truncated or foreign file.
    pub fn load(path: &Path) -> Result<Self> {
        Self::of(path, read_safetensors(path)?)
    }

    /// What the contents of the file `path` describe; errors as [`ResumeState::load`].
    pub fn of(path: &Path, (metadata, tensors): Contents) -> Result<Self> {
        let kind = check_signature(path, &metadata)?;
        if kind != Self::KIND {
            return Err(Error::file(path, format!("holds a {kind}, but a {} is wanted", Self::KIND)));
        }
        Ok(Self {
            step: field(path, &metadata, "step")?,
            counters: field(path, &metadata, "counters")?,
            tensors: only_floats(path, tensors)?,
            path: path.to_owned(),
        })
    }

    /// Removes and returns the tensor `name`; errors as [`Checkpoint::take`].
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<HostTensor> {
        take(&self.path, &mut self.tensors, name, shape)
    }
}

/// Names with `prefix` put before them: how one file holds several sets of tensors.
pub fn prefixed(prefix: &str, tensors: BTreeMap<String, HostTensor>) -> BTreeMap<String, HostTensor> {
    tensors.into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor)).collect()
}

/// Removes and returns the tensors whose names begin with `prefix`, which is left out of them.
pub fn take_prefixed(prefix: &str, tensors: &mut BTreeMap<String, HostTensor>) -> BTreeMap<String, HostTensor> {
    let (taken, left): (Vec<_>, Vec<_>) =
        std::mem::take(tensors).into_iter().partition(|(name, _)| name.starts_with(prefix));
    tensors.extend(left);
    taken.into_iter().map(|(name, tensor)| (name[prefix.len()..].to_owned(), tensor)).collect()
}

/// What every file of this program says about itself.
fn signature(kind: &str, step: u64) -> Metadata {
    Metadata::from([
        ("format_version".to_owned(), FORMAT_VERSION.to_string()),
        ("program".to_owned(), concat!("flocoder ", env!("CARGO_PKG_VERSION")).to_owned()),
        ("kind".to_owned(), kind.to_owned()),
        ("step".to_owned(), step.to_string()),
    ])
}

/// The kind of a file that this program wrote in a format that it can read.
fn check_signature<'a>(path: &Path, metadata: &'a Metadata) -> Result<&'a str> {
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

fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data")
}

fn field<T: DeserializeOwned>(path: &Path, metadata: &Metadata, key: &str) -> Result<T> {
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

fn only_floats(path: &Path, tensors: BTreeMap<String, AnyTensor>) -> Result<BTreeMap<String, HostTensor>> {
    tensors
        .into_iter()
        .map(|(name, tensor)| match tensor {
            AnyTensor::F32(tensor) => Ok((name, tensor)),
            AnyTensor::I32 { .. } => {
                Err(Error::file(path, format!("tensor `{name}` holds whole numbers where weights are wanted")))
            }
        })
        .collect()
}

fn take(path: &Path, tensors: &mut BTreeMap<String, HostTensor>, name: &str, shape: &[usize]) -> Result<HostTensor> {
    let tensor = tensors.remove(name).ok_or_else(|| {
        Error::file(path, format!("has no tensor `{name}`; it belongs to another network or is damaged"))
    })?;
    if tensor.shape != shape {
        let reason = format!(
            "tensor `{name}` has the shape {:?} where {shape:?} is wanted; it belongs to another network",
            tensor.shape
        );
        return Err(Error::file(path, reason));
    }
    Ok(tensor)
}
