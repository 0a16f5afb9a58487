//! A step, and its measurement.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::bench::Effort;
use crate::bench::measure::spread;
use crate::config::Precision;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::gpu::profile::Profile;

/// One whole step to be timed.
pub struct Step {
    /// Its name in the PyTorch program.
    pub what: String,
    /// Samples per step.
    pub batch: usize,
    pub(super) prepare: Prepare,
}

/// Builds the network and returns a function that records step `i` of it in a precision, without waiting for it.
pub(super) type Prepare = Box<dyn Fn(&Gpu, Precision) -> Result<Box<dyn FnMut(u64)>>>;

/// The cost of a whole step: a row of `bench --steps --json`.
#[derive(Debug, Clone, Serialize)]
pub struct StepRow {
    /// The step.
    pub what: String,
    /// Samples per step.
    pub batch: usize,
    /// The format in which activations are stored.
    pub precision: Precision,
    /// Time of the first step, in which pipelines are compiled.
    pub first_ms: f64,
    /// Median time of a step, from the start of recording to the end of execution.
    pub ms: f64,
    /// Half the distance between the first and third quartile.
    pub spread_ms: f64,
    /// Samples per second.
    pub per_second: f64,
    /// Dispatches of a step.
    pub dispatches: u64,
    /// Command buffers submitted in a step.
    pub submissions: u64,
    /// Time of the host for a step, other than submitting and waiting.
    pub encode_ms: f64,
    /// Time spent submitting. Software Vulkan may run much of the step in it.
    pub submit_ms: f64,
    /// Most bytes in use by tensors, including the network's parameters.
    pub peak_bytes: u64,
    /// The adapter's name.
    pub adapter: String,
    /// The variant of the matrix-product kernels.
    pub body: &'static str,
    /// Time on the device per kernel; empty unless requested.
    #[serde(skip)]
    pub profile: Profile,
}

/// Times a step in a precision with an `effort`, and runs it once more for the `profile` if requested.
///
/// # Errors
/// A failure of the device.
pub fn measure_step(gpu: &Gpu, step: &Step, precision: Precision, effort: Effort, profile: bool) -> Result<StepRow> {
    gpu.reset_peak_bytes();
    let mut run = (step.prepare)(gpu, precision)?;
    gpu.wait()?;
    let mut number = 0;
    let mut timed = || -> Result<Cost> {
        number += 1;
        let (before, start) = (gpu.counters(), Instant::now());
        run(number);
        gpu.flush()?;
        let (on_host, after) = (start.elapsed(), gpu.counters());
        gpu.wait()?;
        let submitting = after.submitting - before.submitting;
        let dispatches = after.dispatches - before.dispatches;
        let submissions = after.submissions - before.submissions;
        Ok(Cost { whole: start.elapsed(), encoding: on_host - submitting, submitting, dispatches, submissions })
    };
    // The first step compiles pipelines. It is counted only without a warm-up.
    let mut costs = vec![timed()?];
    let begin = Instant::now();
    while costs.len() <= effort.warm_up || effort.warms_up(gpu, begin) {
        costs.push(timed()?);
    }
    let uncounted = if effort.warm_up > 0 { costs.len() } else { 0 };
    let start = Instant::now();
    while costs.len() < uncounted + effort.runs || start.elapsed() < effort.time {
        costs.push(timed()?);
    }
    if profile {
        gpu.start_profile();
        timed()?;
    }
    let first_ms = milliseconds(costs[0].whole);
    let counted = costs.split_off(uncounted);
    let median = |time: fn(&Cost) -> Duration| spread(counted.iter().map(|cost| milliseconds(time(cost))).collect());
    let (ms, spread_ms) = median(|cost| cost.whole);
    Ok(StepRow {
        what: step.what.clone(),
        batch: step.batch,
        precision,
        first_ms,
        ms,
        spread_ms,
        per_second: step.batch as f64 * 1e3 / ms,
        dispatches: counted[0].dispatches,
        submissions: counted[0].submissions,
        encode_ms: median(|cost| cost.encoding).0,
        submit_ms: median(|cost| cost.submitting).0,
        peak_bytes: gpu.peak_bytes(),
        adapter: gpu.capabilities().name.clone(),
        body: gpu.tuning().products.name(),
        profile: gpu.finish_profile(),
    })
}

/// The cost of one run of a step.
struct Cost {
    whole: Duration,
    encoding: Duration,
    submitting: Duration,
    dispatches: u64,
    submissions: u64,
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
