//! Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
//!
//! A random word is a function of a key (64 bits) and a counter (four 32-bit words) alone. So a draw is the same on the GPU
//! and the CPU, in any order and in any batch size. `shaders/shared/philox.wgsl` is the same function as [`philox`].
//!
//! # Keys and streams
//!
//! The key is a seed. Words 2 and 3 of the counter are a stream number (low word first); words 0 and 1 number the blocks of a
//! stream. All draws of the program, with `seed` for `train.seed` and `step` counted from 1:
//!
//! | draws | key | stream | words 0 and 1 | in |
//! |---|---|---|---|---|
//! | initial value of a parameter | `seed` | hash of its name | block | `nn::init` |
//! | training window and transposition | `seed` | index of the window | block | `data::dataset` |
//! | transposition of a cached latent | `seed` | index of the latent | block | `data::dataset` |
//! | k-means start of the codebooks | `seed` | 2^40 | block | `train`, codec |
//! | row that replaces a dead code | `seed` | `step` | code, level | `ops::quantize` |
//! | flow: latents, times, hidden classes or conditions of a step | `seed` | `step` | block | `train`, flow |
//! | flow: noise of a step | `seed ^ 0x666c6f77` | index of the sample | block, 0 | `ops::noise` |
//! | flow: noise of validation | `!0x666c6f77` | index of the latent | block, 0 | `ops::noise` |
//! | dynamics: notes of a step | `seed ^ 0x73686170` | `step` | block | `train`, dynamics |
//! | melodies: windows of a step | `seed ^ 0x726f77736d656c6f` | `step` | block | `train`, melody |
//! | melodies: rows of window i of a step | `seed ^ 0x726f77736d656c6f` | `2^32 step + 1 + i` | block | `train`, melody |
//! | melodies: rows of validation | `!0x726f77736d656c6f` | index of the window | block | `train`, melody |
//! | codec: noise on the latents of a step | `seed ^ 0x6c617465` | index of the window | block, 0 | `ops::noise` |
//! | codec: deviations of this noise | `seed ^ 0x6c657665` | `step` | block | `train`, codec |
//! | noise on the latents of an evaluation | `--seed ^ 0x6e6f6973` | index of the window | block, 0 | `ops::noise` |
//! | dropout mask of part p of a step | `seed + step + 2^40 p` | number of the mask | block, 0 | `ops::dropout` |
//! | decoder noise of part p of a step | `(seed + step + 2^40 p) ^ n 0x9e3779b97f4a7c15`, n the number of the layer | index in the part | block, 0 | `ops::noise` |
//! | noise of a generated sample | `--seed` | index of the sample | block, 0 | `ops::noise` |
//! | conditions of a generated sample | `--seed ^ 0x726f7773` | index of the sample | block | `sample` |
//! | velocities of a generated sample | `--seed ^ 0x6c6f7564` | index of the sample | block | `dynamics` |
//! | tokens of a written melody | `Ask::seed ^ 0x6d656c6f` | `Ask::stream` | block | `melody` |
//! | example of a sample's melody | `--seed ^ 0x6578616d` | index of the sample | block | `sample` |
//! | class of a generated sample | `--seed ^ 0x636c6173` | index of the sample | block | `sample` |
//! | song of the corpus | `--seed` | index of the song | block | `data::corpus` |
//! | bootstrap replicate | `--seed` | index of the replicate | block | `evaluate` |
//! | hidden part and asked attributes of a window | `--seed ^ 0x7461736b` | index of the window | block | `evaluate` |
//! | the same, another song as a baseline | `--seed ^ 0x7461736b` | 2^32 + index of the window | block | `evaluate` |
//! | random other song as a baseline | `--seed` | index of the window | block | `evaluate` |
//!
//! Several rows share a key and small stream numbers, and therefore words: a step's dead codes and the training window of the
//! same number, for example. Such draws serve unrelated purposes, so that their correlation has no effect. Seeds that differ
//! by less than the number of steps share dropout masks at different steps.

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Ten rounds of Philox4x32: four random words from a counter and a key.
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let first = u64::from(MULTIPLIERS[0]) * u64::from(counter[0]);
        let second = u64::from(MULTIPLIERS[1]) * u64::from(counter[2]);
        counter = [
            (second >> 32) as u32 ^ counter[1] ^ key[0],
            second as u32,
            (first >> 32) as u32 ^ counter[3] ^ key[1],
            first as u32,
        ];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

/// A stream of random numbers, identified by a seed and a stream number. Streams do not overlap.
#[derive(Debug, Clone)]
pub struct Philox {
    key: [u32; 2],
    stream: [u32; 2],
    block: u64,
    words: [u32; 4],
    used: usize,
}

/// A number of 64 bits as two words, the low one first.
pub(crate) fn words(number: u64) -> [u32; 2] {
    [number as u32, (number >> 32) as u32]
}

impl Philox {
    /// Stream `stream` of `seed`, from its start.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self { key: words(seed), stream: words(stream), block: 0, words: [0; 4], used: 4 }
    }

    /// 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.used == 4 {
            let [low, high] = words(self.block);
            let counter = [low, high, self.stream[0], self.stream[1]];
            (self.words, self.used) = (philox(counter, self.key), 0);
            self.block += 1;
        }
        self.used += 1;
        self.words[self.used - 1]
    }

    /// Uniform in the open interval (0, 1), with 24 bits.
    pub fn uniform(&mut self) -> f64 {
        ((self.next_u32() >> 8) as f64 + 0.5) / (1u32 << 24) as f64
    }

    /// Uniform in `0..n`.
    ///
    /// # Panics
    /// If `n` is 0.
    #[track_caller]
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "below(0): the range is empty");
        let word = (u64::from(self.next_u32()) << 32) | u64::from(self.next_u32());
        ((u128::from(word) * n as u128) >> 64) as usize
    }

    /// Uniform in the closed range `low..=high`.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1).max(1) as usize) as i32
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Standard normal (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let (u, v) = (self.uniform(), self.uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// A uniformly chosen element of a non-empty slice.
    #[track_caller]
    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Shuffles in place (Fisher-Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers published with the Random123 library.
    #[test]
    fn philox_known_answers() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([u32::MAX; 4], [u32::MAX; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
    }

    #[test]
    fn uniform_and_normal_have_their_moments() {
        let mut rng = Philox::new(7, 0);
        let n = 20_000;
        let uniform: f64 = (0..n).map(|_| rng.uniform()).sum::<f64>() / n as f64;
        let normals: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let mean = normals.iter().sum::<f64>() / n as f64;
        let variance = normals.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        assert!((uniform - 0.5).abs() < 0.01 && mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05);
    }

    #[test]
    fn streams_differ_and_repeat() {
        let draw = |seed, stream| {
            let mut rng = Philox::new(seed, stream);
            [rng.next_u32(), rng.next_u32()]
        };
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
    }
}
