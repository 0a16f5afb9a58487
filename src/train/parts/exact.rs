//! The exchange in f32.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::exchange::Exchange;
use super::summed::accumulate_whole;
use crate::error::Result;
use crate::gpu::{Gpu, Later};
use crate::ranks::{Ranks, tree};
use crate::tensor::Tensor;

/// Replaces the gradients of this rank's parts by the sums over all ranks. Each rank adds a slice of a bucket, and gives its sums to the
/// others. Additions are the device's, as within a rank, so that subnormal numbers are treated alike.
///
/// A bucket passes two stages: its slices are exchanged, and their sums. Both wait for a copy from the device. Each is one stage behind the
/// one before, so that the device computes what was recorded meanwhile.
pub struct Exact<'a> {
    ranks: &'a Ranks,
    /// Leaves of the tree.
    leaves: usize,
    gradient: Tensor,
    /// Buckets of this rank's gradients, on their way to the host.
    leaving: VecDeque<Bucket>,
    /// Buckets of which this rank's slice of the sums is on its way to the host.
    added: VecDeque<Bucket>,
    /// Time of exchanges before this one.
    before: Duration,
}

/// Elements that are exchanged together.
struct Bucket {
    /// Replaced by the sums.
    elements: Tensor,
    /// A copy of what this rank gives, on its way to the host; none of no elements.
    copy: Option<Later>,
    /// Tensors that the elements were copied from, and are copied to in the end; none if they are a view.
    tensors: Vec<Tensor>,
}

impl Exchange for Exact<'_> {
    fn leaves(&mut self, range: Range<usize>, copy: Later) -> Result<()> {
        let elements = self.gradient.view(range.start, &[range.len()]);
        self.leaving.push_back(Bucket { elements, copy: Some(copy), tensors: Vec::new() });
        self.advance(1)
    }
}

impl<'a> Exact<'a> {
    /// Of the gradients in an arena, sums of this rank's share of a tree's `leaves`.
    pub fn new(ranks: &'a Ranks, leaves: usize, gradient: &Tensor) -> Self {
        let (leaving, added) = (VecDeque::new(), VecDeque::new());
        Self { ranks, leaves, gradient: gradient.clone(), leaving, added, before: ranks.traffic().time }
    }

    /// Exchanges the last buckets and, as one more, `others`: what else the parts give. Returns when this rank had computed its own sums, but
    /// for the time that it waited for others until then.
    ///
    /// # Errors
    /// A connection that is broken, or a failure of the device.
    pub fn finish(mut self, others: &[&Tensor]) -> Result<Instant> {
        if !others.is_empty() {
            let tensors: Vec<Tensor> = others.iter().map(|&tensor| tensor.clone()).collect();
            let elements = joined(self.gradient.gpu(), &tensors);
            let copy = later(&elements);
            self.leaving.push_back(Bucket { elements, copy, tensors });
        }
        while self.leaving.len() > 1 {
            self.advance(1)?;
        }
        let last = self.leaving.pop_front();
        let last = last.map(|bucket| Ok((bucket.elements, bucket.tensors, arrived(bucket.copy)?))).transpose()?;
        let ready = Instant::now() - (self.ranks.traffic().time - self.before);
        if let Some((elements, tensors, own)) = last {
            self.exchange(elements, tensors, &own)?;
        }
        while !self.added.is_empty() {
            self.advance(0)?;
        }
        Ok(ready)
    }

    /// Exchanges the slices of a bucket and the sums of another, if more than `behind` wait for each.
    fn advance(&mut self, behind: usize) -> Result<()> {
        if self.leaving.len() > behind
            && let Some(Bucket { elements, copy, tensors }) = self.leaving.pop_front()
        {
            let own = arrived(copy)?;
            self.exchange(elements, tensors, &own)?;
        }
        if self.added.len() > behind
            && let Some(Bucket { elements, copy, tensors }) = self.added.pop_front()
        {
            let own = arrived(copy)?;
            let mut start = 0;
            for bytes in self.ranks.gather(&own)? {
                elements.view(start, &[bytes.len() / 4]).write_f32(&floats(&bytes));
                start += bytes.len() / 4;
            }
            views(&elements, &tensors).zip(&tensors).for_each(|(view, tensor)| tensor.copy_from(&view));
        }
        Ok(())
    }

    /// Exchanges slices of `own`, the elements of a bucket, and adds those that this rank gets.
    fn exchange(&mut self, elements: Tensor, tensors: Vec<Tensor>, own: &[u8]) -> Result<()> {
        let (ranks, gpu) = (self.ranks, self.gradient.gpu());
        let outgoing: Vec<&[u8]> = (0..ranks.size()).map(|rank| &own[slice(own.len() / 4, ranks, rank)]).collect();
        let mut slices = ranks.exchange(&outgoing)?.into_iter();
        let mut next = || {
            let bytes = slices.next().expect("a slice of each rank");
            let slice = Tensor::empty_f32(gpu, &[bytes.len() / 4]);
            slice.write_f32(&floats(&bytes));
            Ok(slice)
        };
        let sum = tree::sum(self.leaves, ranks.size(), &mut next, &|sum, other| {
            // Of a few elements, a rank may have none to add.
            if !sum.is_empty() {
                accumulate_whole(&sum, &other);
            }
            sum
        })?;
        self.added.push_back(Bucket { elements, copy: later(&sum), tensors });
        Ok(())
    }
}

/// A copy to the host of a tensor that may be empty.
fn later(tensor: &Tensor) -> Option<Later> {
    (!tensor.is_empty()).then(|| tensor.read_later())
}

fn arrived(copy: Option<Later>) -> Result<Vec<u8>> {
    copy.map_or(Ok(Vec::new()), Later::wait)
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
