//! Noise injection in the decoder, with a scale and an offset computed from the input.

use crate::nn::{Conv2d, Layer, Pass, Scope};
use crate::ops::{elementwise, noise};
use crate::tape::Var;
use crate::tensor::Tensor;

/// `x + strength (noise conv(x) + conv(x))` while training, `x` otherwise.
pub struct NoiseInjection {
    to_noise_scale: Conv2d,
    to_noise_bias: Conv2d,
    strength: f32,
    stream: u64,
}

impl NoiseInjection {
    pub fn new(mut scope: Scope<'_>, channels: usize, strength: f64) -> Self {
        Self {
            to_noise_scale: Conv2d::new(scope.at("to_noise_scale"), 1, channels, channels),
            to_noise_bias: Conv2d::new(scope.at("to_noise_bias"), 1, channels, channels),
            strength: strength as f32,
            stream: scope.stream(),
        }
    }
}

impl Layer for NoiseInjection {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let Some(seed) = pass.seed().filter(|_| self.strength > 0.0) else { return x.clone() };
        let (tape, gpu) = (pass.tape, x.gpu());
        // Each layer has a separate seed, far from the seeds of other steps.
        let seed = seed ^ self.stream.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let noise = pass.enter(&Var::constant(noise::philox_normal(gpu, seed, 0, x.shape())));
        let strength = Var::constant(Tensor::from_f32(gpu, &[1], &[self.strength]));
        let scaled = elementwise::multiply(tape, &noise, &self.to_noise_scale.forward(pass, x));
        let change = elementwise::add(tape, &scaled, &self.to_noise_bias.forward(pass, x));
        elementwise::add(tape, x, &elementwise::scale_by(tape, &change, &strength))
    }
}
