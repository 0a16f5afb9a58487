//! Recording: one encoder with one open pass, submitted after an amount of work, at readbacks and on request.
//!
//! Uploads are copies from a staging buffer in the order of all commands. Nothing here waits for the device, except a profile: threads
//! share the recorder.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::pipeline::{BindGroups, Compiled};
use super::pool::Storage;
use super::profile::{Profile, Timer};
use super::staging::Staging;
use super::uniforms::Uniforms;
use crate::gpu::launch::View;
use crate::gpu::size_class::ALIGNMENT;
use crate::gpu::work::SUBMISSION;
use crate::shader::ParamsSpace;
use crate::shader::params_space::UNIFORM_GROUP;

/// Work recorded since the device was opened.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counters {
    /// Dispatches.
    pub dispatches: u64,
    /// Command buffers submitted.
    pub submissions: u64,
    /// Bytes uploaded.
    pub uploaded: u64,
    /// Most work of one submission, as estimated in [`work`](crate::gpu::work).
    pub largest_submission: u64,
    /// Most work of one dispatch.
    pub largest_dispatch: u64,
    /// Time spent submitting. Software Vulkan runs part of the work, or all of it, before it returns.
    pub submitting: Duration,
    /// Bind groups that are kept for later launches with the same bindings.
    pub bind_groups: usize,
}

/// Most submissions that run or wait on the device.
const IN_FLIGHT: usize = 4;
/// Most dispatches of a submission: it bounds the memory of recorded commands.
const DISPATCHES: usize = 4096;
/// Most bytes of the uploads of a submission. A larger upload is written by the queue, between two submissions.
const UPLOADS: usize = 8 << 20;

/// A dispatch to be recorded.
pub(super) struct Dispatch<'a> {
    pub compiled: &'a Compiled,
    pub params: &'a [u8],
    pub views: &'a [View<'a>],
    pub grid: [u32; 3],
    /// Its estimated work.
    pub work: u64,
}

/// The recorder of one device.
pub(super) struct Stream {
    device: wgpu::Device,
    queue: wgpu::Queue,
    // Declared before the encoder: a pass must end before its encoder is dropped.
    pass: Option<wgpu::ComputePass<'static>>,
    encoder: Option<wgpu::CommandEncoder>,
    recorded: usize,
    /// Work of the recorded dispatches.
    work: u64,
    /// Submissions that may still run, oldest first.
    in_flight: VecDeque<wgpu::SubmissionIndex>,
    bind_groups: BindGroups,
    counters: Counters,
    timestamps: bool,
    timer: Option<Timer>,
    uploads: Staging,
    /// Where `Params` are, of a device whose kernels read them from there.
    uniforms: Option<Uniforms>,
}

impl Stream {
    pub fn new(device: wgpu::Device, queue: wgpu::Queue, timestamps: bool, params: ParamsSpace) -> Self {
        Self {
            uploads: Staging::new(&device, "uploads", wgpu::BufferUsages::COPY_SRC, UPLOADS, ALIGNMENT as usize),
            uniforms: (params == ParamsSpace::Uniform).then(|| Uniforms::new(&device, DISPATCHES)),
            device,
            queue,
            pass: None,
            encoder: None,
            recorded: 0,
            work: 0,
            in_flight: VecDeque::new(),
            bind_groups: BindGroups::default(),
            counters: Counters::default(),
            timestamps,
            timer: None,
        }
    }

    pub fn dispatch(&mut self, dispatch: &Dispatch<'_>) {
        let &Dispatch { compiled, params, views, grid: [x, y, z], work } = dispatch;
        if self.work + work > SUBMISSION {
            self.submit();
        }
        if self.timer.is_some() {
            self.pass = None;
        }
        self.open_pass(compiled.name);
        let group = self.bind_groups.get(&self.device, compiled, views);
        let pass = self.pass.as_mut().expect("a pass was opened");
        pass.set_pipeline(&compiled.pipeline);
        pass.set_bind_group(0, group, &[]);
        match &mut self.uniforms {
            _ if params.is_empty() => {}
            Some(uniforms) => {
                let (group, offset) = uniforms.push(params);
                pass.set_bind_group(UNIFORM_GROUP, group, &[offset]);
            }
            None => pass.set_immediates(0, params),
        }
        pass.dispatch_workgroups(x, y, z);
        self.recorded += 1;
        self.work += work;
        self.counters.dispatches += 1;
        self.counters.largest_dispatch = self.counters.largest_dispatch.max(work);
        if self.recorded >= DISPATCHES || self.timer.as_ref().is_some_and(Timer::is_full) {
            self.submit();
        }
    }

    fn open_pass(&mut self, label: &'static str) {
        if self.pass.is_some() {
            return;
        }
        let timestamp_writes = self.timer.as_mut().map(|timer| timer.next(label));
        let encoder = self.encoder.get_or_insert_with(|| self.device.create_command_encoder(&Default::default()));
        let descriptor = wgpu::ComputePassDescriptor { label: None, timestamp_writes };
        self.pass = Some(encoder.begin_compute_pass(&descriptor).forget_lifetime());
    }

    /// The encoder, between passes.
    fn encoder(&mut self) -> &mut wgpu::CommandEncoder {
        self.pass = None;
        self.encoder.get_or_insert_with(|| self.device.create_command_encoder(&Default::default()))
    }

    pub fn clear(&mut self, storage: &Storage, offset: u64, bytes: u64) {
        self.encoder().clear_buffer(storage.buffer(), offset, Some(bytes.next_multiple_of(4)));
    }

    pub fn copy(&mut self, from: (&Storage, u64), to: (&Storage, u64), bytes: u64) {
        self.encoder().copy_buffer_to_buffer(
            from.0.buffer(),
            from.1,
            to.0.buffer(),
            to.1,
            Some(bytes.next_multiple_of(4)),
        );
    }

    /// Writes host bytes, a multiple of four.
    pub fn write(&mut self, storage: &Storage, offset: u64, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.counters.uploaded += bytes.len() as u64;
        if bytes.len() > UPLOADS {
            self.submit();
            return self.queue.write_buffer(storage.buffer(), offset, bytes);
        }
        if !self.uploads.fits(bytes.len()) {
            self.submit();
        }
        let from = self.uploads.push(bytes);
        let uploads = self.uploads.buffer().clone();
        self.encoder().copy_buffer_to_buffer(&uploads, from, storage.buffer(), offset, Some(bytes.len() as u64));
    }

    pub fn submit(&mut self) {
        self.pass = None;
        self.recorded = 0;
        let work = std::mem::take(&mut self.work);
        self.counters.largest_submission = self.counters.largest_submission.max(work);
        let Some(mut encoder) = self.encoder.take() else { return };
        if let Some(timer) = &mut self.timer {
            timer.resolve(&mut encoder);
        }
        let commands = encoder.finish();
        let start = Instant::now();
        self.uploads.write(&self.queue);
        if let Some(uniforms) = &mut self.uniforms {
            uniforms.write(&self.queue);
        }
        self.in_flight.push_back(self.queue.submit([commands]));
        self.counters.submitting += start.elapsed();
        self.counters.submissions += 1;
        if let Some(timer) = &mut self.timer {
            timer.collect(&self.device, self.queue.get_timestamp_period());
        }
    }

    /// The submission to wait for if too many are in flight, so that the host does not run far ahead of the device.
    pub fn overdue(&mut self) -> Option<wgpu::SubmissionIndex> {
        let overdue = self.in_flight.len().saturating_sub(IN_FLIGHT);
        self.in_flight.drain(..overdue).next_back()
    }

    /// Runs the recorded work, and copies `bytes` bytes, a multiple of four, of each of several buffers one after another to a buffer
    /// that can be mapped after the submission.
    pub fn copy_out(
        &mut self,
        ranges: &[(wgpu::Buffer, u64)],
        bytes: u64,
    ) -> (wgpu::Buffer, Option<wgpu::SubmissionIndex>) {
        let staging = self.readable(bytes * ranges.len() as u64);
        for (place, (buffer, offset)) in ranges.iter().enumerate() {
            self.encoder().copy_buffer_to_buffer(buffer, *offset, &staging, bytes * place as u64, Some(bytes));
        }
        self.submit();
        (staging, self.in_flight.back().cloned())
    }

    fn readable(&self, size: u64) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("readback"),
            size,
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        })
    }

    /// Bind groups keep the buffers that they bind.
    pub fn drop_bind_groups(&mut self) {
        self.bind_groups = BindGroups::default();
    }

    pub fn start_profile(&mut self) {
        self.submit();
        self.timer = self.timestamps.then(|| Timer::new(&self.device));
    }

    pub fn finish_profile(&mut self) -> Profile {
        self.submit();
        self.timer.take().map(Timer::finish).unwrap_or_default()
    }

    pub fn counters(&self) -> Counters {
        Counters { bind_groups: self.bind_groups.len(), ..self.counters }
    }
}
