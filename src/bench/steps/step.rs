//! A step, and its measurement.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::bench::Effort;
use crate::bench::measure::spread;
use crate::config::Precision;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::gpu::profile::Profile;
use crate::ranks::{Ranks, Traffic};

/// One whole step to be timed.
pub struct Step {
    /// Its name in the PyTorch program.
    pub what: String,
    /// Samples per step.
    pub batch: usize,
    pub(super) prepare: Prepare,
}

/// Builds the network and returns a function that records steps of it in a precision.
pub(super) type Prepare = Box<dyn for<'r> Fn(&Gpu, Precision, &'r Ranks) -> Result<Run<'r>>>;

/// Records step `i`, without waiting for it. With several ranks, a training step waits for the sums of the gradients over all.
pub(super) type Run<'r> = Box<dyn FnMut(u64) -> Result<()> + 'r>;

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
    /// Ranks, each of which computes a step of the batch.
    pub ranks: usize,
    /// Samples per second, of all ranks together.
    pub per_second: f64,
    /// Dispatches of a step.
    pub dispatches: u64,
    /// Command buffers submitted in a step.
    pub submissions: u64,
    /// Bytes that a rank sends to the others in a step.
    pub exchange_bytes: u64,
    /// Time of its exchanges in a step, waiting for the other ranks included.
    pub exchange_ms: f64,
    /// Time of the host for a step, other than submitting, exchanges and waiting.
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

/// Times a step in a precision with an `effort`, and runs it once more for the `profile` if requested. All `ranks` call it.
///
/// # Errors
/// A failure of the device, or a connection that is broken.
pub fn measure_step(
    gpu: &Gpu,
    ranks: &Ranks,
    step: &Step,
    precision: Precision,
    effort: Effort,
    profile: bool,
) -> Result<StepRow> {
    gpu.reset_peak_bytes();
    let mut run = (step.prepare)(gpu, precision, ranks)?;
    gpu.wait()?;
    let mut number = 0;
    let mut timed = || -> Result<Cost> {
        number += 1;
        ranks.take_traffic();
        let (before, start) = (gpu.counters(), Instant::now());
        run(number)?;
        gpu.flush()?;
        let (on_host, after) = (start.elapsed(), gpu.counters());
        gpu.wait()?;
        let submitting = after.submitting - before.submitting;
        let dispatches = after.dispatches - before.dispatches;
        let submissions = after.submissions - before.submissions;
        let exchange = ranks.take_traffic();
        let encoding = on_host.saturating_sub(submitting + exchange.time);
        Ok(Cost { whole: start.elapsed(), encoding, submitting, exchange, dispatches, submissions })
    };
    // The first step compiles pipelines. It is counted only without a warm-up.
    let mut costs = vec![timed()?];
    let begin = Instant::now();
    while ranks.any(costs.len() <= effort.warm_up || effort.warms_up(gpu, begin))? {
        costs.push(timed()?);
    }
    let uncounted = if effort.warm_up > 0 { costs.len() } else { 0 };
    let start = Instant::now();
    while ranks.any(costs.len() < uncounted + effort.runs || start.elapsed() < effort.time)? {
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
        ranks: ranks.size(),
        per_second: (ranks.size() * step.batch) as f64 * 1e3 / ms,
        dispatches: counted[0].dispatches,
        submissions: counted[0].submissions,
        exchange_bytes: counted[0].exchange.bytes,
        exchange_ms: median(|cost| cost.exchange.time).0,
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
    exchange: Traffic,
    dispatches: u64,
    submissions: u64,
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
