//! Host bytes that the commands of one submission read on the device, in one buffer.
//!
//! The bytes are collected while commands are recorded and written to the buffer just before the submission. The queue orders that write
//! after all earlier submissions, so that one buffer serves them all. wgpu's own staging belt maps its chunks, and panics on a device that
//! was lost in the meantime.

/// A buffer of a fixed size, a multiple of the alignment, that each submission fills anew.
pub(super) struct Staging {
    buffer: wgpu::Buffer,
    /// The bytes of the recorded commands.
    bytes: Vec<u8>,
    /// Offsets are multiples of it.
    alignment: usize,
}

impl Staging {
    pub fn new(
        device: &wgpu::Device,
        label: &'static str,
        usage: wgpu::BufferUsages,
        capacity: usize,
        alignment: usize,
    ) -> Self {
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: capacity as u64,
            usage: usage | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self { buffer, bytes: Vec::new(), alignment }
    }

    pub fn buffer(&self) -> &wgpu::Buffer {
        &self.buffer
    }

    /// Whether `bytes` more bytes fit.
    pub fn fits(&self, bytes: usize) -> bool {
        self.bytes.len() + bytes <= self.buffer.size() as usize
    }

    /// Adds bytes, of which so many [fit](Staging::fits), and returns their offset.
    pub fn push(&mut self, bytes: &[u8]) -> u64 {
        let offset = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(self.alignment), 0);
        offset as u64
    }

    /// Writes the bytes to the buffer, for the submission that follows.
    pub fn write(&mut self, queue: &wgpu::Queue) {
        if !self.bytes.is_empty() {
            queue.write_buffer(&self.buffer, 0, &self.bytes);
            self.bytes.clear();
        }
    }
}
