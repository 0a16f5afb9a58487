//! Convolution, linear layer, group norm, SiLU, dropout: each layer's parameters and operation.

use super::{Init, Layer, Order, ParamId, Pass, Scope};
use crate::ops::norm::{self, Args, Modulation};
use crate::ops::{activation, conv, dropout, linear};
use crate::tape::Var;

/// A convolution with a square kernel, padded by half the kernel, so that only the stride reduces the image.
pub struct Conv2d {
    weight: ParamId,
    bias: Option<ParamId>,
    stride: usize,
    inert_bias: bool,
}

impl Conv2d {
    /// `[N, H, W, c_in]` to `[N, H, W, c_out]`.
    pub fn new(scope: Scope<'_>, kernel: usize, c_in: usize, c_out: usize) -> Self {
        Self::strided(scope, kernel, 1, c_in, c_out)
    }

    /// `[N, H, W, c_in]` to `[N, ceil(H / stride), ceil(W / stride), c_out]`.
    pub fn strided(mut scope: Scope<'_>, kernel: usize, stride: usize, c_in: usize, c_out: usize) -> Self {
        let init = Init::Uniform { fan_in: kernel * kernel * c_in };
        let weight = scope.parameter("weight", &[kernel, kernel, c_in, c_out], Order::Convolution, init);
        let bias = Some(scope.parameter("bias", &[c_out], Order::Same, init));
        Self { weight, bias, stride, inert_bias: false }
    }

    /// Stride 1 and a bias that is `value` at first.
    pub fn with_bias(mut scope: Scope<'_>, kernel: usize, c_in: usize, c_out: usize, value: f32) -> Self {
        let bias = Some(scope.parameter("bias", &[c_out], Order::Same, Init::Constant(value)));
        Self { bias, ..Self::without_bias(scope, kernel, c_in, c_out) }
    }

    /// Stride 1 and no bias.
    pub fn without_bias(mut scope: Scope<'_>, kernel: usize, c_in: usize, c_out: usize) -> Self {
        let init = Init::Uniform { fan_in: kernel * kernel * c_in };
        let weight = scope.parameter("weight", &[kernel, kernel, c_in, c_out], Order::Convolution, init);
        Self { weight, bias: None, stride: 1, inert_bias: false }
    }

    /// With `inert`, does not train the bias, because the next layer cancels it: its gradient is zero in exact arithmetic. In
    /// floating point it is the rounding error of a sum over all positions, which Adam would follow like any gradient.
    pub fn inert_bias(mut self, inert: bool) -> Self {
        self.inert_bias = inert;
        self
    }

    /// Weight and bias, for an operation that fuses the convolution.
    pub fn parameters(&self, pass: &Pass<'_>) -> (Var, Option<Var>) {
        let bias = self.bias.map(|bias| pass.var(bias));
        let bias = if self.inert_bias { bias.map(|bias| Var::constant(bias.value)) } else { bias };
        (pass.weight(self.weight), bias)
    }
}

impl Layer for Conv2d {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let (weight, bias) = self.parameters(pass);
        conv::conv2d(pass.tape, x, &weight, bias.as_ref(), self.stride)
    }
}

/// A matrix product over the last dimension.
pub struct Linear {
    weight: ParamId,
    bias: Option<ParamId>,
}

impl Linear {
    /// `[..., c_in]` to `[..., c_out]`.
    pub fn new(scope: Scope<'_>, c_in: usize, c_out: usize) -> Self {
        Self::with_init(scope, c_in, c_out, Init::Uniform { fan_in: c_in })
    }

    /// The same with weights and biases that are 0 before training, for the end of a branch that adds nothing at first.
    pub fn starting_at_zero(scope: Scope<'_>, c_in: usize, c_out: usize) -> Self {
        Self::with_init(scope, c_in, c_out, Init::Constant(0.0))
    }

    fn with_init(mut scope: Scope<'_>, c_in: usize, c_out: usize, init: Init) -> Self {
        let weight = scope.parameter("weight", &[c_in, c_out], Order::Linear, init);
        let bias = Some(scope.parameter("bias", &[c_out], Order::Same, init));
        Self { weight, bias }
    }

    /// The same without a bias.
    pub fn without_bias(mut scope: Scope<'_>, c_in: usize, c_out: usize) -> Self {
        let init = Init::Uniform { fan_in: c_in };
        let weight = scope.parameter("weight", &[c_in, c_out], Order::Linear, init);
        Self { weight, bias: None }
    }
}

impl Layer for Linear {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let bias = self.bias.map(|bias| pass.var(bias));
        linear::linear(pass.tape, x, &pass.weight(self.weight), bias.as_ref())
    }
}

/// The number of groups of the codec's norms: `wanted` if it divides `channels`, else the next larger proper
/// divisor, else 1.
pub fn group_count(wanted: usize, channels: usize) -> usize {
    if channels.is_multiple_of(wanted) {
        return wanted;
    }
    (wanted..channels).find(|&groups| channels.is_multiple_of(groups)).unwrap_or(1)
}

/// Group normalisation (Wu and He 2018, arXiv 1803.08494), with a modulation or a residual fused into it.
pub struct GroupNorm {
    weight: ParamId,
    bias: ParamId,
    channels: usize,
    settings: norm::GroupNorm,
}

impl GroupNorm {
    /// `groups` groups over `channels` channels.
    pub fn new(mut scope: Scope<'_>, groups: usize, channels: usize) -> Self {
        let weight = scope.parameter("weight", &[channels], Order::Same, Init::Constant(1.0));
        let bias = scope.parameter("bias", &[channels], Order::Same, Init::Constant(0.0));
        Self { weight, bias, channels, settings: norm::GroupNorm { groups, eps: 1e-5, silu: false } }
    }

    /// With another epsilon than 1e-5.
    pub fn eps(mut self, eps: f32) -> Self {
        self.settings.eps = eps;
        self
    }

    /// With SiLU applied to the result.
    pub fn silu(mut self) -> Self {
        self.settings.silu = true;
        self
    }

    /// Whether a constant added to a channel has no effect, because each channel is a separate group.
    fn cancels_bias(&self) -> bool {
        self.settings.groups == self.channels
    }

    /// `norm(x)` with a scale and shift of each sample before the SiLU.
    pub fn forward_modulated(&self, pass: &Pass<'_>, x: &Var, modulation: Modulation<&Var>) -> Var {
        self.apply(pass, x, Some(modulation), None)
    }

    /// `norm(x) + residual`.
    pub fn forward_residual(&self, pass: &Pass<'_>, x: &Var, residual: &Var) -> Var {
        self.apply(pass, x, None, Some(residual))
    }

    fn apply(&self, pass: &Pass<'_>, x: &Var, modulation: Option<Modulation<&Var>>, residual: Option<&Var>) -> Var {
        let (gamma, beta) = (&pass.var(self.weight), &pass.var(self.bias));
        norm::group_norm(pass.tape, Args { x, gamma, beta, modulation, residual }, &self.settings)
    }
}

impl Layer for GroupNorm {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        self.apply(pass, x, None, None)
    }
}

/// Layer normalisation (Ba et al. 2016, arXiv 1607.06450): the channels of each position to mean 0 and variance 1, then a learned
/// scale and shift per channel.
pub struct LayerNorm(GroupNorm);

impl LayerNorm {
    /// Over `channels` channels.
    pub fn new(scope: Scope<'_>, channels: usize) -> Self {
        Self(GroupNorm::new(scope, 1, channels))
    }
}

impl Layer for LayerNorm {
    /// A group norm of one group, for which each position is a sample.
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let positions = pass.tape.reshape(x, &[x.value.rows(), 1, 1, x.value.channels()]);
        pass.tape.reshape(&self.0.forward(pass, &positions), x.shape())
    }
}

/// A convolution followed by a norm.
pub struct ConvNorm {
    conv: Conv2d,
    norm: GroupNorm,
}

impl ConvNorm {
    /// Combines the two. The bias is not trained if the norm cancels it.
    pub fn new(conv: Conv2d, norm: GroupNorm) -> Self {
        Self { conv: conv.inert_bias(norm.cancels_bias()), norm }
    }

    /// See [`GroupNorm::forward_modulated`].
    pub fn forward_modulated(&self, pass: &Pass<'_>, x: &Var, modulation: Modulation<&Var>) -> Var {
        self.norm.forward_modulated(pass, &self.conv.forward(pass, x), modulation)
    }

    /// See [`GroupNorm::forward_residual`].
    pub fn forward_residual(&self, pass: &Pass<'_>, x: &Var, residual: &Var) -> Var {
        self.norm.forward_residual(pass, &self.conv.forward(pass, x), residual)
    }
}

impl Layer for ConvNorm {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        self.norm.forward(pass, &self.conv.forward(pass, x))
    }
}

/// x sigmoid(x).
pub struct Silu;

impl Layer for Silu {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        activation::silu(pass.tape, x)
    }
}

/// Dropout of single elements, then of whole channels; both only in training passes.
pub struct Dropout {
    elements: (f64, u64),
    channels: (f64, u64),
}

impl Dropout {
    /// With these rates; 0 disables.
    pub fn new(mut scope: Scope<'_>, elements: f64, channels: f64) -> Self {
        Self { elements: (elements, scope.stream()), channels: (channels, scope.stream()) }
    }
}

impl Layer for Dropout {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let Some(seed) = pass.seed() else { return x.clone() };
        let mut x = x.clone();
        for ((rate, stream), per_channel) in [(self.elements, false), (self.channels, true)] {
            if rate > 0.0 {
                x = dropout::dropout(pass.tape, &x, rate, per_channel, seed, stream);
            }
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_divide_the_channels() {
        assert_eq!(
            [(8, 16), (8, 12), (8, 20), (2, 4), (8, 7), (32, 64)].map(|(w, c)| group_count(w, c)),
            [8, 1, 10, 2, 1, 32]
        );
    }
}
