//! Steps of the transformer, at the sizes of the shipped configuration.

use super::shared::{descend, normal, sweep};
use super::step::{Prepare, Run, Step};
use crate::config::{FlowArch, FlowConfig, Precision};
use crate::error::Result;
use crate::gpu::Gpu;
use crate::models::{Conditioning, Conditions, VelocityField};
use crate::nn::Pass;
use crate::ops::flow::euler_step;
use crate::ops::loss::mse;
use crate::ranks::Ranks;
use crate::rng::Philox;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;
use crate::train::step::LossScale;

/// Samples per step.
const BATCH: usize = 8;
/// Height, width and channels of the latent: 96 pitches by 8 bars.
const LATENT: [usize; 3] = [24, 8, 16];
const SHAPE: [usize; 4] = [BATCH, LATENT[0], LATENT[1], LATENT[2]];
/// Channels of the picture: chords and bars.
const PICTURE: usize = 35;
const ATTRIBUTES: usize = 8;
/// Steps from noise to data.
const EULER_STEPS: usize = 24;

/// A training step, and sampling without guidance.
pub(super) fn steps() -> [Step; 2] {
    let config = config();
    let step = |what: String, prepare: Prepare| Step {
        what: format!("transformer d{} l{} {what}", config.width, config.layers),
        batch: BATCH,
        prepare,
    };
    [
        step("train step".to_owned(), Box::new(train_step)),
        step(format!("euler {EULER_STEPS} steps"), Box::new(euler_steps)),
    ]
}

fn config() -> FlowConfig {
    FlowConfig { arch: FlowArch::Transformer, picture: PICTURE, attributes: ATTRIBUTES, ..FlowConfig::default() }
}

fn conditions(gpu: &Gpu, rng: &mut Philox) -> Conditioning {
    Conditioning::Conditions(Conditions {
        picture: Some(normal(gpu, rng, &[BATCH, LATENT[0], LATENT[1], PICTURE])),
        attributes: Some(normal(gpu, rng, &[BATCH, 2 * ATTRIBUTES])),
        flags: Some(normal(gpu, rng, &[BATCH, 2])),
        given: None,
        controls: None,
    })
}

fn train_step<'r>(gpu: &Gpu, precision: Precision, ranks: &'r Ranks) -> Result<Run<'r>> {
    let VelocityField { params, network } = VelocityField::new(gpu, &config(), LATENT, 1)?;
    let mut rng = Philox::new(1, 0);
    let conditions = conditions(gpu, &mut rng);
    let (x, target) = (normal(gpu, &mut rng, &SHAPE), normal(gpu, &mut rng, &SHAPE));
    let times: Vec<f32> = (0..BATCH).map(|_| rng.uniform() as f32).collect();
    let times = network.times(gpu, &times);
    let mut scale = LossScale::new(gpu, precision)?;
    Ok(Box::new(move |step| {
        params.zero_grad();
        let tape = Tape::recording();
        let f16_weights = scale.weights(&params);
        let pass = Pass::training(&tape, &params, step).in_f16(f16_weights.as_ref());
        let v = network.forward(&pass, &Var::constant(x.clone()), &times, &conditions);
        let loss = mse(&v.value, &target);
        sweep(ranks, &params, tape, [(v, scale.scaled(loss.gradient))])?;
        descend(&params, step, &mut scale, true);
        Ok(())
    }))
}

fn euler_steps<'r>(gpu: &Gpu, precision: Precision, _: &'r Ranks) -> Result<Run<'r>> {
    let VelocityField { params, network } = VelocityField::new(gpu, &config(), LATENT, 1)?;
    let mut rng = Philox::new(1, 0);
    let (conditions, noise) = (conditions(gpu, &mut rng), normal(gpu, &mut rng, &SHAPE));
    let time = |step: usize| step as f32 / EULER_STEPS as f32;
    let times: Vec<Tensor> = (0..EULER_STEPS).map(|step| network.times(gpu, &[time(step); BATCH])).collect();
    let f16_weights = LossScale::new(gpu, precision)?.weights(&params);
    Ok(Box::new(move |_| {
        let tape = Tape::inference();
        let pass = Pass::new(&tape, &params).in_f16(f16_weights.as_ref());
        times.iter().fold(noise.clone(), |y, t| {
            let v = network.forward(&pass, &Var::constant(y.clone()), t, &conditions);
            euler_step(&y, &v.value, None, 1.0, 1.0 / EULER_STEPS as f32)
        });
        Ok(())
    }))
}
