//! The conditions of a flow's samples: rows of training windows to draw from, and their upload.

use crate::checkpoint::Checkpoint;
use crate::condition::{Controls, Expectation, Input, Patches, Row, RowOrder, Scales, Shown, table};
use crate::config::conditions::{CONTROLS, WINDOW_ATTRIBUTES};
use crate::config::{Config, FlowArch};
use crate::data::evenly;
use crate::data::music::roll::STEPS_PER_BEAT;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::models::Conditions;
use crate::nn::HostTensor;
use crate::parallel::*;
use crate::rng::Philox;
use crate::tensor::Tensor;

/// Key of the draws of rows, combined with the seed, so that they are independent of the noise.
const ROW_KEY: u64 = 0x726f_7773;
/// Most rows that a checkpoint holds.
const MOST: usize = 1024;
/// Tensors of a checkpoint: the bytes of the rows, one number each, so that f16 holds them exactly; the values of the scales, and of
/// what is expected beside a melody, if it is known.
const ROWS: &str = "conditions.rows";
const SCALES: &str = "conditions.scales";
const EXPECTATION: &str = "conditions.expectation";

/// Whether a flow is conditioned on music: its windows are in C, and its samples are transposed back.
pub fn is_conditioned(config: &Config) -> bool {
    config.flow.arch == FlowArch::Transformer && config.flow.picture + config.flow.attributes > 0
}

/// The conditions that a flow was trained with.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionTable {
    /// Conditions of training windows. None are needed for training.
    pub rows: Vec<Row>,
    /// How their numbers are normalised.
    pub scales: Scales,
    /// The texture that is expected of music with a given melody, if the flow has learnt it.
    pub expectation: Option<Expectation>,
    /// The latent that they belong to.
    pub patches: Patches,
    /// Whether the flow has a picture of conditions.
    has_picture: bool,
    /// Whether the attributes include those of the rhythm; `None` if there are no attributes.
    with_rhythm: Option<bool>,
}

impl ConditionTable {
    /// The table of a flow that is trained on windows with these `rows`, of which at most 1024 are kept, evenly spaced.
    pub fn of(config: &Config, rows: &[Row]) -> Self {
        Self::new(config, evenly(rows, MOST), Scales::fit(rows))
    }

    fn new(config: &Config, rows: Vec<Row>, scales: Scales) -> Self {
        let with_rhythm = config.flow.attributes > WINDOW_ATTRIBUTES;
        Self {
            rows,
            scales,
            expectation: None,
            patches: patches(config),
            has_picture: config.flow.picture > 0,
            with_rhythm: (config.flow.attributes > 0).then_some(with_rhythm),
        }
    }

    /// Beats and bars of a window.
    fn size(config: &Config) -> (usize, usize) {
        (config.data.steps.div_ceil(STEPS_PER_BEAT as usize), patches(config).columns)
    }

    /// Uploads the conditions of a batch, each as far as it is shown.
    pub fn upload(&self, gpu: &Gpu, batch: &[(&Row, Shown)]) -> Conditions {
        let with_rhythm = self.with_rhythm.unwrap_or(false);
        let input = |(row, shown): &(&Row, Shown)| Input::of(row, shown, &self.scales, &self.patches, with_rhythm);
        let inputs: Vec<Input> = batch.par_iter().map(input).collect();
        let (n, Patches { rows, columns, .. }) = (batch.len(), self.patches);
        let tensor = |values: Vec<f32>, shape: &[usize]| {
            let last = values.len() / (n * shape.iter().product::<usize>());
            Tensor::from_f32(gpu, &[&[n], shape, &[last]].concat(), &values)
        };
        let picture = || tensor(inputs.iter().flat_map(|input| &input.picture).copied().collect(), &[rows, columns]);
        let flags = || tensor(inputs.iter().flat_map(|input| input.flags).collect(), &[]);
        let attributes = |_| tensor(inputs.iter().flat_map(|input| &input.attributes).copied().collect(), &[]);
        Conditions {
            picture: self.has_picture.then(picture),
            given: None,
            controls: None,
            attributes: self.with_rhythm.map(attributes),
            flags: self.has_picture.then(flags),
        }
    }

    /// Uploads the controls of a batch.
    pub fn upload_controls(&self, gpu: &Gpu, controls: &[Controls]) -> Tensor {
        let Patches { rows, columns, .. } = self.patches;
        let values: Vec<f32> = controls.iter().flat_map(|controls| controls.picture(&self.patches)).collect();
        Tensor::from_f32(gpu, &[controls.len(), rows, columns, 2 * CONTROLS], &values)
    }

    /// The conditions of sample `number` of a seed: the chords of one row, all else of another.
    pub fn draw(&self, seed: u64, number: u64) -> Row {
        Row::draw(&self.rows, &mut Philox::new(seed ^ ROW_KEY, number))
    }

    /// Adds the table to a flow's checkpoint.
    pub fn save(&self, checkpoint: &mut Checkpoint) {
        let bytes = table::to_bytes(&self.rows);
        let numbers: Vec<f32> = bytes.iter().map(|&byte| f32::from(byte)).collect();
        let scales = self.scales.values();
        checkpoint.tensors.insert(ROWS.to_owned(), HostTensor::new([numbers.len()], numbers));
        checkpoint.tensors.insert(SCALES.to_owned(), HostTensor::new([scales.len()], scales));
        if let Some(values) = self.expectation.as_ref().map(Expectation::values) {
            checkpoint.tensors.insert(EXPECTATION.to_owned(), HostTensor::new([values.len()], values));
        }
    }

    /// The table of a flow's checkpoint; `None` if the flow has no conditions.
    ///
    /// # Errors
    /// A table that is missing or damaged.
    pub fn load(checkpoint: &Checkpoint) -> Result<Option<Self>> {
        let config = &checkpoint.config;
        if !is_conditioned(config) {
            return Ok(None);
        }
        let values = |name| {
            let tensor = checkpoint.tensors.get(name);
            tensor.map(|tensor| tensor.data.as_slice()).ok_or_else(|| format!("has no tensor {name}"))
        };
        let read = || -> std::result::Result<Self, String> {
            let bytes: Vec<u8> = values(ROWS)?.iter().map(|&byte| byte as u8).collect();
            let (beats, bars) = Self::size(config);
            let rows = table::of_bytes(&bytes, beats, bars)?;
            if rows.is_empty() {
                return Err("the table of conditions has no rows".into());
            }
            let expectation = checkpoint.tensors.get(EXPECTATION);
            let expectation = expectation.map(|tensor| Expectation::of_values(&tensor.data)).transpose()?;
            Ok(Self { expectation, ..Self::new(config, rows, Scales::of_values(values(SCALES)?)?) })
        };
        read().map(Some).map_err(|fault| Error::file(&checkpoint.path, format!("is no usable flow: {fault}")))
    }
}

/// The pitches and steps of the positions of a configuration's latent, whose rows are those of a picture, high pitches first.
pub(super) fn patches(config: &Config) -> Patches {
    let ([rows, columns, _], [pitches, steps]) = (config.latent_shape(), config.vqvae.downsampling());
    let lowest = *config.data.pitches.range().start();
    Patches { lowest, rows, pitches, columns, steps, order: RowOrder::HighFirst }
}
