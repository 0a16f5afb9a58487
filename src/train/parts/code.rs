//! Gradients rounded to f16 for the way between ranks, in blocks with an exponent each.
//!
//! f16 has numbers from 2^-24 to 65504. So the numbers of a block are multiplied by the power of two that brings the largest one between
//! 2^14 and 2^15. What rounding has taken is kept, and added to the same numbers of the next step (error feedback: Seide et al. 2014;
//! Karimireddy et al. 2019, arXiv 1901.09847). All arithmetic is the host's, IEEE 754 in f32.

use std::ops::Range;

use half::f16;
use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;

use super::exchange::ALIGNMENT;

/// Numbers of a block. The last one may be shorter.
const BLOCK: usize = ALIGNMENT;
/// Bytes of an exponent, i16.
const EXPONENT: usize = 2;
/// Bytes of a whole block.
const BLOCK_BYTES: usize = EXPONENT + 2 * BLOCK;
/// The norm of a block with a larger number is not finite in f32, so that it is sent as infinite.
const LARGEST: f32 = 18_446_744_073_709_551_616.0;
/// Largest exponent, so that the block's and its negative are powers of two in f32.
const HIGHEST: i32 = 126;

/// Rounds gradients, which are too large by the factor `scale`, a power of two. The errors of the last step are replaced by those of this one.
/// They have no such factor, because it may change from step to step. Those of a block that is not finite stay as they are.
pub(super) fn round(gradients: &[f32], errors: &mut [f32], scale: f32) -> Vec<u8> {
    assert_eq!(gradients.len(), errors.len(), "an error of each gradient");
    let mut message = vec![0; gradients.len().div_ceil(BLOCK) * EXPONENT + 2 * gradients.len()];
    let blocks = message.par_chunks_mut(BLOCK_BYTES).zip(gradients.par_chunks(BLOCK));
    blocks.zip(errors.par_chunks_mut(BLOCK)).for_each(|((message, gradients), errors)| {
        let mut wanted = [0.0; BLOCK];
        let wanted = &mut wanted[..gradients.len()];
        for ((wanted, gradient), error) in wanted.iter_mut().zip(gradients).zip(&*errors) {
            *wanted = gradient + error * scale;
        }
        // NaN is not below anything.
        let is_finite = wanted.iter().all(|number| number.abs() < LARGEST);
        let exponent = if is_finite { exponent(wanted) } else { 0 };
        let (factor, inverse) = (power(exponent), power(-exponent));
        let (mut scaled, mut rounded) = ([0.0; BLOCK], [f16::ZERO; BLOCK]);
        let (scaled, rounded) = (&mut scaled[..wanted.len()], &mut rounded[..wanted.len()]);
        for (scaled, wanted) in scaled.iter_mut().zip(&*wanted) {
            *scaled = if is_finite { wanted * factor } else { f32::INFINITY };
        }
        rounded.convert_from_f32_slice(scaled);
        if is_finite {
            rounded.convert_to_f32_slice(scaled);
            for ((error, wanted), sent) in errors.iter_mut().zip(&*wanted).zip(&*scaled) {
                *error = (wanted - sent * inverse) / scale;
            }
        }
        let (first, numbers) = message.split_at_mut(EXPONENT);
        first.copy_from_slice(&(exponent as i16).to_le_bytes());
        for (bytes, number) in numbers.chunks_exact_mut(2).zip(rounded) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
    });
    message
}

/// The numbers of a message.
pub(super) fn restored(message: &[u8]) -> Vec<f32> {
    let mut numbers = vec![0.0; (message.len() - message.len().div_ceil(BLOCK_BYTES) * EXPONENT) / 2];
    numbers.par_chunks_mut(BLOCK).zip(message.par_chunks(BLOCK_BYTES)).for_each(|(numbers, message)| {
        let (first, bytes) = message.split_at(EXPONENT);
        let inverse = power(-i32::from(i16::from_le_bytes([first[0], first[1]])));
        let mut rounded = [f16::ZERO; BLOCK];
        let rounded = &mut rounded[..numbers.len()];
        for (number, bytes) in rounded.iter_mut().zip(bytes.chunks_exact(2)) {
            *number = f16::from_le_bytes([bytes[0], bytes[1]]);
        }
        rounded.convert_to_f32_slice(numbers);
        numbers.iter_mut().for_each(|number| *number *= inverse);
    });
    numbers
}

/// The elements of a bucket that a rank adds, whole blocks.
pub(super) fn slice(bucket: &Range<usize>, ranks: usize, rank: usize) -> Range<usize> {
    let blocks = bucket.len().div_ceil(BLOCK);
    let start = |rank: usize| (bucket.start + blocks * rank / ranks * BLOCK).min(bucket.end);
    start(rank)..start(rank + 1)
}

/// The bytes of a slice in the message of a bucket.
pub(super) fn bytes(bucket: &Range<usize>, slice: &Range<usize>) -> Range<usize> {
    let place = |element: usize| {
        let (blocks, rest) = ((element - bucket.start) / BLOCK, (element - bucket.start) % BLOCK);
        blocks * BLOCK_BYTES + if rest > 0 { EXPONENT + 2 * rest } else { 0 }
    };
    place(slice.start)..place(slice.end)
}

/// The exponent of the power of two that brings the largest number between 2^14 and 2^15, or as close as there is one.
fn exponent(numbers: &[f32]) -> i32 {
    let largest = numbers.iter().fold(0.0f32, |largest, number| largest.max(number.abs()));
    let own = (largest.to_bits() >> 23) as i32 - 127;
    (14 - own).min(HIGHEST)
}

/// 2^exponent, from -126 to 127.
fn power(exponent: i32) -> f32 {
    f32::from_bits(((exponent + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Philox;

    fn normal(count: usize, seed: u64) -> Vec<f32> {
        let mut rng = Philox::new(seed, 0);
        (0..count).map(|_| rng.normal() as f32).collect()
    }

    #[test]
    fn rounded_numbers_and_their_errors_are_the_numbers() {
        let count = 2 * BLOCK + 100;
        for size in [1e-30, 1e-8, 1.0, 1e15] {
            let gradients: Vec<f32> = normal(count, 1).iter().map(|number| size * number).collect();
            let mut errors = vec![0.0; count];
            let message = round(&gradients, &mut errors, 1.0);
            assert_eq!(message.len(), 3 * EXPONENT + 2 * count);
            let sent = restored(&message);
            for ((gradient, sent), error) in gradients.iter().zip(&sent).zip(&errors) {
                assert_eq!(*gradient, sent + error);
                assert!(error.abs() <= gradient.abs().max(1e-8 * size) / 2048.0, "{gradient} {error}");
            }
        }
    }

    /// Blocks are rounded alike whatever bucket or slice they are in.
    #[test]
    fn a_part_of_a_message_is_the_message_of_a_part() {
        let (gradients, mut errors) = (normal(3 * BLOCK, 2), normal(3 * BLOCK, 3));
        let mut errors_of_part = errors[BLOCK..].to_vec();
        let whole = round(&gradients, &mut errors, 4.0);
        assert_eq!(round(&gradients[BLOCK..], &mut errors_of_part, 4.0), whole[BLOCK_BYTES..]);
        assert_eq!(errors_of_part, errors[BLOCK..]);
        assert_eq!(restored(&whole[BLOCK_BYTES..]), restored(&whole)[BLOCK..]);
    }

    #[test]
    fn slices_are_whole_blocks() {
        let bucket = 4 * BLOCK..7 * BLOCK + 100;
        let message = round(&normal(bucket.len(), 7), &mut vec![0.0; bucket.len()], 1.0);
        let numbers = restored(&message);
        for ranks in 1..=6 {
            let slices: Vec<_> = (0..ranks).map(|rank| slice(&bucket, ranks, rank)).collect();
            assert_eq!((slices[0].start, slices[ranks - 1].end), (bucket.start, bucket.end));
            assert!(slices.windows(2).all(|pair| pair[0].end == pair[1].start && pair[0].end % BLOCK == 0));
            let sent: Vec<f32> = slices.iter().flat_map(|slice| restored(&message[bytes(&bucket, slice)])).collect();
            assert_eq!(sent, numbers);
        }
    }

    /// Gradients too small for f16 beside a large one arrive with feedback, and would be lost without.
    #[test]
    fn tiny_gradients_arrive() {
        let tiny = 2f32.powi(-42);
        let mut gradients = vec![tiny; BLOCK];
        gradients[0] = 1.0;
        let sum = |feeds_back: bool| {
            let (mut errors, mut sum) = (vec![0.0; BLOCK], 0.0);
            for _ in 0..1024 {
                sum += restored(&round(&gradients, &mut errors, 1.0))[1];
                if !feeds_back {
                    errors.fill(0.0);
                }
            }
            sum
        };
        assert_eq!(sum(false), 0.0, "each of them is rounded to zero");
        assert!((sum(true) / (1024.0 * tiny) - 1.0).abs() < 0.01, "{}", sum(true) / tiny);
    }

    /// The same error for gradients at another loss scale.
    #[test]
    fn errors_have_no_loss_scale() {
        let (gradients, mut errors) = (normal(BLOCK, 4), vec![0.0; BLOCK]);
        let scaled: Vec<f32> = gradients.iter().map(|gradient| 1024.0 * gradient).collect();
        let mut errors_of_scaled = errors.clone();
        round(&gradients, &mut errors, 1.0);
        round(&scaled, &mut errors_of_scaled, 1024.0);
        assert!(errors == errors_of_scaled && errors.iter().any(|error| *error != 0.0));
    }

    #[test]
    fn what_is_not_finite_arrives_and_leaves_no_trace() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30] {
            let mut gradients = normal(2 * BLOCK, 5);
            gradients[7] = bad;
            let mut errors = normal(2 * BLOCK, 6);
            let before = errors.clone();
            let sent = restored(&round(&gradients, &mut errors, 1.0));
            assert!(!sent[7].is_finite() && sent[BLOCK..].iter().all(|number| number.is_finite()));
            assert!(errors[..BLOCK] == before[..BLOCK] && errors[BLOCK..] != before[BLOCK..]);
        }
    }
}
