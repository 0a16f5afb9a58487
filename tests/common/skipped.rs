//! Tests that were skipped for want of an adapter. They pass, so that the program can be tested without one; the last test binary says
//! how many they were (`tests/zz_skipped.rs`).

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The record of this run of `cargo test`, whose process starts all test binaries.
pub fn record() -> PathBuf {
    #[cfg(unix)]
    let run = std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    let run = 0;
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("skipped-{run}.txt"))
}

/// Records the running test, and says so on the process's own stderr, which the harness does not capture.
pub fn skip(reason: &str) {
    let program = std::env::current_exe().unwrap();
    let name =
        format!("{} {}", program.file_stem().unwrap().display(), std::thread::current().name().unwrap_or("main"));
    let mut file = fs::OpenOptions::new().create(true).append(true).open(record()).unwrap();
    file.write_all(format!("{name}\n").as_bytes()).unwrap();
    let _ = writeln!(std::io::stderr(), "skipped: {name}: {reason}");
}
