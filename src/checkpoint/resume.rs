//! The state that a training run needs, in addition to its checkpoint, to continue as if it had never stopped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::container::{Contents, read_safetensors, write_safetensors};
use super::metadata::{check_signature, field, signature, to_json};
use super::tensors;
use crate::config::Precision;
use crate::error::{Error, Result};
use crate::nn::HostTensor;

/// The part of a training run's state that its checkpoint does not hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResumeState {
    /// Optimizer steps taken: the same as the checkpoint's.
    pub step: u64,
    /// Counters by name, such as the number of skipped steps.
    pub counters: BTreeMap<String, Value>,
    /// Master weights (a flow's checkpoint holds their EMA), moments, EMA and loss scale, by name.
    pub tensors: BTreeMap<String, HostTensor>,
    /// Where it was read from, for messages; not stored.
    pub path: PathBuf,
}

impl ResumeState {
    const KIND: &str = "resume state";

    /// Writes it atomically: on an error the old file is unchanged.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut metadata = signature(Self::KIND, self.step);
        metadata.insert("counters".to_owned(), to_json(&self.counters));
        write_safetensors(path, &metadata, &self.tensors, Precision::F32)
    }

    /// Reads a resume state.
    ///
    /// # Errors
    /// A missing, truncated or foreign file.
    pub fn load(path: &Path) -> Result<Self> {
        Self::of(path, read_safetensors(path)?)
    }

    /// The resume state in the contents of the file `path`; errors as [`ResumeState::load`].
    pub fn of(path: &Path, (metadata, tensors): Contents) -> Result<Self> {
        let kind = check_signature(path, &metadata)?;
        if kind != Self::KIND {
            return Err(Error::file(path, format!("holds a {kind}, but a {} is expected", Self::KIND)));
        }
        Ok(Self {
            step: field(path, &metadata, "step")?,
            counters: field(path, &metadata, "counters")?,
            tensors: tensors::only_finite(path, tensors)?,
            path: path.to_owned(),
        })
    }

    /// Removes and returns the tensor `name`; errors as [`Checkpoint::take`](super::Checkpoint::take).
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<HostTensor> {
        tensors::take(&self.path, &mut self.tensors, name, shape)
    }
}
