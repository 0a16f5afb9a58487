//! What the program prints: results on stdout, messages on stderr.
//!
//! `println!` panics where the output cannot be written. Here a result that is lost is an error, because a caller may depend on
//! it; a message that is lost is not, so that a training run outlives the terminal or pipe that it reports to.

use crate::error::{Error, Result};
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether nothing is printed.
static SILENT: AtomicBool = AtomicBool::new(false);

/// Prints nothing from now on: of several processes that work together, one prints.
pub fn silence() {
    SILENT.store(true, Ordering::Relaxed);
}

/// Prints again.
pub fn speak() {
    SILENT.store(false, Ordering::Relaxed);
}

/// Whether nothing is printed.
pub fn is_silent() -> bool {
    SILENT.load(Ordering::Relaxed)
}

/// Writes a line of the command's result to stdout.
///
/// # Errors
/// A full disk or another failure to write. A closed pipe is no error: its reader has seen enough.
pub fn print(line: impl Display) -> Result<()> {
    if is_silent() {
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    written(writeln!(stdout, "{line}").and_then(|()| stdout.flush()))
}

/// Writes a text to stdout as it is.
///
/// # Errors
/// As [`print()`].
pub fn print_bytes(bytes: &[u8]) -> Result<()> {
    if is_silent() {
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    written(stdout.write_all(bytes).and_then(|()| stdout.flush()))
}

/// Writes a line to stderr, if it can be written: in one piece, because stderr has no buffer and other processes, such as a launcher
/// of ranks, may write to the same terminal.
pub fn note(line: impl Display) {
    if is_silent() {
        return;
    }
    let _ = io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}

/// The outcome of writing to stdout.
///
/// # Errors
/// As [`print()`].
pub fn written(result: io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
            Err(Error::file("stdout", "cannot be written because the disk is full; free some space and try again"))
        }
        Err(error) => Err(Error::file("stdout", format!("cannot be written: {error}"))),
        Ok(()) => Ok(()),
    }
}
