//! Adapter, tuning, buffers, pipelines, recording, timestamps.
//!
//! A [`Gpu`] is a cheap handle to one device. Work is recorded with [`Gpu::launch`] and runs at a readback, after so many
//! dispatches, or at [`Gpu::flush`]. An error on the way (a limit exceeded, memory used up, a device lost) is *sticky*: it is kept,
//! later launches do nothing, and the next [`Gpu::check`], flush or readback returns it. So operations need no `Result` of their own.
//!
//! Kernels are launched on [`View`]s of buffers; what a tensor is, the room above knows.

pub mod adapters;
pub mod capabilities;
pub mod environment;
mod failure;
mod instruments;
pub mod launch;
pub mod matrix_units;
pub mod pipeline;
mod pool;
mod probe;
pub mod profile;
mod readback;
mod stream;
pub mod tuning;

use std::sync::{Arc, Mutex, MutexGuard};

pub use adapters::Adapters;
pub use capabilities::Capabilities;
pub use launch::{Bind, Grid, Launch, View};
pub use matrix_units::MatrixUnits;
pub use pool::Storage;
pub use stream::Counters;
pub use tuning::{Products, Tuning};

use crate::error::{Error, Result};
use failure::Failure;
use pipeline::Pipelines;
use pool::Pool;
use stream::Stream;
use tuning::Choice;

/// A handle to one device, its pipelines, buffers and recorder. Clones share all of it.
#[derive(Clone)]
pub struct Gpu {
    shared: Arc<Shared>,
}

struct Shared {
    device: wgpu::Device,
    queue: wgpu::Queue,
    capabilities: Capabilities,
    tuning: Tuning,
    pool: Arc<Pool>,
    pipelines: Mutex<Pipelines>,
    stream: Mutex<Stream>,
    failure: Failure,
}

/// A mutex poisoned by a panicking test thread is still good: every critical section leaves its value consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Gpu {
    /// Opens the adapter that `wanted` names (see [`Adapters::choose`]), or the best one, with the tuning that
    /// [`tuning::TUNING_VARIABLE`] chooses, or the one for the adapter.
    ///
    /// # Errors
    /// No adapter, an unknown name, an adapter without the features that every kernel needs, a tuning that it cannot run.
    pub fn open(wanted: Option<&str>) -> Result<Self> {
        let choice = Choice::from_environment()?;
        Self::open_tuned(wanted, choice.may_use_matrix_units(), |capabilities| choice.tuning(capabilities))
    }

    /// The same with a tuning made by the caller; `matrix_units`, after trying the adapter's matrix units if it has some.
    ///
    /// # Errors
    /// As [`Gpu::open`], and those of `tuning`.
    pub fn open_tuned(
        wanted: Option<&str>,
        matrix_units: bool,
        tuning: impl FnOnce(&Capabilities) -> Result<Tuning>,
    ) -> Result<Self> {
        let chosen = Adapters::list().choose(wanted)?;
        let (device, queue) = chosen.request_device(matrix_units)?;
        let mut capabilities = Capabilities::of(&chosen, &device);
        if let Some(units) = capabilities.matrix {
            let untried = Self::over(
                device.clone(),
                queue.clone(),
                capabilities.clone(),
                Tuning::gpu(None).within(&capabilities),
            );
            if let Err(reason) = probe::multiplies(&untried, units) {
                capabilities.matrix = None;
                capabilities.notes.push(format!("matrix units are not used: {} {reason}", capabilities.name));
            }
        }
        let tuning = tuning(&capabilities)?.within(&capabilities);
        tuning.check(&capabilities)?;
        Ok(Self::over(device, queue, capabilities, tuning))
    }

    fn over(device: wgpu::Device, queue: wgpu::Queue, capabilities: Capabilities, tuning: Tuning) -> Self {
        let failure = Failure::default();
        failure.watch(&device);
        let pool = Arc::new(Pool::new(device.clone(), capabilities.largest_buffer, failure.clone()));
        let stream = Stream::new(device.clone(), queue.clone(), capabilities.timestamps, tuning.submit_every);
        let (pipelines, stream) = (Mutex::default(), Mutex::new(stream));
        Self { shared: Arc::new(Shared { device, queue, capabilities, tuning, pool, pipelines, stream, failure }) }
    }

    /// What the adapter can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.shared.capabilities
    }

    /// The choices that follow from it.
    pub fn tuning(&self) -> &Tuning {
        &self.shared.tuning
    }

    /// A buffer of at least `bytes` bytes from the pool, with undefined contents.
    pub fn storage(&self, bytes: u64) -> Arc<Storage> {
        let storage = Pool::take(&self.shared.pool, bytes);
        if self.shared.pool.poisoned() {
            // All bits set are a NaN in f32 and in f16.
            self.write(&storage, 0, &vec![0xff; storage.buffer().size() as usize]);
        }
        storage
    }

    /// Refuses a tensor that could never be allocated, before its values are made on the host.
    ///
    /// # Errors
    /// More elements of four bytes than the adapter's largest buffer holds.
    pub fn check_buffer(&self, elements: usize) -> Result<()> {
        self.shared.pool.fits(4 * elements as u64).map_err(Error::Device)
    }

    /// Refuses a tensor that no kernel could bind whole, before its values are made on the host.
    ///
    /// # Errors
    /// More elements of four bytes than the adapter's largest binding holds; `who` needs them.
    pub fn check_binding(&self, who: &str, elements: usize) -> Result<()> {
        self.binds(who, 4 * elements as u64).map_err(Error::Device)
    }

    /// Records one dispatch.
    #[track_caller]
    pub fn launch<B: Bind>(&self, launch: &Launch<'_, B>) {
        let Launch { kernel, constants, params, bindings, grid } = *launch;
        if self.failed() || grid.is_empty() {
            return;
        }
        let views: Vec<View<'_>> = bindings.iter().map(|binding| binding.bound()).collect();
        if let Err(reason) = views.iter().try_for_each(|view| self.binds(kernel.name, view.bytes)) {
            return self.shared.failure.keep(reason);
        }
        let compiled = lock(&self.shared.pipelines).get(&self.shared.device, kernel, constants, params.len(), &views);
        lock(&self.shared.stream).dispatch(&compiled, params, &views, grid.folded(self.shared.tuning.fold));
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

    /// Writes host bytes into a buffer. Recorded work is submitted first, since the write would overtake it.
    pub(crate) fn write(&self, storage: &Storage, offset: u64, bytes: &[u8]) {
        if !self.failed() {
            lock(&self.shared.stream).submit();
            self.shared.queue.write_buffer(storage.buffer(), offset, bytes);
        }
    }

    /// Runs the recorded work and reads `bytes` bytes back.
    ///
    /// # Errors
    /// The first failure since the last one reported.
    pub(crate) fn read(&self, storage: &Storage, offset: u64, bytes: u64) -> Result<Vec<u8>> {
        self.check()?;
        let data = lock(&self.shared.stream).read(storage, offset, bytes);
        self.check()?;
        data
    }

    /// Submits the recorded work, without waiting for it.
    ///
    /// # Errors
    /// The first failure since the last one reported.
    pub fn flush(&self) -> Result<()> {
        lock(&self.shared.stream).submit();
        self.check()
    }

    /// Submits the recorded work and waits until it has run.
    ///
    /// # Errors
    /// The first failure since the last one reported.
    pub fn wait(&self) -> Result<()> {
        lock(&self.shared.stream).submit();
        let waited = self.shared.device.poll(wgpu::PollType::wait_indefinitely());
        self.check()?;
        waited.map(drop).map_err(|error| Error::device(format!("waiting for the device failed: {error}")))
    }

    /// Returns a failure that happened since the last call, and forgets it.
    ///
    /// # Errors
    /// That failure.
    pub fn check(&self) -> Result<()> {
        self.shared.failure.take().map_or(Ok(()), |message| Err(Error::Device(message)))
    }

    fn failed(&self) -> bool {
        self.shared.failure.is_kept()
    }
}
