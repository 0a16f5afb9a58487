//! Time on the device per kernel, from timestamps around one pass per dispatch.

use std::collections::HashMap;
use std::time::Duration;

use super::readback;

/// Passes that one query set times. Recorded work is submitted when it is full.
const PASSES: u32 = 1024;

/// Time per kernel, longest first.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// Kernel, dispatches, time on the device.
    pub rows: Vec<(&'static str, u64, Duration)>,
}

impl Profile {
    /// Time of all kernels together.
    pub fn total(&self) -> Duration {
        self.rows.iter().map(|row| row.2).sum()
    }
}

impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let total = self.total().as_secs_f64().max(1e-12);
        writeln!(f, "{:<28} {:>10} {:>12} {:>7}", "kernel", "dispatches", "ms", "share")?;
        for (name, count, time) in &self.rows {
            let (ms, share) = (time.as_secs_f64() * 1e3, 100.0 * time.as_secs_f64() / total);
            writeln!(f, "{name:<28} {count:>10} {ms:>12.3} {share:>6.1}%")?;
        }
        Ok(())
    }
}

/// Collects timestamps while a profile is being taken.
pub(super) struct Timer {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    readable: wgpu::Buffer,
    labels: Vec<&'static str>,
    times: HashMap<&'static str, (u64, Duration)>,
}

impl Timer {
    pub fn new(device: &wgpu::Device) -> Self {
        let buffer = |label, usage| {
            let size = u64::from(2 * PASSES) * 8;
            device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false })
        };
        Self {
            queries: device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("timestamps"),
                ty: wgpu::QueryType::Timestamp,
                count: 2 * PASSES,
            }),
            resolved: buffer("timestamps resolved", wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC),
            readable: buffer("timestamps readable", wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ),
            labels: Vec::new(),
            times: HashMap::new(),
        }
    }

    pub fn is_full(&self) -> bool {
        self.labels.len() as u32 >= PASSES
    }

    /// The timestamps of the next pass.
    pub fn next(&mut self, label: &'static str) -> wgpu::ComputePassTimestampWrites<'_> {
        let first = 2 * self.labels.len() as u32;
        self.labels.push(label);
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(first),
            end_of_pass_write_index: Some(first + 1),
        }
    }

    pub fn resolve(&mut self, encoder: &mut wgpu::CommandEncoder) {
        let used = 2 * self.labels.len() as u32;
        if used > 0 {
            encoder.resolve_query_set(&self.queries, 0..used, &self.resolved, 0);
            encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.readable, 0, None);
        }
    }

    pub fn collect(&mut self, device: &wgpu::Device, nanoseconds_per_tick: f32) {
        let labels = std::mem::take(&mut self.labels);
        if labels.is_empty() {
            return;
        }
        let Ok(bytes) = readback::map(device, &self.readable) else { return };
        let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(&bytes);
        for (label, pair) in labels.into_iter().zip(ticks.chunks_exact(2)) {
            let nanoseconds = pair[1].saturating_sub(pair[0]) as f64 * f64::from(nanoseconds_per_tick);
            let (count, time) = self.times.entry(label).or_default();
            *count += 1;
            *time += Duration::from_nanos(nanoseconds as u64);
        }
    }

    pub fn finish(self) -> Profile {
        let mut rows: Vec<_> = self.times.into_iter().map(|(label, (count, time))| (label, count, time)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.2));
        Profile { rows }
    }
}
