//! `flocoder bench`: how fast every kernel, or whole steps, are on the user's own adapter.

use std::process::ExitCode;

use clap::Parser;
use serde::Serialize;

use super::{Global, finish, selftest::matching};
use crate::bench::{Effort, Row, Size, guarded, measure};
use crate::error::{Error, Result};
use crate::train::progress::Progress;

/// Arguments of `bench`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Print one JSON object per line in place of the table
    #[arg(long)]
    pub json: bool,
    /// Time whole training steps and sampling in place of single kernels
    #[arg(long)]
    pub steps: bool,
    /// Only cases whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub filter: String,
    /// A few repetitions only: shows that everything runs, measures little
    #[arg(long)]
    pub quick: bool,
}

/// Prints a row per case.
///
/// # Errors
/// No usable adapter, no case that the filter lets through, or cases that failed.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    let effort = if args.quick { Effort::QUICK } else { Effort::FULL };
    kernels(args, global, effort)
}

fn kernels(args: &Args, global: &Global, effort: Effort) -> Result<()> {
    let gpu = global.open_gpu()?;
    let list = matching(Size::Shipped, &args.filter)?;
    let mut bar = Progress::new("timing", 0, list.len() as u64, global.verbosity());
    if !args.json {
        println!("{:<28} {:<44} {:>10} {:>9} {:>9} {:>9}", "kernel", "case", "ms", "spread", "GFLOP/s", "GB/s");
    }
    let mut failures = Vec::new();
    for (done, case) in (1..).zip(list) {
        let row = guarded(&gpu, || measure(&gpu, &case, effort));
        bar.suspend(|| match &row {
            Ok(row) if args.json => println!("{}", json(row)),
            Ok(row) => println!("{}", line(row)),
            Err(error) => eprintln!("{} {}: {error}", case.kernel, case.shape),
        });
        if row.is_err() || row.is_ok_and(|row| row.pass == Some(false)) {
            failures.push(format!("{} {}", case.kernel, case.shape));
        }
        bar.update::<&str>(done, &[]);
    }
    bar.finish();
    if !args.json {
        println!("on {} ({} body)", gpu.capabilities().name, gpu.capabilities().body.name());
    }
    if failures.is_empty() {
        return Ok(());
    }
    Err(Error::device(format!("failed: {}; see `flocoder selftest`", failures.join(", "))))
}

fn line(row: &Row) -> String {
    let verdict = if row.pass == Some(false) { " FAIL" } else { "" };
    format!(
        "{:<28} {:<44} {:>10.3} {:>9.3} {:>9.2} {:>9.2}{verdict}",
        row.kernel, row.case, row.ms, row.spread_ms, row.gflops, row.gbytes_per_s
    )
}

fn json(row: &impl Serialize) -> String {
    serde_json::to_string(row).expect("a row of numbers and names")
}

/// The command line of `cargo bench`, which adds `--bench` to whatever is given after `--`.
#[derive(Debug, Parser)]
struct CargoBench {
    #[command(flatten)]
    args: Args,
    #[arg(long, hide = true)]
    bench: bool,
}

/// What `cargo bench` runs: kernels, or whole steps.
pub fn main_of_cargo_bench(steps: bool) -> ExitCode {
    let CargoBench { args, .. } = CargoBench::parse();
    finish(run(&Args { steps, ..args }, &Global::default()))
}
