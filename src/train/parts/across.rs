//! The sum over the ranks of a step.

use std::ops::Range;
use std::time::Instant;

use super::sum::accumulate_whole;
use crate::error::Result;
use crate::ranks::{Ranks, tree};
use crate::tensor::Tensor;

/// Replaces `tensors`, the sums of this rank's share of `parts` parts, by the sums over all parts. Each rank adds one slice of all
/// elements, and gives its sums to the others. Additions are the device's, as within a rank, so that subnormal numbers are treated alike.
/// Returns when this rank had computed its own sums.
///
/// # Errors
/// A connection that is broken, or a failure of the device.
pub fn across(ranks: &Ranks, parts: usize, tensors: &[&Tensor]) -> Result<Instant> {
    let [first, ..] = tensors else { return Ok(Instant::now()) };
    if ranks.are_alone() {
        return Ok(Instant::now());
    }
    let gpu = first.gpu();
    let all = Tensor::empty_f32(gpu, &[tensors.iter().map(|tensor| tensor.len()).sum()]);
    let starts = tensors.iter().scan(0, |next, tensor| Some(std::mem::replace(next, *next + tensor.len())));
    let views: Vec<Tensor> = starts.zip(tensors).map(|(start, tensor)| all.view(start, tensor.shape())).collect();
    views.iter().zip(tensors).for_each(|(view, tensor)| view.copy_from(tensor));
    let own = all.read_f32()?;
    let ready = Instant::now();

    let slices: Vec<&[u8]> =
        (0..ranks.size()).map(|rank| bytemuck::cast_slice(&own[slice(own.len(), ranks, rank)])).collect();
    let mut received = ranks.exchange(&slices)?.into_iter();
    let length = slice(own.len(), ranks, ranks.rank()).len();
    let mut next = || {
        let bytes = received.next().expect("a slice of each rank");
        Ok(Tensor::from_f32(gpu, &[length], &bytemuck::pod_collect_to_vec(&bytes)))
    };
    let sum = tree::sum(parts, ranks.size(), &mut next, &|sum, other| {
        accumulate_whole(&sum, &other);
        sum
    })?;
    let sums = ranks.gather(bytemuck::cast_slice(&sum.read_f32()?))?.concat();
    all.write_f32(&bytemuck::pod_collect_to_vec(&sums));
    views.iter().zip(tensors).for_each(|(view, tensor)| tensor.copy_from(view));
    Ok(ready)
}

/// The elements that a rank adds.
fn slice(length: usize, ranks: &Ranks, rank: usize) -> Range<usize> {
    let start = |rank: usize| length * rank / ranks.size();
    start(rank)..start(rank + 1)
}
