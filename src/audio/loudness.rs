//! Loudness of a piece as it is perceived: integrated loudness by ITU-R BS.1770-4.
//!
//! Both channels are filtered like the ear (K-weighting: a shelf for the head, a high-pass), the power is averaged over overlapping
//! blocks of 0.4 s, and silent or far softer blocks are left out of the mean.

use super::sound::{SAMPLE_RATE, Stereo};
use std::f64::consts::PI;

/// Length of a block, and from one block to the next, in seconds.
const BLOCK: f64 = 0.4;
const HOP: f64 = 0.1;
/// Offset of the scale in dB, by which a sine of 997 Hz at full scale in both channels has the loudness 0.
const OFFSET: f64 = -0.691;
/// Blocks below this loudness are silence,
const SILENCE: f64 = -70.0;
/// and blocks this far below the loudness of all others do not count.
const GATE: f64 = -10.0;

/// A filter of second order with a state, in direct form II transposed.
struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
    state: [f64; 2],
}

impl Biquad {
    /// The shelf of K-weighting: 4 dB above 1.7 kHz.
    fn shelf() -> Self {
        let (k, q) = ((PI * 1_681.974_450_955_533 / f64::from(SAMPLE_RATE)).tan(), 0.707_175_236_955_419_6);
        let high = 10f64.powf(3.999_843_853_973_347 / 20.0);
        let middle = high.powf(0.499_666_774_154_541_6);
        let scale = 1.0 / (1.0 + k / q + k * k);
        let b = [high + middle * k / q + k * k, 2.0 * (k * k - high), high - middle * k / q + k * k];
        let a = [2.0 * (k * k - 1.0), 1.0 - k / q + k * k];
        Self { b: b.map(|x| x * scale), a: a.map(|x| x * scale), state: [0.0; 2] }
    }

    /// The high-pass of K-weighting, at 38 Hz.
    fn high_pass() -> Self {
        let (k, q) = ((PI * 38.135_470_876_024_44 / f64::from(SAMPLE_RATE)).tan(), 0.500_327_037_323_877_3);
        let scale = 1.0 / (1.0 + k / q + k * k);
        let a = [2.0 * (k * k - 1.0), 1.0 - k / q + k * k];
        Self { b: [1.0, -2.0, 1.0], a: a.map(|x| x * scale), state: [0.0; 2] }
    }

    fn next(&mut self, x: f64) -> f64 {
        let y = self.b[0] * x + self.state[0];
        self.state = [self.b[1] * x - self.a[0] * y + self.state[1], self.b[2] * x - self.a[1] * y];
        y
    }
}

/// Integrated loudness in LUFS; `None` for silence.
pub fn loudness(sound: &Stereo) -> Option<f64> {
    let hop = (HOP * f64::from(SAMPLE_RATE)).round() as usize;
    let (left, right) = (hops(&sound.left, hop), hops(&sound.right, hop));
    let hops: Vec<f64> = left.iter().zip(&right).map(|(left, right)| left + right).collect();
    let per_block = (BLOCK / HOP).round() as usize;
    let powers: Vec<f64> = match hops.len() {
        // A piece shorter than a block is one block.
        count if count < per_block => vec![hops.iter().sum::<f64>() / per_block as f64],
        _ => hops.windows(per_block).map(|block| block.iter().sum::<f64>() / per_block as f64).collect(),
    };
    let audible = mean_above(&powers, SILENCE)?;
    mean_above(&powers, SILENCE.max(in_lufs(audible) + GATE)).map(in_lufs)
}

/// The mean of the powers above a loudness; `None` if there is none.
fn mean_above(powers: &[f64], least: f64) -> Option<f64> {
    let above: Vec<f64> = powers.iter().copied().filter(|&power| in_lufs(power) > least).collect();
    (!above.is_empty()).then(|| above.iter().sum::<f64>() / above.len() as f64)
}

fn in_lufs(power: f64) -> f64 {
    OFFSET + 10.0 * power.log10()
}

/// Mean square of the K-weighted samples in each `hop` samples; the last may be incomplete.
fn hops(samples: &[f32], hop: usize) -> Vec<f64> {
    let (mut shelf, mut high_pass) = (Biquad::shelf(), Biquad::high_pass());
    let mut power = |x: &f32| high_pass.next(shelf.next(f64::from(*x))).powi(2);
    samples.chunks(hop).map(|chunk| chunk.iter().map(&mut power).sum::<f64>() / hop as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f64, amplitude: f64, seconds: f64) -> Stereo {
        let samples = (seconds * f64::from(SAMPLE_RATE)) as usize;
        let at = |i: usize| (amplitude * (2.0 * PI * hz * i as f64 / f64::from(SAMPLE_RATE)).sin()) as f32;
        let left: Vec<f32> = (0..samples).map(at).collect();
        Stereo { right: left.clone(), left }
    }

    #[test]
    fn a_sine_has_the_loudness_of_the_standard() {
        assert!(loudness(&sine(997.0, 1.0, 2.0)).unwrap().abs() < 0.02);
        assert!((loudness(&sine(997.0, 0.1, 2.0)).unwrap() + 20.0).abs() < 0.02);
        // EBU Tech 3341: the left channel alone is 3 dB softer.
        let mut left = sine(997.0, 1.0, 2.0);
        left.right.fill(0.0);
        assert!((loudness(&left).unwrap() + 3.01).abs() < 0.02);
        assert!(loudness(&sine(30.0, 1.0, 2.0)).unwrap() < -5.0, "bass is heard less");
        assert!(loudness(&sine(5000.0, 1.0, 2.0)).unwrap() > 2.5, "treble is heard more");
    }

    #[test]
    fn silence_does_not_count() {
        assert_eq!(loudness(&sine(997.0, 0.0, 2.0)), None);
        assert_eq!(loudness(&Stereo { left: Vec::new(), right: Vec::new() }), None);
        let mut sound = sine(997.0, 0.5, 4.0);
        let whole = loudness(&sound).unwrap();
        for channel in [&mut sound.left, &mut sound.right] {
            channel.extend(vec![0.0; 20 * SAMPLE_RATE as usize]);
        }
        assert!((loudness(&sound).unwrap() - whole).abs() < 0.5);
    }
}
