//! Checks a case, then times it on the device.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::case::Case;
use crate::error::Result;
use crate::gpu::{Gpu, Products};
use crate::tensor::Tensor;

/// How long a case is timed.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Fewest runs that are not counted.
    pub warm_up: usize,
    /// Shortest total time of the uncounted runs on a GPU, whose clock rises from idle over some tenths of a second.
    pub warm_up_time: Duration,
    /// Fewest runs that are counted.
    pub runs: usize,
    /// Shortest total time of the counted runs: more are added until it is reached.
    pub time: Duration,
    /// Cases of more floating-point operations than this are not checked, because their references are slow.
    pub checked_flop: f64,
}

impl Effort {
    /// For published numbers.
    pub const FULL: Self = Self {
        warm_up: 2,
        warm_up_time: Duration::from_millis(250),
        runs: 7,
        time: Duration::from_millis(400),
        checked_flop: f64::INFINITY,
    };
    /// For whole steps, which may take seconds each.
    pub const FULL_STEPS: Self =
        Self { warm_up: 1, warm_up_time: Duration::from_secs(1), runs: 3, time: Duration::from_secs(2), ..Self::FULL };
    /// To check that everything runs.
    pub const QUICK: Self =
        Self { warm_up: 0, warm_up_time: Duration::ZERO, runs: 1, time: Duration::ZERO, checked_flop: 1e7 };
}

impl Effort {
    /// Whether uncounted runs that began at `begin` have to go on.
    pub(super) fn warms_up(&self, gpu: &Gpu, begin: Instant) -> bool {
        !gpu.capabilities().software && begin.elapsed() < self.warm_up_time
    }
}

/// Throughput of one kernel on one shape: a row of `bench --json`.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The kernel's name.
    pub kernel: String,
    /// The shape; the peer's name for the case if it has one.
    pub case: String,
    /// The format in which its tensors of floats are stored.
    pub precision: &'static str,
    /// Whether the kernel agrees with its reference; `None` if it was not checked.
    pub pass: Option<bool>,
    /// Median time on the device.
    pub ms: f64,
    /// Half the distance between the first and third quartile.
    pub spread_ms: f64,
    /// The shortest wall-clock time, from the start of recording to the end of execution, as peer programs report it.
    pub best_wall_ms: f64,
    /// Floating-point operations per second, in units of 1e9.
    pub gflops: f64,
    /// The case's fewest bytes per second, in units of 1e9.
    pub gbytes_per_s: f64,
    /// The adapter's name.
    pub adapter: String,
    /// The variant of the matrix-product kernels.
    pub body: &'static str,
    /// Rows and columns of C per workgroup, as `128x64`, if it is a matrix-product kernel.
    pub tile: Option<String>,
}

/// Checks a case if it has a reference, then times it: by timestamps if the device has them, else by the clock.
///
/// # Errors
/// A failure of the device.
pub fn measure(gpu: &Gpu, case: &Case, effort: Effort) -> Result<Row> {
    let outcome = if case.flop <= effort.checked_flop { case.check(gpu)? } else { None };
    let inputs: Vec<Tensor> = case.inputs.iter().map(|input| input.upload(gpu)).collect();
    let (begin, mut runs) = (Instant::now(), 0);
    while runs < effort.warm_up || effort.warms_up(gpu, begin) {
        drop((case.run)(gpu, &inputs));
        gpu.wait()?;
        runs += 1;
    }
    let (start, mut times) = (Instant::now(), Vec::new());
    while times.len() < effort.runs || start.elapsed() < effort.time {
        times.push(time_once(gpu, case, &inputs)?.as_secs_f64() * 1e3);
    }
    let mut best_wall = Duration::MAX;
    for _ in 0..effort.runs {
        best_wall = best_wall.min(time_by_clock(gpu, case, &inputs)?);
    }
    let (ms, spread_ms) = spread(times);
    let capabilities = gpu.capabilities();
    Ok(Row {
        kernel: case.kernel.to_owned(),
        case: case.shape.clone(),
        precision: case.precision().name(),
        pass: outcome.map(|outcome| outcome.passed()),
        ms,
        spread_ms,
        best_wall_ms: best_wall.as_secs_f64() * 1e3,
        gflops: case.flop / ms / 1e6,
        gbytes_per_s: case.bytes / ms / 1e6,
        adapter: capabilities.name.clone(),
        body: products(gpu, case.kernel),
        tile: tile(gpu, case.kernel),
    })
}

/// The product variant of a kernel's last launch, which on matrix units depends on the operands; else the device's.
fn products(gpu: &Gpu, kernel: &str) -> &'static str {
    let products = gpu.tuning().products;
    let constants = gpu.latest_constants(kernel).unwrap_or_default();
    let tiled = matches!(products, Products::Matrix(_)) && constants.contains(&("matrix", 0));
    if tiled { Products::Tile.name() } else { products.name() }
}

/// The tile of a matrix-product kernel's last launch.
fn tile(gpu: &Gpu, kernel: &str) -> Option<String> {
    let constants = gpu.latest_constants(kernel)?;
    let side = |wanted| constants.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    Some(format!("{}x{}", side("rows")?, side("columns")?))
}

/// Median of at least one time, and half the distance between the first and third quartile.
pub(super) fn spread(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    let quantile = |q: f64| times[((times.len() - 1) as f64 * q).round() as usize];
    (quantile(0.5), (quantile(0.75) - quantile(0.25)) / 2.0)
}

fn time_once(gpu: &Gpu, case: &Case, inputs: &[Tensor]) -> Result<Duration> {
    if gpu.capabilities().timestamps {
        gpu.start_profile();
        drop((case.run)(gpu, inputs));
        let profile = gpu.finish_profile();
        gpu.check()?;
        return Ok(profile.total());
    }
    time_by_clock(gpu, case, inputs)
}

fn time_by_clock(gpu: &Gpu, case: &Case, inputs: &[Tensor]) -> Result<Duration> {
    let start = Instant::now();
    drop((case.run)(gpu, inputs));
    gpu.wait()?;
    Ok(start.elapsed())
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn median_and_quartiles_match_hand_computation() {
        assert_eq!(spread(vec![5.0, 1.0, 2.0, 4.0, 3.0]), (3.0, 1.0));
        assert_eq!(spread(vec![7.0]), (7.0, 0.0));
    }
}
