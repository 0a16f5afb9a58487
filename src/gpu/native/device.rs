//! A handle to one device: recording, readback, sticky failures.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::failure::Failure;
use super::pipeline::{self, Pipelines, Variant};
use super::pool::{Pool, Storage};
use super::recorder::{Command, Range, Recorder};
use super::slow::{SlowCompiling, Tell};
use super::stream::{Dispatch, Stream};
use crate::error::{Error, Result};
use crate::gpu::capabilities::Capabilities;
use crate::gpu::launch::{Bind, Launch, View};
use crate::gpu::lock::lock;
use crate::gpu::tuning::Tuning;
use crate::gpu::work;

/// A handle to one device, its pipelines, buffers and recorder. Clones share all of it.
#[derive(Clone)]
pub struct Gpu {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) device: wgpu::Device,
    capabilities: Capabilities,
    tuning: Tuning,
    pub(super) pool: Arc<Pool>,
    pub(super) pipelines: Mutex<Pipelines>,
    pub(super) stream: Mutex<Stream>,
    pub(super) failure: Failure,
    pub(super) recorder: Recorder,
    pub(super) slow: SlowCompiling,
}

impl Gpu {
    pub(super) fn over(device: wgpu::Device, queue: wgpu::Queue, capabilities: Capabilities, tuning: Tuning) -> Self {
        let failure = Failure::default();
        failure.watch(&device);
        let pool = Arc::new(Pool::new(device.clone(), capabilities.largest_buffer));
        let stream = Stream::new(device.clone(), queue, capabilities.timestamps, tuning.params);
        let pipelines = Mutex::new(Pipelines::new(tuning.params, tuning.pairs));
        let stream = Mutex::new(stream);
        let recorder = Recorder::default();
        let shared = Shared {
            device,
            capabilities,
            tuning,
            pool,
            pipelines,
            stream,
            failure,
            recorder,
            slow: SlowCompiling::default(),
        };
        let gpu = Self { shared: Arc::new(shared) };
        if pipeline::checked() {
            gpu.check_kernels();
        }
        gpu
    }

    /// What the adapter can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.shared.capabilities
    }

    /// The choices that follow from it.
    pub fn tuning(&self) -> &Tuning {
        &self.shared.tuning
    }

    /// A buffer of at least `bytes` bytes from the pool, with undefined contents. More than the adapter's limit or its memory is a
    /// sticky failure.
    pub fn storage(&self, bytes: u64) -> Arc<Storage> {
        let Shared { pool, failure, .. } = &*self.shared;
        if let Err(reason) = pool.fits(bytes) {
            failure.keep(reason);
            return Pool::stand_in(pool);
        }
        let taken = Pool::take(pool, bytes).or_else(|| {
            self.trim();
            Pool::take(pool, bytes)
        });
        let Some(storage) = taken else {
            failure.keep(pool.out_of_memory(bytes));
            return Pool::stand_in(pool);
        };
        if pool.poisoned() {
            // All bits set are a NaN in f32 and in f16.
            self.write(&storage, 0, &vec![0xff; storage.buffer().size() as usize]);
        }
        self.write_guard(&storage);
        storage
    }

    /// Gives the memory of free buffers back to the device: between phases of a program that need tensors of other sizes, and by
    /// itself when memory is used up. Waits for the recorded work.
    pub fn trim(&self) {
        self.record(|stream| {
            // Free buffers may be bound to recorded commands, but not to later ones while the recorder is locked.
            stream.submit();
            stream.drop_bind_groups();
            self.shared.pool.trim();
        });
        // A lost device is a failure that is kept already.
        let _ = self.shared.device.poll(wgpu::PollType::wait_indefinitely());
    }

    /// Records commands, then waits if the device is far behind. Others can record during the wait.
    pub(super) fn record<T>(&self, commands: impl FnOnce(&mut Stream) -> T) -> T {
        let (result, overdue) = {
            let mut stream = lock(&self.shared.stream);
            (commands(&mut stream), stream.overdue())
        };
        if overdue.is_some() {
            // A lost device is a failure that is kept already.
            let _ = self.shared.device.poll(wgpu::PollType::Wait { submission_index: overdue, timeout: None });
        }
        result
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
    /// More elements of four bytes than the adapter's largest binding holds; names `who` needs them.
    pub fn check_binding(&self, who: &str, elements: usize) -> Result<()> {
        self.binds(who, 4 * elements as u64).map_err(Error::Device)
    }

    /// Records one dispatch. An operand larger than the adapter's largest binding, a grid larger than it runs, and loops that software
    /// Vulkan would leave early are sticky failures.
    ///
    /// # Panics
    /// An operand without elements: there is no empty batch. A view that does not begin on a multiple of 256 bytes.
    #[track_caller]
    pub fn launch<B: Bind>(&self, launch: &Launch<'_, B>) {
        let Launch { kernel, constants, params, bindings, grid } = *launch;
        if self.failed() {
            return;
        }
        let views: Vec<View<'_>> = bindings.iter().map(|binding| binding.bound()).collect();
        views.iter().for_each(|view| view.check(kernel.name));
        if grid.is_empty() {
            return;
        }
        let bound = views.iter().try_for_each(|view| self.binds(kernel.name, view.bytes));
        let checked = bound
            .and_then(|()| grid.check_turns(kernel.name, self.capabilities().software))
            .and_then(|()| grid.folded(kernel.name, self.shared.tuning.fold));
        let folded = match checked {
            Ok(folded) => folded,
            Err(reason) => return self.shared.failure.keep(reason),
        };
        let compiled = lock(&self.shared.pipelines).get(&self.shared.device, kernel, constants, params.len(), &views);
        let work = work::of_dispatch(grid.flop(), views.iter().map(|view| view.bytes).sum());
        let turns = grid.turns();
        self.shared.recorder.record(|| Command::Dispatch {
            variant: Variant::of(kernel, constants, &views, self.shared.tuning.params),
            params: params.to_vec(),
            bindings: views.iter().map(Range::from).collect(),
            grid: folded,
            turns,
        });
        self.record(|stream| {
            stream.dispatch(&Dispatch { compiled: &compiled, params, views: &views, grid: folded, work });
        });
    }

    fn binds(&self, who: &str, bytes: u64) -> Result<(), String> {
        let largest = self.shared.capabilities.largest_binding;
        if bytes <= largest {
            return Ok(());
        }
        Err(format!(
            "{who} needs a tensor of {bytes} bytes, but the adapter binds at most {largest}; lower train.batch or the network's width"
        ))
    }

    /// Sets a range of a buffer to zero, in order with the recorded dispatches.
    pub(crate) fn clear(&self, storage: &Storage, offset: u64, bytes: u64) {
        if !self.failed() {
            self.shared.recorder.record(|| Command::Clear(Range { buffer: storage.id(), offset, bytes }));
            self.record(|stream| stream.clear(storage, offset, bytes));
        }
    }

    /// Copies between buffers, in order with the recorded dispatches.
    pub(crate) fn copy(&self, from: (&Storage, u64), to: (&Storage, u64), bytes: u64) {
        if !self.failed() {
            self.shared.recorder.record(|| {
                let [from, to] = [from, to].map(|(storage, offset)| Range { buffer: storage.id(), offset, bytes });
                Command::Copy(from, to)
            });
            self.record(|stream| stream.copy(from, to, bytes));
        }
    }

    /// Writes host bytes into a buffer, in order with the recorded dispatches.
    pub(crate) fn write(&self, storage: &Storage, offset: u64, bytes: &[u8]) {
        if !self.failed() {
            let range = Range { buffer: storage.id(), offset, bytes: bytes.len() as u64 };
            self.shared.recorder.record(|| Command::Write(range, bytes.to_vec()));
            self.record(|stream| stream.write(storage, offset, bytes));
        }
    }

    /// Runs the recorded work and reads `bytes` bytes back.
    ///
    /// # Errors
    /// The first failure of the device.
    pub(crate) fn read(&self, storage: &Storage, offset: u64, bytes: u64) -> Result<Vec<u8>> {
        self.check()?;
        if bytes == 0 {
            return Ok(Vec::new());
        }
        let mut data = self.telling(|| self.read_later(storage, offset, bytes.next_multiple_of(4)).wait())?;
        data.truncate(bytes as usize);
        self.check_indices()?;
        Ok(data)
    }

    /// Tells the user if a wait for kernels that run for the first time is long.
    pub fn tell_of_slow_compiling(&self, tell: Tell) {
        self.shared.slow.tell(tell);
    }

    /// Waits for the device, by `wait`.
    fn telling<T>(&self, wait: impl FnOnce() -> T) -> T {
        let compiled = std::mem::take(&mut lock(&self.shared.pipelines).compiled_since);
        if compiled { self.shared.slow.during(&self.capabilities().name, wait) } else { wait() }
    }

    /// Submits the recorded work, without waiting for it.
    ///
    /// # Errors
    /// The first failure of the device.
    pub fn flush(&self) -> Result<()> {
        self.record(Stream::submit);
        self.check()
    }

    /// Submits the recorded work and waits until it has run.
    ///
    /// # Errors
    /// The first failure of the device.
    pub fn wait(&self) -> Result<()> {
        self.record(Stream::submit);
        let waited = self.telling(|| self.shared.device.poll(wgpu::PollType::wait_indefinitely()));
        self.check()?;
        waited.map(drop).map_err(|error| Error::device(format!("waiting for the device failed: {error}")))
    }

    /// Whether the submitted work ends within a time.
    pub(super) fn finishes_within(&self, time: Duration) -> bool {
        self.shared.device.poll(wgpu::PollType::Wait { submission_index: None, timeout: Some(time) }).is_ok()
    }

    /// Returns the first failure of the device, if there is one.
    ///
    /// # Errors
    /// That failure.
    pub fn check(&self) -> Result<()> {
        self.shared.failure.get().map_or(Ok(()), |message| Err(Error::Device(message)))
    }

    fn failed(&self) -> bool {
        self.shared.failure.is_kept()
    }
}
