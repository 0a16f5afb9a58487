//! Pooled buffers: a tensor's buffer returns to the pool when its last handle drops.
//!
//! Sizes are 2^k and 1.5 * 2^k, so that a buffer serves many shapes. Commands run in the order in which they are recorded,
//! so a buffer may be taken again while earlier commands that use it are still pending.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::failure::Failure;
use super::lock::lock;

/// Smallest buffer, in bytes; also keeps every binding readable as `vec4`.
const SMALLEST: u64 = 256;

/// One buffer of the pool, returned to it on drop.
pub struct Storage {
    buffer: Option<wgpu::Buffer>,
    id: u64,
    class: u64,
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
}

impl Drop for Storage {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            self.pool.give_back(self.class, self.id, buffer);
        }
    }
}

/// Free buffers by size, and the number of bytes allocated and in use.
pub(super) struct Pool {
    device: wgpu::Device,
    largest: u64,
    free: Mutex<HashMap<u64, Vec<(u64, wgpu::Buffer)>>>,
    failure: Failure,
    next_id: AtomicU64,
    bytes: AtomicU64,
    in_use: AtomicU64,
    peak: AtomicU64,
    poison: AtomicBool,
    /// Most bytes of all buffers together.
    budget: AtomicU64,
}

impl Pool {
    pub fn new(device: wgpu::Device, largest: u64, failure: Failure) -> Self {
        Self {
            device,
            largest,
            free: Mutex::default(),
            failure,
            next_id: AtomicU64::new(1),
            bytes: AtomicU64::new(0),
            in_use: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            poison: AtomicBool::new(false),
            budget: AtomicU64::new(u64::MAX),
        }
    }

    /// A buffer of at least `bytes`. More than the adapter's limit or memory is a sticky failure and gives a small buffer.
    pub fn take(pool: &Arc<Self>, bytes: u64) -> Arc<Storage> {
        let class = pool.class_or_fail(bytes);
        let reused = lock(&pool.free).get_mut(&class).and_then(Vec::pop);
        let class = if reused.is_some() || pool.has_room(class) { class } else { SMALLEST };
        let (id, buffer) = reused.unwrap_or_else(|| (pool.next_id.fetch_add(1, Ordering::Relaxed), pool.create(class)));
        let used = pool.in_use.fetch_add(class, Ordering::Relaxed) + class;
        pool.peak.fetch_max(used, Ordering::Relaxed);
        Arc::new(Storage { buffer: Some(buffer), id, class, pool: pool.clone() })
    }

    fn class_or_fail(&self, bytes: u64) -> u64 {
        match self.fits(bytes) {
            Ok(()) => size_class(bytes).min(self.largest.next_multiple_of(16)),
            Err(reason) => {
                self.failure.keep(reason);
                SMALLEST
            }
        }
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

    /// Whether a new buffer of `bytes` bytes is within the budget; if it is not, keeps a failure.
    fn has_room(&self, bytes: u64) -> bool {
        let room = self.budget.load(Ordering::Relaxed).saturating_sub(self.bytes.load(Ordering::Relaxed));
        if bytes > room {
            self.out_of_memory(bytes);
        }
        bytes <= room
    }

    fn out_of_memory(&self, bytes: u64) {
        let used = self.bytes.load(Ordering::Relaxed);
        self.failure.keep(format!(
            "the device is out of memory: {bytes} bytes were requested with {used} bytes in use; lower train.batch or the network's width"
        ));
    }

    pub fn set_budget(&self, bytes: u64) {
        self.budget.store(bytes, Ordering::Relaxed);
    }

    /// Bytes of all buffers, free ones too.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn create(&self, bytes: u64) -> wgpu::Buffer {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
        let descriptor = wgpu::BufferDescriptor { label: None, size: bytes, usage, mapped_at_creation: false };
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffer = self.device.create_buffer(&descriptor);
        if pollster::block_on(scope.pop()).is_some() {
            self.out_of_memory(bytes);
        } else {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
        buffer
    }

    fn give_back(&self, class: u64, id: u64, buffer: wgpu::Buffer) {
        self.in_use.fetch_sub(class, Ordering::Relaxed);
        lock(&self.free).entry(class).or_default().push((id, buffer));
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

/// The smallest of 2^k and 1.5 * 2^k that holds `bytes`.
fn size_class(bytes: u64) -> u64 {
    let power = bytes.max(SMALLEST).next_power_of_two();
    let between = power / 4 * 3;
    if bytes <= between && between >= SMALLEST { between } else { power }
}

#[cfg(test)]
mod tests {
    use super::size_class;

    #[test]
    fn size_classes_waste_less_than_a_third() {
        for bytes in [1u64, 255, 256, 257, 384, 385, 1000, 4096, 4097, 6144, 6145, 1 << 27] {
            let class = size_class(bytes);
            assert!(class >= bytes && class.is_multiple_of(16), "{bytes} -> {class}");
            assert!(bytes < 256 || class < bytes * 3 / 2 + 16, "{bytes} -> {class}");
        }
    }
}
