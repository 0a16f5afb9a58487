//! Pooled buffers: a tensor's buffer returns to the pool when its last handle drops.
//!
//! Sizes are 2^k and 1.5 * 2^k, so that a buffer serves many shapes. Commands run in the order in which they are recorded,
//! so a buffer may be taken again while earlier commands that use it are still pending.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::gpu::lock::lock;
use crate::gpu::size_class::{ALIGNMENT, SMALLEST, bound, size_class};

/// Bytes of the guard words after the contents of a buffer, in tests that ask for them.
pub(super) const GUARD: u64 = 64;

/// One buffer of the pool, returned to it on drop.
pub struct Storage {
    buffer: Option<wgpu::Buffer>,
    id: u64,
    class: u64,
    /// The first byte of its guard words, if it has some.
    guard: Option<u64>,
    pool: Arc<Pool>,
}

impl Storage {
    /// The buffer itself.
    pub fn buffer(&self) -> &wgpu::Buffer {
        self.buffer.as_ref().expect("a storage has its buffer until it drops")
    }

    /// A unique number of the buffer.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The first byte of its guard words, if it has some.
    pub(super) fn guard(&self) -> Option<u64> {
        self.guard
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            self.pool.give_back(self.class, self.id, buffer, self.guard.is_some());
        }
    }
}

/// Free buffers by size, and the number of bytes allocated and in use.
pub(super) struct Pool {
    device: wgpu::Device,
    largest: u64,
    free: Mutex<HashMap<u64, Vec<(u64, wgpu::Buffer)>>>,
    next_id: AtomicU64,
    bytes: AtomicU64,
    in_use: AtomicU64,
    peak: AtomicU64,
    poison: AtomicBool,
    /// Buffers with guard words that were not checked yet, with the first byte of these words; `None` while buffers have none.
    guarded: Mutex<Option<Vec<(wgpu::Buffer, u64)>>>,
    /// Most bytes of all buffers together.
    budget: AtomicU64,
}

impl Pool {
    /// A pool of buffers of at most `largest` bytes each.
    pub fn new(device: wgpu::Device, largest: u64) -> Self {
        Self {
            device,
            largest: largest / ALIGNMENT * ALIGNMENT,
            free: Mutex::default(),
            next_id: AtomicU64::new(1),
            bytes: AtomicU64::new(0),
            in_use: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            poison: AtomicBool::new(false),
            guarded: Mutex::default(),
            budget: AtomicU64::new(u64::MAX),
        }
    }

    /// A buffer of at least `bytes`; `None` if the device has no memory for a new one.
    ///
    /// # Panics
    /// If no buffer can have so many: [`Pool::fits`] tells.
    pub fn take(pool: &Arc<Self>, bytes: u64) -> Option<Arc<Storage>> {
        let guard = pool.guards().then_some(bound(bytes));
        let class = class_within(guard.map_or(bytes, |guard| guard + GUARD), pool.largest);
        assert!(class >= bytes, "a buffer of {bytes} bytes");
        let reused = lock(&pool.free).get_mut(&class).filter(|_| guard.is_none()).and_then(Vec::pop);
        let (id, buffer) = match reused {
            Some(reused) => reused,
            None => (pool.next_id.fetch_add(1, Ordering::Relaxed), pool.create(class)?),
        };
        if let (Some(guarded), Some(guard)) = (&mut *lock(&pool.guarded), guard) {
            guarded.push((buffer.clone(), guard));
        }
        let used = pool.in_use.fetch_add(class, Ordering::Relaxed) + class;
        pool.peak.fetch_max(used, Ordering::Relaxed);
        Some(Arc::new(Storage { buffer: Some(buffer), id, class, guard, pool: pool.clone() }))
    }

    /// A small buffer that stands for one that could not be had. No kernel runs on it, since that is a failure.
    pub fn stand_in(pool: &Arc<Self>) -> Arc<Storage> {
        let id = pool.next_id.fetch_add(1, Ordering::Relaxed);
        let buffer = pool.device.create_buffer(&descriptor(SMALLEST));
        Arc::new(Storage { buffer: Some(buffer), id, class: 0, guard: None, pool: pool.clone() })
    }

    /// Checks that a buffer may have `bytes` bytes; the error is a message for the user.
    pub fn fits(&self, bytes: u64) -> Result<(), String> {
        if bytes <= self.largest {
            return Ok(());
        }
        Err(format!(
            "a tensor of {bytes} bytes exceeds the adapter's largest buffer of {} bytes; lower train.batch or the network's width",
            self.largest
        ))
    }

    /// The message for a device without memory for `bytes` more.
    pub fn out_of_memory(&self, bytes: u64) -> String {
        let used = self.in_use.load(Ordering::Relaxed);
        format!(
            "the device is out of memory: {bytes} bytes were requested with {used} bytes in use; lower train.batch or the network's width"
        )
    }

    /// Destroys all free buffers.
    pub fn trim(&self) {
        for (class, buffers) in lock(&self.free).drain() {
            self.bytes.fetch_sub(class * buffers.len() as u64, Ordering::Relaxed);
            buffers.iter().for_each(|(_, buffer)| buffer.destroy());
        }
    }

    pub fn set_budget(&self, bytes: u64) {
        self.budget.store(bytes, Ordering::Relaxed);
    }

    /// Bytes of all buffers, free ones too.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// A new buffer, if it is within the budget and the device has memory for it.
    fn create(&self, bytes: u64) -> Option<wgpu::Buffer> {
        if self.bytes.load(Ordering::Relaxed) + bytes > self.budget.load(Ordering::Relaxed) {
            return None;
        }
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffer = self.device.create_buffer(&descriptor(bytes));
        if pollster::block_on(scope.pop()).is_some() {
            return None;
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        Some(buffer)
    }

    /// Takes back the buffer of a dropped [`Storage`]. That of a stand-in, of class 0, is not reused, nor one with guard words.
    fn give_back(&self, class: u64, id: u64, buffer: wgpu::Buffer, guarded: bool) {
        self.in_use.fetch_sub(class, Ordering::Relaxed);
        if guarded {
            self.bytes.fetch_sub(class, Ordering::Relaxed);
        } else if class > 0 {
            lock(&self.free).entry(class).or_default().push((id, buffer));
        }
    }

    /// Whether buffers have guard words from now on.
    pub fn guard(&self, on: bool) {
        *lock(&self.guarded) = on.then(Vec::new);
    }

    fn guards(&self) -> bool {
        lock(&self.guarded).is_some()
    }

    /// The buffers with guard words that were taken since the last call, with the first byte of these words.
    pub fn guarded(&self) -> Vec<(wgpu::Buffer, u64)> {
        lock(&self.guarded).as_mut().map(std::mem::take).unwrap_or_default()
    }

    pub fn poison(&self, on: bool) {
        self.poison.store(on, Ordering::Relaxed);
    }

    pub fn poisoned(&self) -> bool {
        self.poison.load(Ordering::Relaxed)
    }

    pub fn peak_bytes(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    pub fn reset_peak(&self) {
        self.peak.store(self.in_use.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

fn descriptor(size: u64) -> wgpu::BufferDescriptor<'static> {
    let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
    wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false }
}

/// The size class of a buffer of `bytes`, cut at the largest buffer that there may be.
fn class_within(bytes: u64, largest: u64) -> u64 {
    size_class(bytes).min(largest)
}

#[cfg(test)]
mod tests {
    use super::class_within;
    use crate::gpu::size_class::{ALIGNMENT, size_class};

    #[test]
    fn size_classes_waste_less_than_a_third_and_large_ones_a_sixteenth() {
        for bytes in [1u64, 255, 256, 257, 384, 385, 1000, 4096, 4097, 6144, 6145, 1 << 20] {
            let class = size_class(bytes);
            assert!(class >= bytes && class.is_multiple_of(16), "{bytes} -> {class}");
            assert!(bytes < 256 || class < bytes * 3 / 2 + 16, "{bytes} -> {class}");
        }
        for bytes in [(1u64 << 20) + 1, 3 << 20, (3 << 20) + 4, 1 << 27, (1 << 27) + 16, 566_791_036, 3 << 33] {
            let class = size_class(bytes);
            assert!(class >= bytes && class.is_multiple_of(16) && class - bytes <= bytes / 16, "{bytes} -> {class}");
        }
    }

    /// Many drivers allow buffers of at most 2^31 - 1 bytes: a class of 2^31 must not ask for one more.
    #[test]
    fn the_largest_class_is_within_the_limit() {
        let largest = i32::MAX as u64 / ALIGNMENT * ALIGNMENT;
        assert_eq!(class_within(2_140_000_000, largest), (1 << 31) - 16);
        assert_eq!(class_within(1_600_000_000, largest), 3 << 29);
    }
}
