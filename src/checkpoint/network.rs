//! A network's checkpoint.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::container::{Contents, Metadata, read_safetensors, write_contents, write_safetensors};
use super::kind::Kind;
use super::metadata::{check_signature, field, signature, to_json};
use super::tensors;
use crate::config::{Config, Precision};
use crate::error::{Error, Result};
use crate::nn::HostTensor;

/// One network's weights, and everything needed to use them.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Which network.
    pub kind: Kind,
    /// The configuration that it was trained with.
    pub config: Config,
    /// Optimizer steps taken.
    pub step: u64,
    /// Further facts about the network: latent statistics, a description of the data, its codec's step.
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

    /// Writes it atomically: on an error the old file is unchanged.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        self.save_in(Precision::F32, path)
    }

    /// The same with values stored in `precision`, rounded if that is f16.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save_in(&self, precision: Precision, path: &Path) -> Result<()> {
        write_safetensors(path, &self.metadata(), &self.tensors, precision)
    }

    /// The bytes of its file with values rounded to f16.
    pub fn in_f16(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_contents(&mut bytes, &self.metadata(), &self.tensors, Precision::F16).expect("memory can be written");
        bytes
    }

    fn metadata(&self) -> Metadata {
        let mut metadata = signature(self.kind.name(), self.step);
        metadata.insert("config".to_owned(), to_json(&self.config));
        metadata.insert("extra".to_owned(), to_json(&self.extra));
        metadata
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

    /// The checkpoint in the contents of the file `path`.
    ///
    /// # Errors
    /// As [`Checkpoint::open`], or none of the `expected` kinds.
    pub fn of(path: &Path, (metadata, tensors): Contents, expected: &[Kind]) -> Result<Self> {
        let name = check_signature(path, &metadata)?;
        let kind = expected.iter().copied().find(|kind| kind.name() == name).ok_or_else(|| {
            let wanted = expected.iter().map(|kind| format!("a {kind}")).collect::<Vec<_>>().join(" or ");
            let named = expected.iter().map(|kind| kind.file_name()).collect::<Vec<_>>().join(" or ");
            Error::file(path, format!("holds a {name}, but {wanted} is expected; give a file named like {named}"))
        })?;
        let config: Config = field(path, &metadata, "config")?;
        kind.validate(&config)
            .map_err(|error| Error::file(path, format!("has a configuration that is not valid ({error})")))?;
        Ok(Self {
            kind,
            config,
            step: field(path, &metadata, "step")?,
            extra: field(path, &metadata, "extra")?,
            tensors: tensors::only_finite(path, tensors)?,
            path: path.to_owned(),
        })
    }

    /// Removes and returns the tensor `name`.
    ///
    /// # Errors
    /// One sentence if it is missing, or has another shape than `shape`.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<HostTensor> {
        tensors::take(&self.path, &mut self.tensors, name, shape)
    }
}
