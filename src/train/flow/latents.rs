//! The data set as latents of a frozen codec, cached on disk under a hash of both.

use std::path::Path;
use std::time::Duration;

use rayon::prelude::*;

use super::classes::labels;
use crate::checkpoint::container::{AnyTensor, Metadata, read_safetensors, write_safetensors};
use crate::checkpoint::{Checkpoint, Statistics};
use crate::condition::{Controls, Hiding, Row, Shown, masks};
use crate::config::conditions::STEPS_PER_BAR;
use crate::config::{Config, Latents as Kind, Precision};
use crate::data::dataset::{Dataset, Window};
use crate::data::music::partial::PartialRoll;
use crate::data::music::to_c;
use crate::error::{Error, Result};
use crate::files;
use crate::gpu::Gpu;
use crate::models::{Conditioning, Vqvae};
use crate::nn::HostTensor;
use crate::ranks::Ranks;
use crate::rng::Philox;
use crate::sample::Generator;
use crate::sample::conditions::is_conditioned;
use crate::tensor::Tensor;
use crate::train::Task;
use crate::train::run::{Progress, Verbosity, interrupt};

/// Bars between two encoded windows of a song; of a flow with conditions, whose windows have no other copies.
const STRIDE: usize = 4;
const CONDITIONED_STRIDE: usize = 2;
/// Key of the random masks, combined with the seed of the run.
const MASK_KEY: u64 = 0x6d61_736b;
/// Probability that all attributes are hidden from a window of which something is given, besides the usual hiding.
const ALONE: f64 = 0.4;
/// Windows encoded at a time.
const BATCH: usize = 32;
/// A temporary file older than this is no longer being written: other runs may use the same folder.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);
/// The tensor's name in the cache, and the metadata key of its hash.
const NAME: &str = "latents";
const HASH: &str = "blake3";

/// The standardised latents of some windows.
pub struct Latents {
    /// Height, width and channels of one.
    pub shape: [usize; 3],
    /// The class of each, if there are classes.
    pub classes: Option<Vec<usize>>,
    /// The conditions of each, if the flow has some.
    pub rows: Option<Vec<Row>>,
    /// The window of each.
    windows: Vec<Window>,
    /// The statistics by which they are standardised.
    pub statistics: Statistics,
    /// `[N, h, w, D]`.
    values: Vec<f32>,
}

impl Latents {
    /// The latents of the training windows: from the folder `cache`, or encoded and saved there.
    ///
    /// # Errors
    /// The folder, a failure of the device, or an interruption by the user.
    pub fn training(task: &Task<'_>, vqvae: &Vqvae, codec: &Checkpoint, cache: &Path) -> Result<Self> {
        let Task { config, data, verbosity, .. } = *task;
        let windows = encoded_windows(config, data);
        let path = cache.join(format!("latents-{}.safetensors", key(codec, config, data)));
        let shape = config.latent_shape();
        let length = windows.len() * shape.iter().product::<usize>();
        let found = cached(&path, length);
        let on_each = task.ranks.gather(&[u8::from(found.is_some())])?;
        let values = match found {
            Some(values) if on_each.concat().iter().all(|&found| found == 1) => values,
            _ if !task.ranks.is_first() => encode(task, vqvae, &windows, verbosity)?,
            _ => {
                files::writable_folder(cache)?;
                files::remove_leftovers(cache, ABANDONED);
                let values = encode(task, vqvae, &windows, verbosity)?;
                let tensor = HostTensor::new([windows.len(), shape[0], shape[1], shape[2]], values);
                let metadata = Metadata::from([(HASH.to_owned(), hash(&tensor.data))]);
                let tensors = [(NAME.to_owned(), tensor)].into();
                write_safetensors(&path, &metadata, &tensors, Precision::F32)?;
                tensors.into_values().next().map(|tensor| tensor.data).unwrap_or_default()
            }
        };
        let statistics = statistics_of(&values, config);
        Self::standardised(values, statistics, task, &windows)
    }

    /// The latents of the validation windows, standardised by the `statistics` of the training latents.
    ///
    /// # Errors
    /// A failure of the device, or an interruption by the user.
    pub fn held_out(task: &Task<'_>, vqvae: &Vqvae, statistics: &Statistics) -> Result<Self> {
        let Task { config, data, .. } = *task;
        let windows = data.validation_windows();
        let windows = &in_c(config, data, windows.to_vec());
        let values = encode(task, vqvae, windows, Verbosity::Quiet)?;
        Self::standardised(values, statistics.clone(), task, windows)
    }

    fn standardised(mut values: Vec<f32>, statistics: Statistics, task: &Task<'_>, windows: &[Window]) -> Result<Self> {
        let classes = labels(task.data, windows, &task.config.flow)?;
        let row = |window: &Window| Row::of(&task.data.roll(window), window.transpose);
        let rows = is_conditioned(task.config).then(|| windows.par_iter().map(row).collect());
        statistics.standardise(&mut values);
        Ok(Self { shape: task.config.latent_shape(), classes, rows, windows: windows.to_vec(), statistics, values })
    }

    /// The number of latents.
    pub fn len(&self) -> usize {
        self.values.len() / self.size()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The `chosen` latents, on the device: `[chosen, h, w, D]`.
    pub fn upload(&self, gpu: &Gpu, chosen: &[usize]) -> Tensor {
        let ([height, width, channels], size) = (self.shape, self.size());
        let values: Vec<f32> = chosen.iter().flat_map(|&i| &self.values[i * size..(i + 1) * size]).copied().collect();
        Tensor::from_f32(gpu, &[chosen.len(), height, width, channels], &values)
    }

    /// Random masks of the `chosen` windows of `data`, from streams of their own.
    pub fn masks(&self, data: &Dataset, chosen: &[usize], seed: u64, first: u64) -> Vec<PartialRoll> {
        let mask = |(place, &index): (usize, &usize)| {
            let window = &self.windows[index];
            let mut random = Philox::new(seed ^ MASK_KEY, first + place as u64);
            masks::draw(&mut random, &data.roll(window), &data.melody_first(window))
        };
        chosen.par_iter().enumerate().map(mask).collect()
    }

    /// Controls of the notes of the `chosen` windows that are not given, as they are shown in training.
    pub fn controls(
        &self,
        data: &Dataset,
        chosen: &[usize],
        masks: &[PartialRoll],
        random: &mut Philox,
    ) -> Vec<Controls> {
        let control = |(place, &index): (usize, &usize)| {
            let roll = data.roll(&self.windows[index]);
            let mask = masks.get(place).filter(|mask| !mask.is_nothing());
            let new = mask.map_or(roll.clone(), |mask| roll.with_notes(roll.steps(), mask.new_notes(&roll)));
            Controls::of(&new, STEPS_PER_BAR as u32).drawn(random, mask.is_none())
        };
        chosen.iter().enumerate().map(control).collect()
    }

    /// Which conditions of `count` latents are shown in training; of those with classes all or nothing, hidden with the probability
    /// `class_dropout`. `masks` are what of each is given, if the flow is trained to complete.
    pub fn shown(&self, class_dropout: f64, count: usize, random: &mut Philox, masks: &[PartialRoll]) -> Vec<Shown> {
        let mut draw = |place: usize| {
            if self.rows.is_none() {
                let is_hidden = self.classes.is_some() && random.chance(class_dropout);
                return if is_hidden { Shown::NOTHING } else { Shown::ALL };
            }
            let shown = Shown::draw(random, &Hiding::default());
            let is_alone = masks.get(place).is_some_and(|mask| !mask.is_nothing() && random.chance(ALONE));
            if is_alone { Shown { chords: shown.chords, ..Shown::NOTHING } } else { shown }
        };
        (0..count).map(&mut draw).collect()
    }

    /// The conditions or classes of the `chosen` latents for a flow, as far as they are `shown`.
    pub fn conditioning(&self, gpu: &Gpu, flow: &Generator, chosen: &[usize], shown: &[Shown]) -> Conditioning {
        let each = chosen.iter().zip(shown);
        if let (Some(rows), Some(table)) = (&self.rows, &flow.conditions) {
            let batch: Vec<(&Row, Shown)> = each.map(|(&i, &shown)| (&rows[i], shown)).collect();
            return Conditioning::Conditions(table.upload(gpu, &batch));
        }
        let Some(classes) = &self.classes else { return Conditioning::Nothing };
        let batch: Vec<Option<usize>> =
            each.map(|(&i, shown)| (*shown != Shown::NOTHING).then_some(classes[i])).collect();
        flow.field.network.classes(gpu, &batch)
    }

    /// Elements of one.
    fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

/// The cache's name: a hash of the codec, the data, and the choice and encoding of windows.
fn key(codec: &Checkpoint, config: &Config, data: &Dataset) -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, tensor) in &codec.tensors {
        hasher.update(name.as_bytes()).update(bytemuck::cast_slice(&tensor.data));
    }
    let choice = (data.fingerprint(), config.flow.augs_per, config.flow.latents, config.train.seed, STRIDE);
    hasher.update(serde_json::to_string(&choice).expect("plain values").as_bytes());
    if is_conditioned(config) {
        hasher.update(b"in C");
    }
    hasher.finalize().to_hex()[..24].to_owned()
}

fn hash(values: &[f32]) -> String {
    blake3::hash(bytemuck::cast_slice(values)).to_hex().to_string()
}

/// The cached values; `None` if there are none or the file is damaged, so that they are encoded again.
fn cached(path: &Path, length: usize) -> Option<Vec<f32>> {
    let (metadata, mut tensors) = read_safetensors(path).ok()?;
    let is_intact = |data: &Vec<f32>| data.len() == length && metadata.get(HASH) == Some(&hash(data));
    match tensors.remove(NAME)? {
        AnyTensor::F32(tensor) => Some(tensor.data).filter(is_intact),
        AnyTensor::I32 { .. } => None,
    }
}

/// The windows that a flow is trained on.
fn encoded_windows(config: &Config, data: &Dataset) -> Vec<Window> {
    let (stride, copies) =
        if is_conditioned(config) { (CONDITIONED_STRIDE, 1) } else { (STRIDE, config.flow.augs_per) };
    in_c(config, data, data.encoding_windows(stride, copies, config.train.seed))
}

/// The windows; of a flow with conditions, transposed to C major or A minor, as far as they stay within the pitches.
fn in_c(config: &Config, data: &Dataset, windows: Vec<Window>) -> Vec<Window> {
    if !is_conditioned(config) {
        return windows;
    }
    let moved = |window: Window| {
        let roll = data.roll(&Window { transpose: 0, ..window });
        let shift = to_c::shift(&roll, &data.songs()[window.song].roll);
        let range = roll.transpositions_within(&config.data.pitches.range(), shift.unsigned_abs());
        Window { transpose: shift.clamp(*range.start(), *range.end()), ..window }
    };
    windows.into_par_iter().map(moved).collect()
}

/// The statistics of the latents that a flow of this configuration would be trained on.
///
/// # Errors
/// A failure of the device, or an interruption by the user.
pub fn statistics(
    gpu: &Gpu,
    config: &Config,
    data: &Dataset,
    vqvae: &Vqvae,
    verbosity: Verbosity,
) -> Result<Statistics> {
    let values = encode_batches(gpu, config, data, vqvae, &encoded_windows(config, data), &Ranks::alone(), verbosity)?;
    Ok(statistics_of(&values, config))
}

/// The statistics of latents; the standard ones if the codec standardises them, so that the flow's unit of noise is the one that its
/// decoder was trained with.
fn statistics_of(values: &[f32], config: &Config) -> Statistics {
    let channels = config.vqvae.latent;
    if config.vqvae.standardise { Statistics::standard(channels) } else { Statistics::of(values, channels) }
}

/// The latents of windows, `[windows, h, w, D]`, by all ranks.
fn encode(task: &Task<'_>, vqvae: &Vqvae, windows: &[Window], verbosity: Verbosity) -> Result<Vec<f32>> {
    encode_batches(task.gpu, task.config, task.data, vqvae, windows, task.ranks, verbosity)
}

/// Batch after batch; of as many batches as there are ranks, each encodes one.
fn encode_batches(
    gpu: &Gpu,
    config: &Config,
    data: &Dataset,
    vqvae: &Vqvae,
    windows: &[Window],
    ranks: &Ranks,
    verbosity: Verbosity,
) -> Result<Vec<f32>> {
    let mut progress = Progress::new("encoding", 0, windows.len() as u64, verbosity);
    let (steps, channels) = (config.data.steps, data.layout().count());
    let encoded = |windows: &[Window]| {
        let pictures = data.tensor(windows);
        let height = pictures.len() / (windows.len() * steps * channels);
        let latents = vqvae.encode(&Tensor::from_f32(gpu, &[windows.len(), height, steps, channels], &pictures));
        let latents = match config.flow.latents {
            Kind::Encoder => latents,
            Kind::Quantized => vqvae.quantize(&latents).sum,
        };
        latents.read_f32()
    };
    let mut values = Vec::new();
    let mut done = 0;
    for round in windows.chunks(BATCH * ranks.size()) {
        if interrupt::requested() {
            return Err(Error::Interrupted("encoding the songs"));
        }
        let own = round.chunks(BATCH).nth(ranks.rank()).map_or_else(|| Ok(Vec::new()), encoded)?;
        if ranks.are_alone() {
            values.extend(own);
        } else {
            let all = ranks.gather(bytemuck::cast_slice(&own))?;
            values.extend(all.iter().flat_map(|bytes| bytemuck::pod_collect_to_vec::<u8, f32>(bytes)));
        }
        done += round.len();
        progress.update(done as u64);
    }
    progress.finish();
    Ok(values)
}
