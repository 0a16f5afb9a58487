//! Sampling: noise to a latent by the solver, to a roll by the codec.

use std::path::Path;
use std::sync::OnceLock;

use super::conditions::{ConditionTable, patches};
use super::given::{Context, Encoder};
use super::request::Request;
use crate::checkpoint::{Checkpoint, Kind, Statistics};
use crate::condition::Row;
use crate::config::Config;
use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::Roll;
use crate::data::picture::tensor::Layout;
use crate::dynamics::Dynamics;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::melody::Melodies;
use crate::models::{VelocityField, Vqvae};
use crate::rng::Philox;

/// Key of the drawn classes, combined with the seed, so that they are independent of the noise.
const CLASS_KEY: u64 = 0x636c_6173;

/// A trained flow with its codec.
pub struct Generator {
    /// Their configuration.
    pub config: Config,
    /// The codec.
    pub vqvae: Vqvae,
    /// The velocity field over standardised latents.
    pub field: VelocityField,
    /// Mean and deviation of the latents per channel.
    pub statistics: Statistics,
    /// The conditions that the flow was trained with, if it has some.
    pub conditions: Option<ConditionTable>,
    /// What gives notes their velocities, if the flow has it.
    pub dynamics: Option<Dynamics>,
    /// What writes melodies, if the flow has it.
    pub melodies: Option<Melodies>,
    /// The standardised latents of silence `[H, W, D]`, once they are needed.
    silence: OnceLock<Vec<f32>>,
}

impl Generator {
    /// Reads a flow's checkpoint, which carries its codec.
    ///
    /// # Errors
    /// A file that is missing or damaged, or a checkpoint of another kind.
    pub fn load(gpu: &Gpu, path: &Path) -> Result<Self> {
        Self::of(gpu, Checkpoint::load(path, Kind::Flow)?)
    }

    /// The generator of a flow's checkpoint.
    ///
    /// # Errors
    /// Tensors that do not fit the configuration, or a failure of the device.
    pub fn of(gpu: &Gpu, checkpoint: Checkpoint) -> Result<Self> {
        let (codec, Checkpoint { config, tensors, path, .. }) = (checkpoint.codec(), &checkpoint);
        let vqvae = Vqvae::open(gpu, &config.vqvae, Layout::of(&config.data).count(), &codec.tensors, path)?;
        let mut field = VelocityField::open(gpu, &config.flow, config.latent_shape(), tensors, path)?;
        field.params.use_ema(true);
        let statistics = checkpoint.statistics()?;
        let conditions = ConditionTable::load(&checkpoint)?;
        let dynamics = Dynamics::load(gpu, &checkpoint)?;
        let melodies = Melodies::load(&checkpoint)?;
        Ok(Self { dynamics, melodies, ..Self::new(checkpoint.config, vqvae, field, statistics, conditions) })
    }

    /// A generator of these parts, without dynamics and melodies.
    pub fn new(
        config: Config,
        vqvae: Vqvae,
        field: VelocityField,
        statistics: Statistics,
        conditions: Option<ConditionTable>,
    ) -> Self {
        Self { config, vqvae, field, statistics, conditions, dynamics: None, melodies: None, silence: OnceLock::new() }
    }

    /// The codec, to encode music as the flow's latents.
    pub fn encoder(&self) -> Encoder<'_> {
        Encoder { config: &self.config, vqvae: &self.vqvae, statistics: &self.statistics }
    }

    /// What of a batch is given, transposed as the flow's music is.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn context(&self, gpu: &Gpu, partials: &[PartialRoll]) -> Result<Context> {
        Ok(Context::of(&self.encoder(), gpu, partials, self.silence(gpu)?, &patches(&self.config)))
    }

    /// The standardised latents of silence `[H, W, D]`, computed once.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn silence(&self, gpu: &Gpu) -> Result<&[f32]> {
        if let Some(silence) = self.silence.get() {
            return Ok(silence);
        }
        let silent = Roll::new(self.config.data.steps as u32, Vec::new());
        let values = self.encoder().encode(gpu, &[&silent]).read_f32()?;
        Ok(self.silence.get_or_init(|| values))
    }

    /// The conditions of `count` samples from `first` on, all in C; `None` if the flow has none.
    pub fn rows(&self, request: &Request, first: u64, count: usize) -> Option<Vec<Row>> {
        let table = self.conditions.as_ref()?;
        let row = |number| {
            if let Some(row) = request.rows.get((number - request.first) as usize) {
                return row.clone();
            }
            let original = request.original(number);
            let given = original.or_else(|| request.partial(number).map(PartialRoll::given));
            let given = given.filter(|roll| !roll.notes().is_empty());
            request.asked(number).row(table, (request.seed, number), given, original.is_some())
        };
        Some((first..first + count as u64).map(row).collect())
    }

    /// The classes of the samples from `first` on; `None` if the flow has no classes.
    pub(super) fn classes(&self, request: &Request, first: u64, count: usize) -> Option<Vec<usize>> {
        let all = self.config.flow.n_classes;
        let drawn = |sample| Philox::new(request.seed ^ CLASS_KEY, sample).below(all);
        (all > 0).then(|| (first..first + count as u64).map(|i| request.class.unwrap_or_else(|| drawn(i))).collect())
    }

    /// Refuses a class that the flow does not have.
    ///
    /// # Errors
    /// One sentence that names the flow's classes.
    pub fn check_class(&self, class: Option<usize>) -> Result<()> {
        let classes = self.config.flow.n_classes;
        match class {
            Some(_) if classes == 0 => Err(Error::config("this flow was trained without classes; omit --class")),
            Some(class) if class >= classes => {
                Err(Error::config(format!("this flow has the classes 0 to {}, not {class}", classes - 1)))
            }
            _ => Ok(()),
        }
    }
}
