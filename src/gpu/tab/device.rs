//! A handle to the page's device.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::page;
use super::pool::{Pool, Storage};
use super::tape::{Tape, Wanted};
use crate::dtype::Dtype;
use crate::error::{Error, Result};
use crate::gpu::lock::lock;
use crate::gpu::size_class::bound;
use crate::gpu::{Bind, Capabilities, Launch, Tuning, View};
use crate::shader::{Constants, Kernel};

/// Most bytes of a buffer and of a binding that every implementation of WebGPU has.
const LARGEST: u64 = 128 << 20;
/// Workgroup memory and invocations, likewise.
const WORKGROUP_MEMORY: usize = 16 << 10;
const INVOCATIONS: usize = 256;

/// A handle to the page's device. Clones share it.
#[derive(Clone)]
pub struct Gpu {
    shared: Arc<Shared>,
}

struct Shared {
    capabilities: Capabilities,
    tuning: Tuning,
    pool: Arc<Pool>,
    kernels: Mutex<HashMap<String, u32>>,
    tape: Mutex<Tape>,
}

impl Gpu {
    /// The device of the page, which names it.
    pub fn of_page(name: &str) -> Self {
        let capabilities = Capabilities {
            name: name.to_owned(),
            software: false,
            subgroup_size: None,
            mesa: None,
            int64: false,
            immediates: false,
            f16: false,
            matrix: None,
            timestamps: false,
            largest_binding: LARGEST,
            largest_buffer: 2 * LARGEST,
            workgroup_memory: WORKGROUP_MEMORY,
            invocations: INVOCATIONS,
            notes: Vec::new(),
        };
        let tuning = Tuning::of(&capabilities).within(&capabilities);
        let (pool, kernels, tape) = (Arc::default(), Mutex::default(), Mutex::default());
        Self { shared: Arc::new(Shared { capabilities, tuning, pool, kernels, tape }) }
    }

    /// Begins a run that may be repeated.
    pub fn begin(&self) {
        *lock(&self.shared.tape) = Tape::default();
        self.shared.pool.begin();
    }

    /// Goes back to the beginning of the run, once all its tensors are dropped.
    pub fn rewind(&self) {
        lock(&self.shared.tape).rewind();
        self.shared.pool.rewind();
    }

    /// The readback that the run ended at.
    pub fn wanted(&self) -> Option<Wanted> {
        lock(&self.shared.tape).wanted()
    }

    /// Keeps the values of that readback.
    pub fn answer(&self, values: Vec<u8>) {
        lock(&self.shared.tape).answer(values);
    }

    /// Tells the page that so many steps of all are recorded.
    pub fn mark(&self, done: usize, all: usize) {
        if self.is_new(&("mark", done, all)) {
            page::mark(done as u32, all as u32);
        }
    }

    /// Gives the page what a preview shows, as JSON.
    pub fn preview(&self, json: &[u8]) {
        if self.is_new(&("preview", json)) {
            page::show(json);
        }
    }

    /// What every adapter of a browser can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.shared.capabilities
    }

    /// The choices that follow from it.
    pub fn tuning(&self) -> &Tuning {
        &self.shared.tuning
    }

    /// A buffer of at least `bytes` bytes.
    pub fn storage(&self, bytes: u64) -> Arc<Storage> {
        Pool::take(&self.shared.pool, bytes)
    }

    /// Gives the memory of free buffers back.
    pub fn trim(&self) {}

    /// Gives the memory of free buffers back, after a run that is not repeated.
    pub fn end(&self) {
        self.shared.pool.trim();
    }

    /// Refuses a tensor that could never be allocated.
    ///
    /// # Errors
    /// More elements of four bytes than the largest buffer holds.
    pub fn check_buffer(&self, elements: usize) -> Result<()> {
        self.check_binding("the network", elements)
    }

    /// Refuses a tensor that no kernel could bind whole.
    ///
    /// # Errors
    /// More elements of four bytes than the largest binding holds; names `who` needs them.
    pub fn check_binding(&self, who: &str, elements: usize) -> Result<()> {
        let bytes = 4 * elements as u64;
        if bytes <= LARGEST {
            return Ok(());
        }
        Err(Error::device(format!("{who} needs a tensor of {bytes} bytes, but browsers bind at most {LARGEST}")))
    }

    /// Records one dispatch.
    #[track_caller]
    pub fn launch<B: Bind>(&self, launch: &Launch<'_, B>) {
        let Launch { kernel, constants, params, bindings, grid } = *launch;
        if grid.is_empty() {
            return;
        }
        let views: Vec<View<'_>> = bindings.iter().map(|binding| binding.bound()).collect();
        views.iter().for_each(|view| view.check(kernel.name));
        let folded = grid.folded(kernel.name, self.shared.tuning.fold).unwrap_or_else(|reason| panic!("{reason}"));
        let mut words = vec![self.kernel(kernel, constants, &views)];
        words.extend(folded);
        words.push(views.len() as u32);
        for view in &views {
            words.extend([view.storage.number(), view.offset as u32, bound(view.bytes) as u32]);
        }
        words.extend(params.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])));
        if self.is_new(&words) {
            page::run(&words);
        }
    }

    /// The number of a kernel with constants, for bindings of these element types.
    fn kernel(&self, kernel: &'static Kernel, constants: Constants<'_>, views: &[View<'_>]) -> u32 {
        let stored: Vec<Dtype> = views.iter().map(|view| view.dtype).collect();
        let name = kernel.key(constants, &stored);
        let mut kernels = lock(&self.shared.kernels);
        let next = kernels.len() as u32;
        *kernels.entry(name).or_insert_with_key(|name| {
            page::name_kernel(next, name);
            next
        })
    }

    pub(crate) fn clear(&self, storage: &Storage, offset: u64, bytes: u64) {
        let bytes = bytes.next_multiple_of(4);
        if self.is_new(&("clear", storage.number(), offset, bytes)) {
            page::clear(storage.number(), offset as u32, bytes as u32);
        }
    }

    pub(crate) fn copy(&self, from: (&Storage, u64), to: (&Storage, u64), bytes: u64) {
        let bytes = bytes.next_multiple_of(4);
        let ids = [from, to].map(|(storage, offset)| (storage.number(), offset as u32));
        if self.is_new(&("copy", ids, bytes)) {
            page::copy(ids[0].0, ids[0].1, ids[1].0, ids[1].1, bytes as u32);
        }
    }

    pub(crate) fn write(&self, storage: &Storage, offset: u64, bytes: &[u8]) {
        if self.is_new(&("write", storage.number(), offset, bytes)) {
            page::upload(storage.number(), offset as u32, bytes);
        }
    }

    /// The values of a range.
    ///
    /// # Errors
    /// If they are not there yet: [`Gpu::wanted`] then says which are.
    pub(crate) fn read(&self, storage: &Storage, offset: u64, bytes: u64) -> Result<Vec<u8>> {
        let wanted = Wanted { buffer: storage.number(), offset: offset as u32, bytes: bytes as u32 };
        let values = lock(&self.shared.tape).read(wanted);
        values.ok_or_else(|| Error::device("the values are still being computed"))
    }

    /// Nothing: the page submits.
    ///
    /// # Errors
    /// None.
    pub fn flush(&self) -> Result<()> {
        Ok(())
    }

    /// Nothing: the page waits.
    ///
    /// # Errors
    /// None.
    pub fn wait(&self) -> Result<()> {
        Ok(())
    }

    /// Nothing: the page has the failures.
    ///
    /// # Errors
    /// None.
    pub fn check(&self) -> Result<()> {
        Ok(())
    }

    fn is_new(&self, command: &impl std::hash::Hash) -> bool {
        lock(&self.shared.tape).is_new(command)
    }
}
