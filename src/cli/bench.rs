//! `flocoder bench`: times every kernel, or whole steps, on the user's adapter.

use std::process::ExitCode;

use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;

use super::global::{Global, describe, finish};
use super::selftest::matching;
use crate::bench::steps::{self, Step, StepRow, measure_step};
use crate::bench::{Case, Effort, Row, Size, cases, guarded, measure};
use crate::config::Precision;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::ranks::{Ranks, together};
use crate::terminal::{note, print};
use crate::train::run::{Progress, Verbosity};

const EXAMPLES: &str = "Examples:\n  flocoder bench --filter matmul\n  flocoder bench --steps --batch 16 --json";

/// Arguments of `bench`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Print one JSON object per line instead of the table
    #[arg(long)]
    pub json: bool,
    /// Time whole training steps and sampling instead of single kernels; with ranks of MPI, one of the batch on each
    #[arg(long)]
    pub steps: bool,
    /// Batch size of the smallest networks; larger ones use a fraction of it [default: 64; 16 on software Vulkan]
    #[arg(long, value_name = "N", requires = "steps", value_parser = clap::value_parser!(u16).range(1..))]
    pub batch: Option<u16>,
    /// Only cases whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub filter: String,
    /// Format in which tensors are stored
    #[arg(long, value_name = "FORMAT", default_value = "f32", value_parser = precision())]
    pub precision: Precision,
    /// Few repetitions: checks that everything runs, but times are inaccurate
    #[arg(long)]
    pub quick: bool,
}

/// Reads `--precision`.
fn precision() -> impl TypedValueParser<Value = Precision> {
    PossibleValuesParser::new(["f32", "f16"]).map(|name| if name == "f16" { Precision::F16 } else { Precision::F32 })
}

/// The adapter, if it supports the precision.
fn open(args: &Args, gpu: Gpu) -> Result<Gpu> {
    if args.precision == Precision::F16 && !gpu.capabilities().f16 {
        let name = &gpu.capabilities().name;
        return Err(Error::device(format!("the adapter {name} has no 16-bit floats; leave out --precision f16")));
    }
    Ok(gpu)
}

/// Prints a row per case.
///
/// # Errors
/// No usable adapter, no case that matches the filter, or cases that failed.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    match (args.steps, args.quick) {
        (false, false) => kernels(args, global, Effort::FULL),
        (false, true) => kernels(args, global, Effort::QUICK),
        (true, false) => together(|ranks| steps(args, global, ranks, Effort::FULL_STEPS)),
        (true, true) => together(|ranks| steps(args, global, ranks, Effort::QUICK)),
    }
}

fn kernels(args: &Args, global: &Global, effort: Effort) -> Result<()> {
    let gpu = open(args, global.open_gpu()?)?;
    let adapter = gpu.capabilities();
    let (mut list, large): (_, fn() -> Vec<Case>) = match args.precision {
        Precision::F32 => (cases::all(Size::Shipped, adapter), cases::large),
        Precision::F16 => (cases::all_in_f16(Size::Shipped, adapter), cases::large_in_f16),
    };
    if !gpu.capabilities().software {
        list.extend(large());
    }
    let list = matching(list, &args.filter)?;
    if !args.json {
        print(format_args!(
            "{:<28} {:<44} {:>10} {:>9} {:>9} {:>9} {:>8}",
            "kernel", "case", "ms", "spread", "GFLOP/s", "GB/s", "tile"
        ))?;
    }
    let name = |case: &Case| format!("{} {}", case.kernel, case.shape);
    each(args, global, &gpu, &Ranks::alone(), &list, name, |case| {
        let row = measure(&gpu, case, effort)?;
        Ok((if args.json { json(&row) } else { line(&row) }, row.pass != Some(false)))
    })
}

fn steps(args: &Args, global: &Global, ranks: &Ranks, effort: Effort) -> Result<()> {
    let gpu = open(args, global.open_gpu_of(ranks)?)?;
    let software = gpu.capabilities().software;
    let batch = args.batch.map_or(if software { 16 } else { 64 }, usize::from);
    let list: Vec<Step> =
        steps::all(batch, software).into_iter().filter(|step| step.what.contains(&args.filter)).collect();
    if list.is_empty() {
        return Err(Error::config(format!("no step's name contains {:?}; leave out --filter to see all", args.filter)));
    }
    if !args.json {
        print(format_args!(
            "{:<36} {:>5} {:>9} {:>9} {:>7} {:>9} {:>10} {:>11} {:>9} {:>9} {:>9} {:>11}",
            "step",
            "batch",
            "first ms",
            "ms",
            "spread",
            "samples/s",
            "dispatches",
            "submissions",
            "encode ms",
            "peak MiB",
            "sent MiB",
            "exchange ms"
        ))?;
    }
    let verbose = global.verbosity() == Verbosity::Verbose;
    each(
        args,
        global,
        &gpu,
        ranks,
        &list,
        |step| step.what.clone(),
        |step| {
            let row = measure_step(&gpu, ranks, step, args.precision, effort, verbose)?;
            if verbose && args.json {
                note(format_args!("{}\n{}", row.what, row.profile));
            }
            Ok((if args.json { json(&row) } else { step_line(&row, verbose) }, true))
        },
    )
}

/// Prints the row that `work` returns for each item, along with whether it passed. Failures do not stop the rest, unless other ranks wait.
fn each<T>(
    args: &Args,
    global: &Global,
    gpu: &Gpu,
    ranks: &Ranks,
    list: &[T],
    name: impl Fn(&T) -> String,
    work: impl Fn(&T) -> Result<(String, bool)>,
) -> Result<()> {
    let mut bar = Progress::new("timing", 0, list.len() as u64, global.verbosity());
    let mut failures = Vec::new();
    for (done, item) in (1..).zip(list) {
        let row = guarded(gpu, || work(item));
        let row = if ranks.are_alone() { row } else { Ok(row?) };
        bar.suspend(|| match &row {
            Ok((row, _)) => print(row),
            Err(error) => {
                note(format_args!("{}: {error}", name(item)));
                Ok(())
            }
        })?;
        if !row.is_ok_and(|(_, passed)| passed) {
            failures.push(name(item));
        }
        bar.update(done);
    }
    bar.finish();
    if !args.json {
        print(format_args!("on {}", describe(gpu)))?;
    }
    if failures.is_empty() {
        return Ok(());
    }
    Err(Error::device(format!("failed: {}; see `flocoder selftest`", failures.join(", "))))
}

fn step_line(row: &StepRow, verbose: bool) -> String {
    let line = format!(
        "{:<36} {:>5} {:>9.1} {:>9.1} {:>7.1} {:>9.2} {:>10} {:>11} {:>9.2} {:>9.1} {:>9.2} {:>11.2}",
        row.what,
        row.batch,
        row.first_ms,
        row.ms,
        row.spread_ms,
        row.per_second,
        row.dispatches,
        row.submissions,
        row.encode_ms,
        mebibytes(row.peak_bytes),
        mebibytes(row.exchange_bytes),
        row.exchange_ms
    );
    if verbose { format!("{line}\n{}", row.profile) } else { line }
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn line(row: &Row) -> String {
    let verdict = if row.pass == Some(false) { " FAIL" } else { "" };
    format!(
        "{:<28} {:<44} {:>10.3} {:>9.3} {:>9.2} {:>9.2} {:>8}{verdict}",
        row.kernel,
        row.case,
        row.ms,
        row.spread_ms,
        row.gflops,
        row.gbytes_per_s,
        row.tile.as_deref().unwrap_or("")
    )
}

fn json(row: &impl Serialize) -> String {
    serde_json::to_string(row).expect("a row of numbers and names")
}

/// The command line of `cargo bench`, which adds `--bench` to the arguments after `--`.
#[derive(Debug, Parser)]
struct CargoBench {
    #[command(flatten)]
    args: Args,
    #[arg(long, hide = true)]
    bench: bool,
}

/// The main function of `cargo bench`: times kernels, or whole steps.
pub fn main_of_cargo_bench(steps: bool) -> ExitCode {
    // SAFETY: no other thread has been started.
    unsafe { crate::gpu::environment::prepare() };
    let CargoBench { args, .. } = CargoBench::parse();
    finish(run(&Args { steps, ..args }, &Global::default()))
}
