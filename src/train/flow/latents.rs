//! The data set as latents of a frozen codec, kept on disk under a name made of both.

use std::path::Path;
use std::time::Duration;

use super::classes::labels;
use crate::checkpoint::Checkpoint;
use crate::checkpoint::Statistics;
use crate::checkpoint::container::{AnyTensor, Metadata, read_safetensors, write_safetensors};
use crate::config::{Config, Latents as Kind, Precision};
use crate::data::dataset::{Dataset, Window};
use crate::error::{Error, Result};
use crate::files;
use crate::gpu::Gpu;
use crate::models::Vqvae;
use crate::nn::HostTensor;
use crate::tensor::Tensor;
use crate::train::run::{Progress, Verbosity, interrupt};

/// Bars between two windows of a song that are encoded.
const STRIDE: usize = 4;
/// Windows encoded at a time.
const BATCH: usize = 32;
/// Nobody writes for so long at one file: other runs may be writing to the same folder.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);
/// The tensor's name in the cache, and under which its metadata holds the hash of the values.
const NAME: &str = "latents";
const HASH: &str = "blake3";

/// The latents of some windows, standardised.
pub struct Latents {
    /// Height, width and channels of one.
    pub shape: [usize; 3],
    /// The window of each.
    pub windows: Vec<Window>,
    /// The class of each, where there are classes.
    pub classes: Option<Vec<usize>>,
    /// What they were before: values are `(latent - mean) / deviation`.
    pub statistics: Statistics,
    values: Vec<f32>,
}

impl Latents {
    /// The training windows' latents: from the cache in the folder `cache`, or encoded and put there.
    ///
    /// # Errors
    /// The cache's folder, a failure of the device, or the user's wish to end.
    pub fn training(
        gpu: &Gpu,
        vqvae: &Vqvae,
        codec: &Checkpoint,
        config: &Config,
        data: &Dataset,
        cache: &Path,
        verbosity: Verbosity,
    ) -> Result<Self> {
        let windows = data.encoding_windows(STRIDE, config.flow.augs_per, config.train.seed);
        let path = cache.join(format!("latents-{}.safetensors", key(codec, config, data)));
        let shape = config.latent_shape();
        let length = windows.len() * shape.iter().product::<usize>();
        let values = match cached(&path, length) {
            Some(values) => values,
            None => {
                files::writable_folder(cache)?;
                files::remove_leftovers(cache, ABANDONED);
                let values = encode(gpu, vqvae, config, data, &windows, verbosity)?;
                let tensor = HostTensor::new([windows.len(), shape[0], shape[1], shape[2]], values);
                let metadata = Metadata::from([(HASH.to_owned(), hash(&tensor.data))]);
                let tensors = [(NAME.to_owned(), tensor)].into();
                write_safetensors(&path, &metadata, &tensors, Precision::F32)?;
                tensors.into_values().next().map(|tensor| tensor.data).unwrap_or_default()
            }
        };
        let statistics = Statistics::of(&values, shape[2]);
        let classes = labels(data, &windows, &config.flow)?;
        Ok(Self { shape, windows, classes, statistics, values }.standardised())
    }

    /// The validation windows' latents, standardised as the training's.
    ///
    /// # Errors
    /// A failure of the device, or the user's wish to end.
    pub fn validation(gpu: &Gpu, vqvae: &Vqvae, config: &Config, data: &Dataset, training: &Self) -> Result<Self> {
        let windows = data.validation_windows().to_vec();
        let values = encode(gpu, vqvae, config, data, &windows, Verbosity::Quiet)?;
        let classes = labels(data, &windows, &config.flow)?;
        Ok(Self { shape: training.shape, windows, classes, statistics: training.statistics.clone(), values }
            .standardised())
    }

    fn standardised(mut self) -> Self {
        self.statistics.standardise(&mut self.values);
        self
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.windows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// The chosen ones, one after the other: `[chosen, h, w, D]`.
    pub fn gather(&self, chosen: &[usize]) -> Vec<f32> {
        let size: usize = self.shape.iter().product();
        chosen.iter().flat_map(|&i| &self.values[i * size..(i + 1) * size]).copied().collect()
    }
}

/// The cache's name: codec, data, and how windows are chosen and encoded.
fn key(codec: &Checkpoint, config: &Config, data: &Dataset) -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, tensor) in &codec.tensors {
        hasher.update(name.as_bytes()).update(bytemuck::cast_slice(&tensor.data));
    }
    let choice = (data.fingerprint(), config.flow.augs_per, config.flow.latents, config.train.seed, STRIDE);
    hasher.update(serde_json::to_string(&choice).expect("plain values").as_bytes());
    hasher.finalize().to_hex()[..24].to_owned()
}

fn hash(values: &[f32]) -> String {
    blake3::hash(bytemuck::cast_slice(values)).to_hex().to_string()
}

/// The cached values; `None` where there are none or the file is damaged, so that they are made anew.
fn cached(path: &Path, length: usize) -> Option<Vec<f32>> {
    let (metadata, mut tensors) = read_safetensors(path).ok()?;
    let whole = |data: &Vec<f32>| data.len() == length && metadata.get(HASH) == Some(&hash(data));
    match tensors.remove(NAME)? {
        AnyTensor::F32(tensor) => Some(tensor.data).filter(whole),
        AnyTensor::I32 { .. } => None,
    }
}

fn encode(
    gpu: &Gpu,
    vqvae: &Vqvae,
    config: &Config,
    data: &Dataset,
    windows: &[Window],
    verbosity: Verbosity,
) -> Result<Vec<f32>> {
    let mut progress = Progress::new("encoding", 0, windows.len() as u64, verbosity);
    let (steps, channels) = (config.data.steps, data.layout().count());
    let mut values = Vec::new();
    for (batch, windows) in windows.chunks(BATCH).enumerate() {
        if interrupt::requested() {
            return Err(Error::Interrupted("encoding the songs"));
        }
        let pictures = data.tensor(windows);
        let height = pictures.len() / (windows.len() * steps * channels);
        let latents = vqvae.encode(&Tensor::from_f32(gpu, &[windows.len(), height, steps, channels], &pictures));
        let latents = match config.flow.latents {
            Kind::Encoder => latents,
            Kind::Quantized => vqvae.quantize(&latents).sum,
        };
        values.extend(latents.read_f32()?);
        progress.update::<&str>((batch * BATCH + windows.len()) as u64, &[]);
    }
    progress.finish();
    Ok(values)
}
