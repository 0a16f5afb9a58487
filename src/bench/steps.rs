//! Whole steps: training and sampling of the networks, at the sizes that the PyTorch program times.

mod transformer;

use std::time::{Duration, Instant};

use serde::Serialize;

use super::Effort;
use super::measure::spread;
use crate::config::{Arch, FlowConfig, Precision, VqvaeConfig};
use crate::error::Result;
use crate::gpu::Gpu;
use crate::gpu::profile::Profile;
use crate::models::{Codec, Unet, settings};
use crate::nn::quantizer::ResidualQuantizer;
use crate::nn::{Layout, Params, Part, Pass};
use crate::ops::flow::euler_step;
use crate::ops::loss::mse;
use crate::ops::optimizer::{AdamStep, adam_step, grad_norm};
use crate::ops::quantize::{Estimator, quantize_straight_through};
use crate::rng::Philox;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;
use crate::train::step::LossScale;

/// One whole step to be timed.
pub struct Step {
    /// Its name in the PyTorch program.
    pub what: String,
    /// Samples per step.
    pub batch: usize,
    prepare: Prepare,
}

/// Builds the network and returns a function that records step `i` of it in a precision, without waiting for it.
type Prepare = Box<dyn Fn(&Gpu, Precision) -> Result<Box<dyn FnMut(u64)>>>;

/// The cost of a whole step: a row of `bench --steps --json`.
#[derive(Debug, Clone, Serialize)]
pub struct StepRow {
    /// The step.
    pub what: String,
    /// Samples per step.
    pub batch: usize,
    /// The format in which activations are stored.
    pub precision: Precision,
    /// Time of the first step, in which pipelines are compiled.
    pub first_ms: f64,
    /// Median time of a step, from the start of recording to the end of execution.
    pub ms: f64,
    /// Half the distance between the first and third quartile.
    pub spread_ms: f64,
    /// Samples per second.
    pub per_second: f64,
    /// Dispatches of a step.
    pub dispatches: u64,
    /// Time of the host for a step, other than submitting and waiting.
    pub encode_ms: f64,
    /// Time spent submitting. Software Vulkan may run much of the step in it.
    pub submit_ms: f64,
    /// Most bytes in use by tensors, including the network's parameters.
    pub peak_bytes: u64,
    /// The adapter's name.
    pub adapter: String,
    /// The variant of the matrix-product kernels.
    pub body: &'static str,
    /// Time on the device per kernel; empty unless requested.
    #[serde(skip)]
    pub profile: Profile,
}

/// The steps that the PyTorch program times: the smaller networks at `batch`, the larger ones at a fraction of it, the transformer at the
/// batch of its configuration. On `software` Vulkan without the largest codec, which would take too long.
pub fn all(batch: usize, software: bool) -> Vec<Step> {
    let codecs = if software { &[(32, 8)][..] } else { &[(32, 8), (256, 64)] };
    let unets = [(16, 16, batch), (64, 32, (batch / 4).max(1))];
    let unets = unets
        .into_iter()
        .flat_map(|(dim, side, batch)| [unet_train_step(dim, side, batch), unet_euler_steps(dim, side, batch)]);
    let codecs = codecs.iter().map(|&(hidden, divisor)| codec_train_step(hidden, (batch / divisor).max(1)));
    unets.chain(codecs).chain(transformer::all()).collect()
}

/// Times a step in a precision with an `effort`, and runs it once more for the `profile` if requested.
///
/// # Errors
/// A failure of the device.
pub fn measure_step(gpu: &Gpu, step: &Step, precision: Precision, effort: Effort, profile: bool) -> Result<StepRow> {
    gpu.reset_peak_bytes();
    let mut run = (step.prepare)(gpu, precision)?;
    gpu.wait()?;
    let mut number = 0;
    let mut timed = || -> Result<Cost> {
        number += 1;
        let (before, start) = (gpu.counters(), Instant::now());
        run(number);
        gpu.flush()?;
        let (on_host, after) = (start.elapsed(), gpu.counters());
        gpu.wait()?;
        let submitting = after.submitting - before.submitting;
        let dispatches = after.dispatches - before.dispatches;
        Ok(Cost { whole: start.elapsed(), encoding: on_host - submitting, submitting, dispatches })
    };
    // The first step compiles pipelines. It is counted only without a warm-up.
    let uncounted = if effort.warm_up > 0 { 1 + effort.warm_up } else { 0 };
    let (start, mut costs) = (Instant::now(), Vec::new());
    while costs.len() < uncounted + effort.runs || start.elapsed() < effort.time {
        costs.push(timed()?);
    }
    if profile {
        gpu.start_profile();
        timed()?;
    }
    let first_ms = milliseconds(costs[0].whole);
    let counted = costs.split_off(uncounted);
    let median = |time: fn(&Cost) -> Duration| spread(counted.iter().map(|cost| milliseconds(time(cost))).collect());
    let (ms, spread_ms) = median(|cost| cost.whole);
    Ok(StepRow {
        what: step.what.clone(),
        batch: step.batch,
        precision,
        first_ms,
        ms,
        spread_ms,
        per_second: step.batch as f64 * 1e3 / ms,
        dispatches: counted[0].dispatches,
        encode_ms: median(|cost| cost.encoding).0,
        submit_ms: median(|cost| cost.submitting).0,
        peak_bytes: gpu.peak_bytes(),
        adapter: gpu.capabilities().name.clone(),
        body: gpu.tuning().products.name(),
        profile: gpu.finish_profile(),
    })
}

/// The cost of one run of a step.
struct Cost {
    whole: Duration,
    encoding: Duration,
    submitting: Duration,
    dispatches: u64,
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Latent channels of the U-Net and of the codec.
const LATENT: usize = 4;
/// Steps from noise to data.
const EULER_STEPS: usize = 20;

fn unet(gpu: &Gpu, dim: usize) -> Result<(Unet, Params)> {
    let mut layout = Layout::new();
    let unet = Unet::new(layout.root(), &FlowConfig { dim, ..FlowConfig::default() }, LATENT);
    Ok((unet, Params::new(gpu, layout, 1)?))
}

fn unet_train_step(dim: usize, side: usize, batch: usize) -> Step {
    let prepare = move |gpu: &Gpu, precision: Precision| -> Result<Box<dyn FnMut(u64)>> {
        let (unet, params) = unet(gpu, dim)?;
        let mut rng = Philox::new(1, 0);
        let shape = [batch, side, side, LATENT];
        let (x, target) = (normal(gpu, &mut rng, &shape), normal(gpu, &mut rng, &shape));
        let times: Vec<f32> = (0..batch).map(|_| 999.0 * rng.uniform() as f32).collect();
        let times = Tensor::from_f32(gpu, &[batch], &times);
        let mut scale = LossScale::new(gpu, precision)?;
        Ok(Box::new(move |step| {
            params.zero_grad();
            let tape = Tape::recording();
            let f16_weights = scale.weights(&params);
            let pass = Pass::training(&tape, &params, step).in_f16(f16_weights.as_ref());
            let v = unet.forward(&pass, &Var::constant(x.clone()), &times, None);
            let loss = mse(&v.value, &target);
            tape.backward([(v, scale.scaled(loss.gradient))]);
            descend(&params, step, &mut scale);
        }))
    };
    Step { what: format!("unet dim{dim} {side}x{side} train step"), batch, prepare: Box::new(prepare) }
}

fn unet_euler_steps(dim: usize, side: usize, batch: usize) -> Step {
    let prepare = move |gpu: &Gpu, precision: Precision| -> Result<Box<dyn FnMut(u64)>> {
        let (unet, params) = unet(gpu, dim)?;
        let noise = normal(gpu, &mut Philox::new(1, 0), &[batch, side, side, LATENT]);
        let time = |step: usize| 999.0 * step as f32 / EULER_STEPS as f32;
        let times: Vec<Tensor> =
            (0..EULER_STEPS).map(|step| Tensor::from_f32(gpu, &[batch], &vec![time(step); batch])).collect();
        let f16_weights = LossScale::new(gpu, precision)?.weights(&params);
        Ok(Box::new(move |_| {
            let tape = Tape::inference();
            let pass = Pass::new(&tape, &params).in_f16(f16_weights.as_ref());
            times.iter().fold(noise.clone(), |y, t| {
                let v = unet.forward(&pass, &Var::constant(y.clone()), t, None);
                euler_step(&y, &v.value, None, 1.0, 1.0 / EULER_STEPS as f32)
            });
        }))
    };
    Step { what: format!("unet dim{dim} {side}x{side} euler {EULER_STEPS} steps"), batch, prepare: Box::new(prepare) }
}

/// The codec of the Python package. Its codebooks are trained too, which those of the PyTorch program are not.
fn codec_train_step(hidden: usize, batch: usize) -> Step {
    const SIDE: usize = 128;
    const CHANNELS: usize = 3;
    let prepare = move |gpu: &Gpu, precision: Precision| -> Result<Box<dyn FnMut(u64)>> {
        let config = VqvaeConfig {
            arch: Arch::Resnet,
            patch: 1,
            hidden,
            downsamples: 3,
            internal: 128,
            latent: LATENT,
            levels: 4,
            codes: 96,
            ..VqvaeConfig::default()
        };
        let mut layout = Layout::new();
        let codec = Codec::new(layout.root(), &config, CHANNELS);
        let params = Params::new(gpu, layout, 1)?;
        let mut rng = Philox::new(1, 0);
        let lit = |rng: &mut Philox| f32::from(u8::from(rng.uniform() > 0.9));
        let roll: Vec<f32> = (0..batch * SIDE * SIDE * CHANNELS).map(|_| lit(&mut rng)).collect();
        let x = Tensor::from_f32(gpu, &[batch, SIDE, SIDE, CHANNELS], &roll);
        let quantizer = ResidualQuantizer::new(gpu, config.levels, config.codes, LATENT);
        quantizer.books.copy_from(&normal(gpu, &mut rng, quantizer.books.shape()));
        let quantizer_settings = settings::quantizer(&config, 1);
        let mut scale = LossScale::new(gpu, precision)?;
        Ok(Box::new(move |step| {
            params.zero_grad();
            let tape = Tape::recording();
            let f16_weights = scale.weights(&params);
            let pass = Pass::training(&tape, &params, step).in_f16(f16_weights.as_ref());
            let z = codec.encoder.forward(&pass, &Var::constant(x.clone()));
            let trained = quantizer.train_step(&z.value, &quantizer_settings, step);
            let q = quantize_straight_through(&tape, &z, trained.quantized.sum, Estimator::StraightThrough);
            let y = codec.decoder.forward(&pass, &q);
            let loss = mse(&y.value, &x);
            let seeds = [(y, loss.gradient), (z, trained.commitment_gradient)];
            tape.backward(seeds.map(|(var, gradient)| (var, scale.scaled(gradient))));
            descend(&params, step, &mut scale);
        }))
    };
    Step { what: format!("codec hidden{hidden} {SIDE}x{SIDE} train step"), batch, prepare: Box::new(prepare) }
}

fn normal(gpu: &Gpu, rng: &mut Philox, shape: &[usize]) -> Tensor {
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| rng.normal() as f32).collect();
    Tensor::from_f32(gpu, shape, &values)
}

/// Clips the gradient and takes a step of Adam.
fn descend(params: &Params, step: u64, scale: &mut LossScale) {
    let settings =
        AdamStep { learning_rate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step, clip: 1.0, ema_decay: 0.999 };
    let norm = grad_norm(params.flat(Part::Gradients));
    adam_step(params.arena(), &norm, scale.scale().as_ref(), settings);
    scale.advance(&norm);
}

#[cfg(test)]
mod tests {
    use super::all;

    /// Names and batch sizes by which the rows of both programs are matched.
    #[test]
    fn steps_are_those_of_the_pytorch_program() {
        let named = |batch, software| -> Vec<(String, usize)> {
            all(batch, software).into_iter().map(|step| (step.what, step.batch)).collect()
        };
        let expected = [
            ("unet dim16 16x16 train step", 64),
            ("unet dim16 16x16 euler 20 steps", 64),
            ("unet dim64 32x32 train step", 16),
            ("unet dim64 32x32 euler 20 steps", 16),
            ("codec hidden32 128x128 train step", 8),
            ("codec hidden256 128x128 train step", 1),
            ("transformer d192 l4 train step", 8),
            ("transformer d192 l4 euler 24 steps", 8),
        ];
        assert_eq!(named(64, false), expected.map(|(what, batch)| (what.to_owned(), batch)));
        let on_two_cores: Vec<usize> = named(16, true).into_iter().map(|step| step.1).collect();
        assert_eq!(on_two_cores, [16, 16, 4, 4, 2, 8, 8]);
    }
}
