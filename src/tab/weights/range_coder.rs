//! A range coder of bits with adaptive probabilities, as in LZMA (Martin 1979; Pavlov's LZMA specification, 2015).

/// Bits of a probability.
const BITS: u32 = 16;
/// How fast the two estimates of a probability adapt once they have seen some bits; their mean is used.
const FAST: u32 = 6;
const SLOW: u32 = 8;
/// A range below this is extended by a byte.
const LEAST: u32 = 1 << 24;

/// The probability that a bit is 0, in 1/65536, as learned from the bits before: two estimates, and the number of bits up to 255.
#[derive(Debug, Clone, Copy)]
pub struct Probability([u16; 2], u8);

impl Default for Probability {
    fn default() -> Self {
        Self([1 << (BITS - 1); 2], 0)
    }
}

impl Probability {
    /// The part of a range that belongs to 0.
    fn share(self, range: u32) -> u32 {
        let mean = (u32::from(self.0[0]) + u32::from(self.0[1])) / 2;
        (range >> BITS) * mean.clamp(32, (1 << BITS) - 32)
    }

    fn learn(&mut self, bit: bool) {
        self.1 = self.1.saturating_add(1);
        // The first bits count as much as each other.
        let first = u8::BITS - self.1.leading_zeros() + 1;
        for (estimate, rate) in self.0.iter_mut().zip([FAST, SLOW]) {
            let rate = rate.min(first);
            *estimate =
                if bit { *estimate - (*estimate >> rate) } else { *estimate + ((u16::MAX - *estimate) >> rate) };
        }
    }
}

/// Writes bits.
#[cfg(not(target_arch = "wasm32"))]
pub struct Encoder {
    low: u64,
    range: u32,
    /// The last byte, to which a carry may be added, and the number of bytes of all ones after it.
    held: Option<u8>,
    ones: usize,
    bytes: Vec<u8>,
}

#[cfg(not(target_arch = "wasm32"))]
impl Encoder {
    /// Without bits.
    pub fn new() -> Self {
        Self { low: 0, range: u32::MAX, held: None, ones: 0, bytes: Vec::new() }
    }

    /// A bit with its probability.
    pub fn bit(&mut self, bit: bool, probability: &mut Probability) {
        let share = probability.share(self.range);
        if bit {
            self.low += u64::from(share);
            self.range -= share;
        } else {
            self.range = share;
        }
        probability.learn(bit);
        self.extend();
    }

    /// At most 16 bits, each as likely 0 as 1.
    pub fn bits(&mut self, value: u32, count: u32) {
        self.range >>= count;
        self.low += u64::from(self.range) * u64::from(value);
        self.extend();
    }

    /// The bytes.
    pub fn finish(mut self) -> Vec<u8> {
        for _ in 0..5 {
            self.shift();
        }
        self.bytes.extend(self.held);
        self.bytes
    }

    fn extend(&mut self) {
        while self.range < LEAST {
            self.range <<= 8;
            self.shift();
        }
    }

    /// Moves the highest byte of `low` out.
    fn shift(&mut self) {
        let (carry, byte) = (self.low >> 32 != 0, (self.low >> 24) as u8);
        self.low = (self.low & 0x00FF_FFFF) << 8;
        if byte == 0xFF && !carry {
            self.ones += 1;
            return;
        }
        self.bytes.extend(self.held.map(|held| held.wrapping_add(u8::from(carry))));
        self.bytes.extend(std::iter::repeat_n(if carry { 0 } else { 0xFF }, self.ones));
        (self.held, self.ones) = (Some(byte), 0);
    }
}

/// Reads the bits of an encoder in order.
pub struct Decoder<'a> {
    code: u32,
    range: u32,
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Decoder<'a> {
    /// Of an encoder's bytes. Those after the end are zeros.
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut decoder = Self { code: 0, range: u32::MAX, bytes: bytes.iter() };
        for _ in 0..4 {
            decoder.shift();
        }
        decoder
    }

    /// A bit with its probability.
    pub fn bit(&mut self, probability: &mut Probability) -> bool {
        let share = probability.share(self.range);
        let bit = self.code >= share;
        if bit {
            self.code -= share;
            self.range -= share;
        } else {
            self.range = share;
        }
        probability.learn(bit);
        self.extend();
        bit
    }

    /// Bits that are as likely 0 as 1.
    pub fn bits(&mut self, count: u32) -> u32 {
        self.range >>= count;
        let value = (self.code / self.range).min((1 << count) - 1);
        self.code -= value * self.range;
        self.extend();
        value
    }

    fn extend(&mut self) {
        while self.range < LEAST {
            self.range <<= 8;
            self.shift();
        }
    }

    fn shift(&mut self) {
        self.code = self.code << 8 | u32::from(self.bytes.next().copied().unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Philox;

    #[test]
    fn bits_are_read_as_they_were_written_in_few_bytes() {
        let mut random = Philox::new(3, 0);
        let rare: Vec<bool> = (0..20_000).map(|_| random.below(50) == 0).collect();
        let numbers: Vec<u32> = (0..2_000).map(|_| random.below(512) as u32).collect();
        let (mut encoder, mut probability) = (Encoder::new(), Probability::default());
        for (i, &bit) in rare.iter().enumerate() {
            encoder.bit(bit, &mut probability);
            if i % 10 == 0 {
                encoder.bits(numbers[i / 10], 9);
            }
        }
        let bytes = encoder.finish();
        // The entropy of a bit that is 1 once in 50 is 0.141.
        assert!(bytes.len() < 2_000 * 9 / 8 + 20_000 * 155 / 8_000, "{}", bytes.len());
        let (mut decoder, mut probability) = (Decoder::new(&bytes), Probability::default());
        for (i, &bit) in rare.iter().enumerate() {
            assert_eq!(decoder.bit(&mut probability), bit);
            if i % 10 == 0 {
                assert_eq!(decoder.bits(9), numbers[i / 10]);
            }
        }
    }
}
