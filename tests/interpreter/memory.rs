//! Buffers of a device, and the ranges of them that a kernel sees.

use std::collections::HashMap;

use flocoder::gpu::recorder::Range;
use half::f16;

use super::shadow::{Access, Shadow};

/// Contents of all buffers. Those that were never written are NaN.
#[derive(Default)]
pub struct Memory {
    buffers: Vec<Buffer>,
    numbers: HashMap<u64, usize>,
}

#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    /// By the size of a scalar, two bytes or four.
    shadows: [Vec<Shadow>; 2],
}

/// A binding of a kernel.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    buffer: usize,
    offset: usize,
    /// Scalars that can be indexed. A binding is rounded up to 16 bytes.
    pub scalars: usize,
    /// Bytes of a scalar.
    width: usize,
}

impl Memory {
    /// The binding of a range as an array of scalars.
    pub fn bind(&mut self, range: Range, width: usize) -> Bound {
        let bytes = range.bytes.next_multiple_of(16).max(16) as usize;
        let offset = range.offset as usize;
        let number = self.number(range.buffer, offset + bytes);
        let buffer = &mut self.buffers[number];
        buffer.shadows[width / 4].resize(buffer.bytes.len() / width, Shadow::default());
        Bound { buffer: number, offset, scalars: bytes / width, width }
    }

    /// The bytes of a range.
    pub fn bytes(&mut self, range: Range) -> &mut [u8] {
        let (start, end) = (range.offset as usize, (range.offset + range.bytes) as usize);
        let number = self.number(range.buffer, end);
        &mut self.buffers[number].bytes[start..end]
    }

    /// The word of a scalar, and a write that races with this read.
    pub fn load(&mut self, bound: Bound, scalar: usize, access: Access) -> (u32, Option<Access>) {
        let word = self.peek(bound, scalar);
        (word, self.shadow(bound, scalar).read(access))
    }

    /// Stores a scalar. Returns a write and a read that race with it, and whether the word was the same before.
    pub fn store(
        &mut self,
        bound: Bound,
        scalar: usize,
        word: u32,
        access: Access,
    ) -> (Option<Access>, Option<Access>, bool) {
        let same = self.peek(bound, scalar) == word;
        let start = bound.offset + scalar * bound.width;
        let bytes = &mut self.buffers[bound.buffer].bytes[start..start + bound.width];
        match bound.width {
            2 => bytes.copy_from_slice(&f16::from_f32(f32::from_bits(word)).to_le_bytes()),
            _ => bytes.copy_from_slice(&word.to_le_bytes()),
        }
        let (write, read) = self.shadow(bound, scalar).write(access);
        (write, read, same)
    }

    fn peek(&self, bound: Bound, scalar: usize) -> u32 {
        let start = bound.offset + scalar * bound.width;
        match self.buffers[bound.buffer].bytes[start..start + bound.width] {
            [a, b] => f16::from_le_bytes([a, b]).to_f32().to_bits(),
            [a, b, c, d] => u32::from_le_bytes([a, b, c, d]),
            _ => unreachable!("a scalar has two bytes or four"),
        }
    }

    fn shadow(&mut self, bound: Bound, scalar: usize) -> &mut Shadow {
        &mut self.buffers[bound.buffer].shadows[bound.width / 4][bound.offset / bound.width + scalar]
    }

    /// The number of a buffer, with at least so many bytes.
    fn number(&mut self, id: u64, bytes: usize) -> usize {
        let next = self.buffers.len();
        let number = *self.numbers.entry(id).or_insert(next);
        if number == next {
            self.buffers.push(Buffer::default());
        }
        let held = &mut self.buffers[number].bytes;
        if held.len() < bytes {
            held.resize(bytes.next_multiple_of(4), 0xff);
        }
        number
    }
}
