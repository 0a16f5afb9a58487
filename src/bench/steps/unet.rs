//! Steps of the U-Net.

use super::shared::{LATENT, descend, normal, sweep};
use super::step::{Prepare, Step};
use crate::config::FlowConfig;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::models::Unet;
use crate::nn::{Layout, Params, Pass};
use crate::ops::flow::euler_step;
use crate::ops::loss::mse;
use crate::rng::Philox;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;
use crate::train::step::LossScale;

/// Steps from noise to data.
const EULER_STEPS: usize = 20;

fn unet(gpu: &Gpu, dim: usize) -> Result<(Unet, Params)> {
    let mut layout = Layout::new();
    let unet = Unet::new(layout.root(), &FlowConfig { dim, ..FlowConfig::default() }, LATENT);
    Ok((unet, Params::new(gpu, layout, 1)?))
}

pub(super) fn train_step(dim: usize, side: usize, batch: usize) -> Step {
    let prepare: Prepare = Box::new(move |gpu, precision, ranks| {
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
            sweep(ranks, &params, tape, [(v, scale.scaled(loss.gradient))])?;
            descend(&params, step, &mut scale, true);
            Ok(())
        }))
    });
    Step { what: format!("unet dim{dim} {side}x{side} train step"), batch, prepare }
}

pub(super) fn euler_steps(dim: usize, side: usize, batch: usize) -> Step {
    let prepare: Prepare = Box::new(move |gpu, precision, _| {
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
            Ok(())
        }))
    });
    Step { what: format!("unet dim{dim} {side}x{side} euler {EULER_STEPS} steps"), batch, prepare }
}
