//! Adapter, kernels, buffers, recording, timestamps.
//!
//! A [`Gpu`] is a cheap handle to one device. Work is recorded with [`Gpu::launch`] and runs when something is read back,
//! when enough has been recorded, or at [`Gpu::flush`]. An error that happens on the way (a limit exceeded, memory used
//! up, a device lost) is *sticky*: it is kept, later launches do nothing, and the next [`Gpu::check`], flush or readback
//! returns it. So operations need no `Result` of their own.

pub mod assembly;
pub mod device;
pub mod environment;
pub mod half;
pub mod kernel;
pub mod matrix;
pub mod pipeline;
mod pool;
pub mod profile;
mod stream;

use std::sync::{Arc, Mutex, MutexGuard};

pub use device::{Adapters, Body, Capabilities, Forced};
pub use kernel::{Grid, Kernel, Launch};
pub use matrix::MatrixUnits;
pub use pool::Storage;
pub use stream::Counters;

use crate::error::{Error, Result};
use pipeline::Pipelines;
use pool::Pool;
use profile::Profile;
use stream::Stream;

/// A handle to one device, its pipelines, buffers and recorder. Clones share all of it.
#[derive(Clone)]
pub struct Gpu {
    shared: Arc<Shared>,
}

struct Shared {
    device: wgpu::Device,
    queue: wgpu::Queue,
    capabilities: Capabilities,
    pool: Arc<Pool>,
    pipelines: Mutex<Pipelines>,
    stream: Mutex<Stream>,
    failure: Arc<Mutex<Option<String>>>,
}

fn lost(message: &str) -> String {
    format!("the device was lost ({message}); restart the program")
}

/// A mutex that a panicking test thread held is still good: every critical section leaves its value consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Gpu {
    /// Opens the adapter that `wanted` names (see [`Adapters::choose`]), or the best one.
    ///
    /// # Errors
    /// No adapter, an unknown name, or an adapter without the features that every kernel needs.
    pub fn open(wanted: Option<&str>) -> Result<Self> {
        Self::open_forced(wanted, Forced::from_environment())
    }

    /// The same with choices of the matrix-product core made by the caller.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub fn open_forced(wanted: Option<&str>, forced: Forced) -> Result<Self> {
        let chosen = Adapters::list().choose(wanted)?;
        let (device, queue) = chosen.request_device()?;
        let matrix = matrix::usable(&chosen.adapter, &device, &queue);
        let capabilities = Capabilities::of(&chosen, &device, matrix, forced);
        let failure = Arc::new(Mutex::new(None));
        let keep_first = |failure: &Arc<Mutex<Option<String>>>, message: String| {
            lock(failure).get_or_insert(message);
        };
        let kept = failure.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            keep_first(&kept, stream::explain(&error));
        }));
        let kept = failure.clone();
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                keep_first(&kept, lost(&message));
            }
        });
        let pool = Arc::new(Pool::new(device.clone(), capabilities.largest_buffer, failure.clone()));
        let shared = Shared {
            pipelines: Mutex::new(Pipelines::new(&capabilities)),
            stream: Mutex::new(Stream::new(device.clone(), queue.clone(), capabilities.timestamps)),
            device,
            queue,
            capabilities,
            pool,
            failure,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// What the adapter can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.shared.capabilities
    }

    /// A buffer of at least `bytes` bytes from the pool; its contents are stale.
    pub fn storage(&self, bytes: u64) -> Arc<Storage> {
        let storage = Pool::take(&self.shared.pool, bytes);
        if self.shared.pool.poisoned() {
            // All bits set are a NaN in f32 and in f16.
            self.write(&storage, 0, &vec![0xff; storage.buffer().size() as usize]);
        }
        storage
    }

    /// Refuses a tensor that could never be made, before its values are made on the host.
    ///
    /// # Errors
    /// More elements of four bytes than the adapter's largest buffer holds.
    pub fn check_buffer(&self, elements: usize) -> Result<()> {
        self.shared.pool.fits(4 * elements as u64).map_err(Error::Device)
    }

    /// Refuses a tensor that no kernel could take whole, before its values are made on the host.
    ///
    /// # Errors
    /// More elements of four bytes than the adapter's largest binding holds; `who` needs them.
    pub fn check_binding(&self, who: &str, elements: usize) -> Result<()> {
        self.binds(who, 4 * elements as u64).map_err(Error::Device)
    }

    /// Records one dispatch.
    #[track_caller]
    pub fn launch(&self, launch: &Launch<'_>) {
        if self.failed() || launch.grid.is_empty() || !self.fits(launch) {
            return;
        }
        let compiled = lock(&self.shared.pipelines).get(&self.shared.device, launch);
        lock(&self.shared.stream).dispatch(&compiled, launch);
    }

    /// The constants that a kernel was compiled for when it was last launched.
    pub fn latest_constants(&self, kernel: &str) -> Option<Vec<(&'static str, u32)>> {
        lock(&self.shared.pipelines).latest(kernel)
    }

    /// Whether each tensor of a launch is within what the adapter can bind; one that is not is a failure.
    fn fits(&self, launch: &Launch<'_>) -> bool {
        let bound = launch.bindings.iter().try_for_each(|tensor| self.binds(launch.kernel.name, tensor.bytes()));
        let Err(reason) = bound else { return true };
        lock(&self.shared.failure).get_or_insert(reason);
        false
    }

    fn binds(&self, who: &str, bytes: u64) -> Result<(), String> {
        let largest = self.shared.capabilities.largest_binding;
        if bytes <= largest {
            return Ok(());
        }
        Err(format!(
            "{who} needs a tensor of {bytes} bytes at once, and the adapter binds no more than {largest}; lower train.batch or the network's width"
        ))
    }

    /// Sets a range of a buffer to zero, in order with the recorded dispatches.
    pub(crate) fn clear(&self, storage: &Storage, offset: u64, bytes: u64) {
        if !self.failed() {
            lock(&self.shared.stream).clear(storage, offset, bytes);
        }
    }

    /// Copies between buffers, in order with the recorded dispatches.
    pub(crate) fn copy(&self, from: (&Storage, u64), to: (&Storage, u64), bytes: u64) {
        if !self.failed() {
            lock(&self.shared.stream).copy(from, to, bytes);
        }
    }

    /// Writes host bytes into a buffer. What is recorded is submitted first, since the write would overtake it.
    pub(crate) fn write(&self, storage: &Storage, offset: u64, bytes: &[u8]) {
        if !self.failed() {
            lock(&self.shared.stream).submit();
            self.shared.queue.write_buffer(storage.buffer(), offset, bytes);
        }
    }

    /// Runs what is recorded and reads `bytes` bytes back.
    ///
    /// # Errors
    /// The first failure since the last one reported.
    pub(crate) fn read(&self, storage: &Storage, offset: u64, bytes: u64) -> Result<Vec<u8>> {
        self.check()?;
        let data = lock(&self.shared.stream).read(storage, offset, bytes);
        self.check()?;
        data
    }

    /// Submits what is recorded, without waiting for it.
    pub fn flush(&self) -> Result<()> {
        lock(&self.shared.stream).submit();
        self.check()
    }

    /// Submits what is recorded and waits until it has run.
    pub fn wait(&self) -> Result<()> {
        lock(&self.shared.stream).submit();
        let waited = self.shared.device.poll(wgpu::PollType::wait_indefinitely());
        self.check()?;
        waited.map(drop).map_err(|error| Error::device(format!("waiting for the device failed: {error}")))
    }

    /// Returns a failure that happened since the last call, and forgets it.
    pub fn check(&self) -> Result<()> {
        match lock(&self.shared.failure).take() {
            Some(message) => Err(Error::Device(message)),
            None => Ok(()),
        }
    }

    fn failed(&self) -> bool {
        lock(&self.shared.failure).is_some()
    }

    /// Fills every buffer taken from the pool with NaN, so that a test sees what reads memory before writing it.
    pub fn poison_new_buffers(&self, on: bool) {
        self.shared.pool.poison(on);
    }

    /// Lets tensors take no more than so many bytes together, as if the device had no more.
    pub fn limit_memory(&self, bytes: u64) {
        self.shared.pool.set_budget(bytes);
    }

    /// Bytes that the device has given out for tensors, those that wait to be used again too.
    pub fn memory(&self) -> u64 {
        self.shared.pool.bytes()
    }

    /// Destroys the device as a crashed driver does, so that a test sees what becomes of the program.
    pub fn lose(&self) {
        lock(&self.shared.failure).get_or_insert(lost("on purpose"));
        self.shared.device.destroy();
    }

    /// Starts timing each dispatch by itself (slower: one pass per dispatch). Does nothing without timestamps.
    pub fn start_profile(&self) {
        lock(&self.shared.stream).start_profile();
    }

    /// Ends what [`Gpu::start_profile`] began.
    pub fn finish_profile(&self) -> Profile {
        lock(&self.shared.stream).finish_profile()
    }

    /// Dispatches, submissions and the time that these took since the device was opened.
    pub fn counters(&self) -> Counters {
        lock(&self.shared.stream).counters()
    }

    /// The most bytes that tensors have taken together since the device was opened or [`Gpu::reset_peak_bytes`].
    pub fn peak_bytes(&self) -> u64 {
        self.shared.pool.peak_bytes()
    }

    /// Begins [`Gpu::peak_bytes`] anew from what is in use now.
    pub fn reset_peak_bytes(&self) {
        self.shared.pool.reset_peak();
    }
}
