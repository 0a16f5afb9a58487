//! The last test binary: says how many tests were skipped for want of an adapter.

mod common;

use std::collections::BTreeSet;
use std::io::Write;

#[test]
fn skipped_tests_are_counted() {
    let path = common::skipped::record();
    let Ok(names) = std::fs::read_to_string(&path) else { return };
    std::fs::remove_file(&path).unwrap();
    let count = names.lines().collect::<BTreeSet<_>>().len();
    // The harness captures what `eprintln` writes.
    let _ = writeln!(
        std::io::stderr(),
        "\n{count} tests were skipped, since no adapter was found; FLOCODER_REQUIRE_GPU=1 makes that a failure"
    );
}
