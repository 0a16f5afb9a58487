//! Initialisation of parameters: PyTorch's defaults.

use crate::rng::Philox;

/// How a parameter is initialised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// The same value for every element.
    Constant(f32),
    /// Uniform in `(-1 / sqrt(fan_in), 1 / sqrt(fan_in))`: He et al. 2015 (arXiv 1502.01852) with slope sqrt(5), which
    /// PyTorch gives to convolutions and linear layers, and to their biases.
    Uniform {
        /// Inputs that one output is a sum over.
        fan_in: usize,
    },
    /// Normal with mean 0; PyTorch gives embeddings the deviation 1.
    Normal {
        /// The standard deviation.
        deviation: f32,
    },
}

impl Init {
    /// Fills `values` for the parameter called `name`. The values depend only on seed and name, so that adding a layer does
    /// not change the others.
    pub fn fill(self, values: &mut [f32], seed: u64, name: &str) {
        let mut rng = Philox::new(seed, stream_of(name));
        match self {
            Self::Constant(value) => values.fill(value),
            Self::Uniform { fan_in } => {
                let bound = 1.0 / (fan_in.max(1) as f64).sqrt();
                values.fill_with(|| ((2.0 * rng.uniform() - 1.0) * bound) as f32);
            }
            Self::Normal { deviation } => values.fill_with(|| deviation * rng.normal() as f32),
        }
    }
}

/// The stream of a parameter: a hash of its name.
fn stream_of(name: &str) -> u64 {
    let hash = blake3::hash(name.as_bytes());
    hash.as_bytes()[..8].iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uniform_fills_its_range_and_depends_on_the_name() {
        let draw = |name| {
            let mut values = vec![0.0; 1000];
            Init::Uniform { fan_in: 16 }.fill(&mut values, 3, name);
            values
        };
        let values = draw("conv1.weight");
        let largest = values.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        assert!(largest < 0.25 && largest > 0.24, "{largest}");
        assert_eq!(values, draw("conv1.weight"));
        assert_ne!(values, draw("conv2.weight"));
    }
}
