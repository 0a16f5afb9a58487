//! A position in the bytes of a file.

/// The bytes of a file from a position up to an end. A read beyond the end is `None` and moves nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'a> {
    file: &'a [u8],
    /// Offset in the file of the next byte.
    pub at: usize,
}

impl<'a> Bytes<'a> {
    /// The bytes `start..end` of a file.
    ///
    /// # Panics
    /// If the file has fewer than `end` bytes.
    #[track_caller]
    pub fn new(file: &'a [u8], start: usize, end: usize) -> Self {
        Self { file: &file[..end], at: start }
    }

    /// The bytes up to the end.
    pub fn rest(&self) -> &'a [u8] {
        &self.file[self.at.min(self.file.len())..]
    }

    pub fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    pub fn byte(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.rest().get(..count)?;
        self.at += count;
        Some(taken)
    }

    /// A number of variable length: 7 bits per byte, of which all but the last have the high bit set. The format allows 4 bytes;
    /// longer ones are read as well, since some programs write them.
    pub fn number(&mut self) -> Option<u64> {
        let length = self.rest().iter().position(|byte| byte & 0x80 == 0)? + 1;
        let bytes = self.take(length)?;
        Some(bytes.iter().fold(0u64, |number, byte| number.saturating_mul(128).saturating_add(u64::from(byte & 0x7F))))
    }
}

/// Offset of the first occurrence of `pattern` in a file at `from` or later.
pub(super) fn find(file: &[u8], pattern: &[u8; 4], from: usize) -> Option<usize> {
    file.get(from..)?.windows(4).position(|bytes| bytes == pattern).map(|found| from + found)
}

/// Whether a file has `pattern` at an offset.
pub(super) fn is_at(file: &[u8], pattern: &[u8], offset: usize) -> bool {
    file.get(offset..).is_some_and(|rest| rest.starts_with(pattern))
}

/// Appends a number of variable length, below 2^56.
pub(super) fn push_number(bytes: &mut Vec<u8>, number: u64) {
    let groups = (1..9).rev().filter(|group| number >> (7 * group) > 0);
    bytes.extend(groups.map(|group| 0x80 | (number >> (7 * group)) as u8));
    bytes.push((number & 0x7F) as u8);
}
