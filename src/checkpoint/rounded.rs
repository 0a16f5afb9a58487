//! Weights with fewer significant bits, for files that are coded.

use half::f16;

use super::extra::CODEC_PREFIX;
use super::network::Checkpoint;

/// Significant bits of an f16.
pub const F16_BITS: u32 = 11;

impl Checkpoint {
    /// Rounds the matrices of the network to f16 with so many significant bits, at most [`F16_BITS`]. The tensors of a flow's codec are unchanged:
    /// they are equal to those of the codec's own checkpoint.
    pub fn round_matrices(&mut self, bits: u32) {
        let own = self.tensors.iter_mut().filter(|(name, _)| !name.starts_with(CODEC_PREFIX));
        let matrices = own.filter(|(name, tensor)| name.ends_with(".weight") && tensor.shape.len() > 1);
        for value in matrices.flat_map(|(_, tensor)| &mut tensor.data) {
            *value = rounded(*value, bits);
        }
    }
}

/// The nearest number of so many significant bits, of two the one whose last bit is 0, in the range of f16.
fn rounded(value: f32, bits: u32) -> f32 {
    let last = 1u16 << (F16_BITS - bits);
    let number = f16::from_f32(value).to_bits();
    // Adds just less than half of the last bit, or half if it is 1. A carry reaches the exponent, as it should.
    let up = (last >> 1).saturating_sub(u16::from(number & last == 0));
    f16::from_bits((number + up) & !(last - 1)).to_f32()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Kind;
    use crate::config::Config;
    use crate::nn::HostTensor;

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let ulp = f32::powi(2.0, -10);
        for (value, eleven, ten) in [
            (1.0 + ulp, 1.0 + ulp, 1.0),
            (1.0 + 3.0 * ulp, 1.0 + 3.0 * ulp, 1.0 + 4.0 * ulp),
            (2.0 - ulp, 2.0 - ulp, 2.0),
            (-1.0 - ulp, -1.0 - ulp, -1.0),
            (0.0, 0.0, 0.0),
            (255.0, 255.0, 255.0),
        ] {
            assert_eq!((rounded(value, 11), rounded(value, 10)), (eleven, ten), "{value}");
        }
        assert_eq!((rounded(1.3, 8), rounded(-6e-8, 10)), (1.296_875, -0.0));
        assert!((0..0x7c00).all(
            |bits| rounded(f16::from_bits(bits).to_f32(), 11).to_bits() == f16::from_bits(bits).to_f32().to_bits()
        ));
    }

    #[test]
    fn only_matrices_of_the_network_are_rounded() {
        let mut checkpoint = Checkpoint::new(Kind::Flow, Config::default(), 1);
        let value = 1.0 + f32::powi(2.0, -10);
        for name in ["blocks.0.up.weight", "codec.decoder.weight", "conditions.scales", "blocks.0.up.bias"] {
            let shape = if name.ends_with("weight") { vec![1, 2] } else { vec![2] };
            checkpoint.tensors.insert(name.to_owned(), HostTensor::new(shape, vec![value; 2]));
        }
        checkpoint.round_matrices(10);
        let kept: Vec<&str> = checkpoint
            .tensors
            .iter()
            .filter(|(_, tensor)| tensor.data[0] == value)
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(kept, ["blocks.0.up.bias", "codec.decoder.weight", "conditions.scales"]);
    }
}
