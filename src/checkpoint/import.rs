//! Weights of other programs: a PyTorch state dictionary with the Python package's names becomes a checkpoint.
//!
//! Such a file has tensors only. The configuration comes from the user, and every tensor has to have a place in the network that it
//! describes: an ignored layer would change the network's output without a sign.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::container::{AnyTensor, read_safetensors};
use super::kind::Kind;
use super::metadata::is_signed;
use super::network::Checkpoint;
use crate::config::{Arch, Config};
use crate::data::picture::tensor::Layout as Cells;
use crate::error::{Error, Result};
use crate::models::vqvae::{CODEBOOKS, STATISTICS};
use crate::models::{VelocityField, Vqvae};
use crate::nn::HostTensor;

/// Prefixes of all names of a network that PyTorch compiled or distributed.
const WRAPPERS: [&str; 2] = ["_orig_mod.", "module."];
/// Before and after the level in the names of the Python package's codebooks, each `[1, codes, latent]`.
const LEVEL: (&str, &str) = ("vq.layers.", "._codebook.embed");
/// The codebooks' moving averages, which only training needs.
const AVERAGES: [&str; 4] =
    ["._codebook.initted", "._codebook.cluster_size", "._codebook.embed_avg", "._codebook.batch_mean"];

/// The weights of one network, by the names of a [`Checkpoint`].
#[derive(Debug, Clone)]
pub struct Weights {
    /// Which network.
    pub kind: Kind,
    tensors: BTreeMap<String, HostTensor>,
    path: PathBuf,
}

impl Weights {
    /// Reads a `.safetensors` file.
    ///
    /// # Errors
    /// A file that cannot be read, is already a checkpoint, holds neither network, or holds a non-finite weight.
    pub fn read(path: &Path) -> Result<Self> {
        let (metadata, tensors) = read_safetensors(path)?;
        if is_signed(&metadata) {
            return Err(Error::file(path, "is a checkpoint of flocoder already; use it as it is"));
        }
        let floats = tensors.into_iter().filter_map(|(name, tensor)| match tensor {
            AnyTensor::F32(tensor) => Some((name, tensor)),
            // Counters.
            AnyTensor::I32 { .. } => None,
        });
        let mut tensors = stacked(path, unwrapped(floats.collect()))?;
        tensors.retain(|name, _| !AVERAGES.iter().any(|end| name.starts_with(LEVEL.0) && name.ends_with(end)));
        let kind = kind(&tensors).ok_or_else(|| {
            let first = tensors.keys().next().map_or("nothing", String::as_str);
            let reason = format!(
                "holds neither a codec (`encoder.`, `decoder.`) nor a flow (`init_conv.`, `downs.`), but {first}; \
                 save the network's state_dict()"
            );
            Error::file(path, reason)
        })?;
        match tensors.iter().find(|(_, tensor)| !tensor.data.iter().all(|value| value.is_finite())) {
            Some((name, _)) => Err(Error::file(path, format!("tensor `{name}` has values that are not finite"))),
            None => Ok(Self { kind, tensors, path: path.to_owned() }),
        }
    }

    /// A checkpoint of these weights. A codec may lack its codebooks, and a flow lacks its codec.
    ///
    /// # Errors
    /// A configuration that is not valid or describes another network.
    pub fn checkpoint(self, config: &Config) -> Result<Checkpoint> {
        self.kind.validate(config)?;
        let Self { kind, tensors, path } = self;
        let vqvae = &config.vqvae;
        if kind == Kind::Codec && vqvae.arch == Arch::Patch && tensors.contains_key("encoder.0.conv1.weight") {
            let reason = "holds the resnet codec of the Python package; its configuration has vqvae.arch=resnet, \
                          vqvae.patch=1 and vqvae.columns=1";
            return Err(Error::file(&path, reason));
        }
        let layout = match kind {
            Kind::Codec => Vqvae::layout(vqvae, Cells::of(&config.data).count()),
            Kind::Flow => VelocityField::layout(&config.flow, config.latent_shape()),
        };
        layout.check(&tensors, &path)?;
        let books = [vqvae.levels, vqvae.codes, vqvae.latent];
        if let Some(given) = tensors.get(CODEBOOKS).map(|books| &books.shape).filter(|shape| **shape != books) {
            let reason = format!(
                "has codebooks of the shape {given:?}; set vqvae.levels, vqvae.codes and vqvae.latent, now {books:?}, to it"
            );
            return Err(Error::file(&path, reason));
        }
        let is_parameter = |name: &str| layout.entries().iter().any(|entry| entry.name == name);
        let is_statistic = |name: &str| vqvae.standardise && STATISTICS.contains(&name);
        let is_other = |name: &&String| !is_parameter(name) && !is_statistic(name) && *name != CODEBOOKS;
        let mut others = tensors.keys().filter(is_other);
        if let Some(name) = others.next() {
            let reason = format!(
                "tensor `{name}` has no place in the {kind} of this configuration, and without it the {kind} would \
                 compute something else"
            );
            return Err(Error::file(&path, reason));
        }
        let mut checkpoint = Checkpoint::new(kind, config.clone(), 0);
        // The Python package has none; `train-dynamics` adds them.
        checkpoint.config.flow.dynamics = false;
        checkpoint.tensors = tensors;
        checkpoint.path = path;
        Ok(checkpoint)
    }
}

/// Whether a file is one that PyTorch's `save` wrote: a zip archive or a pickle.
pub fn is_pickled(path: &Path) -> bool {
    let mut start = [0; 2];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && matches!(&start, b"PK" | [0x80, 2..=5])
}

/// The two lines of Python that convert a file of PyTorch to the `.safetensors` file `to`.
pub fn conversion(from: &Path, to: &Path) -> String {
    // A string of JSON is one of Python.
    let quoted = |path: &Path| serde_json::Value::from(path.to_string_lossy()).to_string();
    format!(
        "import torch, safetensors.torch; state = torch.load({}, map_location=\"cpu\")\n\
         safetensors.torch.save_file({{name: tensor.contiguous().clone() for name, tensor in \
         state.get(\"model_state_dict\", state).items()}}, {})",
        quoted(from),
        quoted(to)
    )
}

fn kind(tensors: &BTreeMap<String, HostTensor>) -> Option<Kind> {
    let holds = |prefix: &str| tensors.keys().any(|name| name.starts_with(prefix));
    if holds("encoder.") && holds("decoder.") {
        return Some(Kind::Codec);
    }
    (holds("init_conv.") && holds("downs.")).then_some(Kind::Flow)
}

/// The tensors without the prefixes that all names share.
fn unwrapped(mut tensors: BTreeMap<String, HostTensor>) -> BTreeMap<String, HostTensor> {
    let common = |tensors: &BTreeMap<String, HostTensor>| {
        let shared = |prefix: &&str| !tensors.is_empty() && tensors.keys().all(|name| name.starts_with(prefix));
        WRAPPERS.into_iter().find(shared)
    };
    while let Some(prefix) = common(&tensors) {
        tensors = tensors.into_iter().map(|(name, tensor)| (name[prefix.len()..].to_owned(), tensor)).collect();
    }
    tensors
}

/// The tensors with the codebooks of all levels as one, `[levels, codes, latent]`.
fn stacked(path: &Path, mut tensors: BTreeMap<String, HostTensor>) -> Result<BTreeMap<String, HostTensor>> {
    let levels = (0..).map_while(|level| tensors.remove(&format!("{}{level}{}", LEVEL.0, LEVEL.1)));
    let levels: Vec<HostTensor> = levels.collect();
    let Some(first) = levels.first() else { return Ok(tensors) };
    let &[.., codes, latent] = &first.shape[..] else {
        return Err(Error::file(path, "has a codebook that is no table of codes"));
    };
    if levels.iter().any(|level| level.shape != first.shape || level.data.len() != codes * latent) {
        return Err(Error::file(path, "has codebooks of different sizes; a codec has equal ones at all levels"));
    }
    let shape = [levels.len(), codes, latent];
    let data = levels.into_iter().flat_map(|level| level.data).collect();
    tensors.insert(CODEBOOKS.to_owned(), HostTensor::new(shape, data));
    Ok(tensors)
}
