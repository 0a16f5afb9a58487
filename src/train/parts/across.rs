//! The sum over the ranks of a step.

use std::borrow::Cow;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::Outbox;
use super::sum::accumulate_whole;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::ranks::{Ranks, tree};
use crate::tensor::Tensor;

/// Replaces `gradient` and `others`, the sums of this rank's share of `parts` parts, by the sums over all parts. Each rank adds a slice of
/// all elements, and gives its sums to the others. Slices of gradients that have left by the `outbox` are exchanged while the device still
/// computes. Additions are the device's, as within a rank, so that subnormal numbers are treated alike; they come after the sweep.
/// Returns when this rank had computed its own sums, but for the time that it waited for others until then.
///
/// # Errors
/// A connection that is broken, or a failure of the device.
pub fn across(ranks: &Ranks, parts: usize, gradient: &Tensor, others: &[&Tensor], outbox: Outbox) -> Result<Instant> {
    if ranks.are_alone() {
        return Ok(Instant::now());
    }
    let gpu = gradient.gpu();
    let (mut buckets, mut waited) = (Vec::new(), Duration::ZERO);
    for (range, copy) in outbox.buckets {
        let own = copy.wait()?;
        let start = Instant::now();
        buckets.push(Bucket::exchange(ranks, vec![gradient.view(range.start, &[range.len()])], &own)?);
        waited += start.elapsed();
    }
    let rest = gradient.view(0, &[outbox.start.min(gradient.len())]);
    let tensors: Vec<Tensor> = std::iter::once(rest).chain(others.iter().map(|&tensor| tensor.clone())).collect();
    let own = joined(gpu, &tensors).read_f32()?;
    let ready = Instant::now() - waited;
    buckets.push(Bucket::exchange(ranks, tensors, bytemuck::cast_slice(&own))?);
    buckets.into_iter().try_for_each(|bucket| bucket.add(ranks, parts, gpu))?;
    Ok(ready)
}

/// Tensors that are exchanged together, as one sequence of elements.
struct Bucket {
    tensors: Vec<Tensor>,
    /// This rank's slice of the elements, of each rank.
    slices: Vec<Vec<u8>>,
}

impl Bucket {
    /// Exchanges slices of `own`, the bytes of all elements.
    fn exchange(ranks: &Ranks, tensors: Vec<Tensor>, own: &[u8]) -> Result<Self> {
        let outgoing: Vec<&[u8]> = (0..ranks.size()).map(|rank| &own[slice(own.len() / 4, ranks, rank)]).collect();
        Ok(Self { tensors, slices: ranks.exchange(&outgoing)? })
    }

    /// Adds this rank's slice, and replaces the tensors by the sums of all ranks.
    fn add(self, ranks: &Ranks, parts: usize, gpu: &Gpu) -> Result<()> {
        let mut slices = self.slices.into_iter();
        let mut next = || {
            let bytes = slices.next().expect("a slice of each rank");
            let slice = Tensor::empty_f32(gpu, &[bytes.len() / 4]);
            slice.write_f32(&floats(&bytes));
            Ok(slice)
        };
        let sum = tree::sum(parts, ranks.size(), &mut next, &|sum, other| {
            accumulate_whole(&sum, &other);
            sum
        })?;
        let all = Tensor::empty_f32(gpu, &[self.tensors.iter().map(Tensor::len).sum()]);
        let mut start = 0;
        for bytes in ranks.gather(bytemuck::cast_slice(&sum.read_f32()?))? {
            all.view(start, &[bytes.len() / 4]).write_f32(&floats(&bytes));
            start += bytes.len() / 4;
        }
        views(&all, &self.tensors).zip(&self.tensors).for_each(|(view, tensor)| tensor.copy_from(&view));
        Ok(())
    }
}

/// The numbers of some bytes, without a copy where these are aligned.
fn floats(bytes: &[u8]) -> Cow<'_, [f32]> {
    bytemuck::try_cast_slice(bytes).map_or_else(|_| bytemuck::pod_collect_to_vec(bytes).into(), Cow::from)
}

/// The bytes that a rank adds, of those of `length` elements.
fn slice(length: usize, ranks: &Ranks, rank: usize) -> Range<usize> {
    let start = |rank: usize| 4 * (length * rank / ranks.size());
    start(rank)..start(rank + 1)
}

/// The elements of tensors, one after another.
fn joined(gpu: &Gpu, tensors: &[Tensor]) -> Tensor {
    let all = Tensor::empty_f32(gpu, &[tensors.iter().map(Tensor::len).sum()]);
    views(&all, tensors).zip(tensors).for_each(|(view, tensor)| view.copy_from(tensor));
    all
}

/// The places of tensors in the elements of all.
fn views(all: &Tensor, tensors: &[Tensor]) -> impl Iterator<Item = Tensor> {
    let starts = tensors.iter().scan(0, |next, tensor| Some(std::mem::replace(next, *next + tensor.len())));
    starts.zip(tensors).map(|(start, tensor)| all.view(start, tensor.shape()))
}
