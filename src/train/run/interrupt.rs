//! Ctrl-C and SIGTERM: the first signal asks the training run to save and end, the second ends the program at once.

use crate::error::{Error, Result};
use crate::terminal::note;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);
static INSTALLED: OnceLock<Result<(), String>> = OnceLock::new();

/// The exit code of shells for a program that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// Installs the signal handler, once.
///
/// # Errors
/// A system that refuses it.
pub fn install() -> Result<()> {
    let installed = INSTALLED.get_or_init(|| ctrlc::set_handler(on_signal).map_err(|e| e.to_string()));
    installed.clone().map_err(|e| Error::device(format!("cannot listen for Ctrl-C: {e}")))
}

/// Whether the user has asked the program to end.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

fn on_signal() {
    if REQUESTED.swap(true, Ordering::Relaxed) {
        std::process::exit(INTERRUPTED);
    }
    note("\nsaving a checkpoint before the program ends; press Ctrl-C again to end at once");
}
