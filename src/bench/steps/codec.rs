//! The training step of the codec.

use super::shared::{LATENT, descend, normal, sweep};
use super::step::{Prepare, Step};
use crate::config::{Arch, VqvaeConfig};
use crate::models::{Codec, settings};
use crate::nn::quantizer::ResidualQuantizer;
use crate::nn::{Layout, Params, Pass};
use crate::ops::loss::mse;
use crate::ops::quantize::{Estimator, quantize_straight_through};
use crate::rng::Philox;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;
use crate::train::step::LossScale;

/// The codec of the Python package. Its codebooks are trained too, which those of the PyTorch program are not.
pub(super) fn train_step(hidden: usize, batch: usize) -> Step {
    const SIDE: usize = 128;
    const CHANNELS: usize = 3;
    let prepare: Prepare = Box::new(move |gpu, precision, ranks| {
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
            sweep(ranks, &params, tape, seeds.map(|(var, gradient)| (var, scale.scaled(gradient))))?;
            descend(&params, step, &mut scale, false);
            Ok(())
        }))
    });
    Step { what: format!("codec hidden{hidden} {SIDE}x{SIDE} train step"), batch, prepare }
}
