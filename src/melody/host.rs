//! The networks on the processor: a melody needs a row at a time, which is less work than a launch, and most inputs of a row are 0.

use std::collections::BTreeMap;

use super::network::{PREFIX, Which};
use crate::nn::HostTensor;

/// A linear layer.
#[derive(Debug, Clone, PartialEq)]
struct Linear {
    /// `[in, out]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Linear {
    /// Of a tensor `[out, in]`, as a checkpoint has it, and its bias.
    fn new(tensors: &BTreeMap<String, HostTensor>, name: &str) -> Self {
        let (weight, bias) = (&tensors[&format!("{name}.weight")], &tensors[&format!("{name}.bias")]);
        let (outputs, inputs) = (weight.shape[0], weight.shape[1]);
        let transposed = (0..inputs).flat_map(|i| (0..outputs).map(move |o| weight.data[o * inputs + i]));
        Self { weight: transposed.collect(), bias: bias.data.clone() }
    }

    fn forward(&self, x: &[f32]) -> Vec<f32> {
        let mut y = self.bias.clone();
        for (&x, weights) in x.iter().zip(self.weight.chunks_exact(y.len())).filter(|(x, _)| **x != 0.0) {
            y.iter_mut().zip(weights).for_each(|(y, weight)| *y += x * weight);
        }
        y
    }
}

/// One of the two networks.
#[derive(Debug, Clone, PartialEq)]
pub struct Host {
    layers: [Linear; 3],
    direct: Linear,
}

impl Host {
    /// Of tensors that are known to be there.
    pub fn new(tensors: &BTreeMap<String, HostTensor>, which: Which) -> Self {
        let name = format!("{PREFIX}.{}", which.name());
        // Numbered as a sequence with activations and dropout.
        let layers = [0, 3, 6].map(|number| Linear::new(tensors, &format!("{name}.layers.{number}")));
        Self { layers, direct: Linear::new(tensors, &format!("{name}.direct")) }
    }

    /// The logits of a row.
    pub fn forward(&self, x: &[f32]) -> Vec<f32> {
        let [first, second, last] = &self.layers;
        let silu = |mut x: Vec<f32>| {
            x.iter_mut().for_each(|x| *x /= 1.0 + (-*x).exp());
            x
        };
        let hidden = silu(second.forward(&silu(first.forward(x))));
        last.forward(&hidden).into_iter().zip(self.direct.forward(x)).map(|(a, b)| a + b).collect()
    }
}
