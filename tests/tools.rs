//! `flocoder selftest` and `flocoder bench`, on a few kernels.

mod common;

use std::process::{Command, Output};

fn flocoder(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flocoder")).args(arguments).output().unwrap()
}

/// The output of a command that must succeed; `None` without an adapter.
fn printed(arguments: &[&str]) -> Option<String> {
    common::gpu()?;
    let output = flocoder(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_selftest_passes_and_counts() {
    let Some(table) = printed(&["selftest", "--filter", "silu_fwd", "-q"]) else { return };
    let rows = table.lines().filter(|line| line.starts_with("silu_fwd") && line.ends_with(" pass")).count();
    assert!(rows > 0 && table.contains(&format!("{rows} of {rows} cases passed on ")), "{table}");
}

#[test]
fn the_bench_prints_a_json_object_per_case() {
    let Some(lines) = printed(&["bench", "--json", "--quick", "--filter", "silu_fwd", "-q"]) else { return };
    assert!(!lines.is_empty());
    for line in lines.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(row["kernel"] == "silu_fwd" && (row["pass"].is_boolean() || row["pass"].is_null()), "{line}");
        for text in ["case", "adapter", "body"] {
            assert!(row[text].is_string(), "{text} in {line}");
        }
        for number in ["ms", "spread_ms", "best_wall_ms", "gflops", "gbytes_per_s"] {
            assert!(row[number].as_f64().is_some_and(f64::is_finite), "{number} in {line}");
        }
    }
}

#[test]
fn a_filter_without_matches_gives_one_sentence() {
    if common::gpu().is_none() {
        return;
    }
    for command in ["selftest", "bench"] {
        let output = flocoder(&[command, "--filter", "no such kernel"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("\"no such kernel\""));
    }
}
