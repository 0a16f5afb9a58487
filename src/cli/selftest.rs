//! `flocoder selftest`: checks every kernel on the user's adapter against the reference.

use super::global::{Global, describe};
use crate::bench::{Case, Checked, Size, cases, selftest};
use crate::error::{Error, Result};
use crate::terminal::print;
use crate::text::count;
use crate::train::run::Progress;

const EXAMPLES: &str = "Examples:\n  flocoder selftest\n  flocoder selftest --filter conv";

/// Arguments of `selftest`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Only cases whose kernel or shape contains this
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub filter: String,
}

/// Prints a row per case, then how many passed.
///
/// # Errors
/// No usable adapter, no case that matches the filter, or cases that failed.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    let gpu = global.open_gpu()?;
    let kinds = [cases::all, cases::all_in_f16, cases::all_mixed];
    let list = kinds.into_iter().flat_map(|cases| cases(Size::Awkward, gpu.capabilities())).collect();
    let list = matching(list, &args.filter)?;
    let mut bar = Progress::new("checking", 0, list.len() as u64, global.verbosity());
    let (mut checked, mut failed, mut printed) = (0, 0, Ok(()));
    print(format_args!("{:<28} {:<44} {:>4} {:>8} {:>8}", "kernel", "shape", "", "error", "bound"))?;
    selftest(&gpu, list, |row| {
        checked += 1;
        failed += u64::from(!row.passed());
        if let Err(error) = bar.suspend(|| print(line(&row))) {
            printed = Err(error);
        }
        bar.update(checked);
    });
    bar.finish();
    printed?;
    let capabilities = gpu.capabilities();
    let on = describe(&gpu);
    print(format_args!("{} of {} passed on {on}", checked - failed, count(checked as usize, "case")))?;
    if failed > 0 {
        return Err(Error::device(format!(
            "{failed} of {checked} cases failed on {}; update its driver or choose another adapter with --device",
            capabilities.name
        )));
    }
    Ok(())
}

/// The cases that match a filter.
pub(super) fn matching(mut list: Vec<Case>, filter: &str) -> Result<Vec<Case>> {
    list.retain(|case| case.matches(filter));
    if list.is_empty() {
        return Err(Error::config(format!(
            "no case's kernel or shape contains {filter:?}; leave out --filter to see all"
        )));
    }
    Ok(list)
}

fn line(row: &Checked) -> String {
    let (error, bound) = match &row.outcome {
        Ok(outcome) => (format!("{:.1e}", outcome.error), format!("{:.0e}", outcome.bound)),
        Err(_) => ("-".to_owned(), "-".to_owned()),
    };
    let verdict = match &row.outcome {
        Err(error) => format!("FAIL: {error}"),
        Ok(outcome) if outcome.passed() => "pass".to_owned(),
        Ok(_) => "FAIL".to_owned(),
    };
    let precision = row.precision.name();
    format!("{:<28} {:<44} {precision:>4} {error:>8} {bound:>8} {verdict}", row.kernel, row.shape)
}
