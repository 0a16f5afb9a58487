//! The metrics of a run, one JSON object per line: `{"step":10,"phase":"train","loss":0.5}`.

use crate::error::{Error, Result};
use crate::files;
use serde_json::{Map, Value};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// `metrics.jsonl`, open for appending.
#[derive(Debug)]
pub struct MetricsLog {
    path: PathBuf,
    file: File,
    /// The lines of validations, parsed.
    validations: Vec<Value>,
}

/// Whether higher or lower numbers are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Scores.
    Higher,
    /// Losses.
    Lower,
}

/// The speed of training in a line.
pub const SAMPLES_PER_SECOND: &str = "samples_per_second";
/// Names of the bytes that the first of several ranks sends to the others in a step, of those that it sends before it has
/// its last gradients, and of the milliseconds of its exchanges, waiting for the other ranks included.
pub const EXCHANGE_BYTES: &str = "exchange_bytes";
pub const EXCHANGE_OVERLAPPED: &str = "exchange_bytes_overlapped";
pub const EXCHANGE_MS: &str = "exchange_ms";
/// The key of the time at which a line was written, in seconds since 1970.
pub const WALL_TIME: &str = "wall_time";
/// The phase of a validation's line.
pub const VALIDATION: &str = "validation";

impl MetricsLog {
    /// Opens the log of a run at `step`, 0 for a new run. Lines of later steps, written after the checkpoint that is resumed, are
    /// dropped, so that every step is in the log once.
    ///
    /// # Errors
    /// A log that cannot be read or written.
    pub fn open(path: &Path, step: u64) -> Result<Self> {
        let cannot = |e: std::io::Error| Error::file(path, format!("cannot be opened for writing: {e}"));
        let mut validations = Vec::new();
        if path.exists() {
            let text = std::fs::read_to_string(path).map_err(cannot)?;
            let kept: Vec<&str> = text.lines().filter(|line| step_of(line).is_some_and(|at| at <= step)).collect();
            validations.extend(kept.iter().filter_map(|line| validation(line)));
            files::replace(path, |writer| kept.iter().try_for_each(|line| writeln!(writer, "{line}")))?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(cannot)?;
        Ok(Self { path: path.to_owned(), file, validations })
    }

    /// Whether the network of `step` was validated.
    pub fn is_validated(&self, step: u64) -> bool {
        self.validations.iter().any(|line| line["step"] == step)
    }

    /// Whether the number `name` is better than at every validation so far. NaN is not.
    pub fn is_best(&self, name: &str, number: f64, better: Better) -> bool {
        // Printed and parsed, as the earlier ones of a resumed run, so that resuming makes no difference.
        let read = |text: &str| serde_json::from_str::<f64>(text).ok();
        let Some(number) = read(&Value::from(number).to_string()) else { return false };
        self.validations.iter().filter_map(|line| line[name].as_f64()).all(|earlier| match better {
            Better::Higher => number > earlier,
            Better::Lower => number < earlier,
        })
    }

    /// Appends one line, with the time. `phase` is `train`, `skipped` or [`VALIDATION`]. A non-finite number becomes `null`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write<K: AsRef<str>>(&mut self, step: u64, phase: &str, numbers: &[(K, f64)]) -> Result<()> {
        let mut line =
            Map::from_iter([("step".to_owned(), Value::from(step)), ("phase".to_owned(), Value::from(phase))]);
        line.extend(numbers.iter().map(|(name, number)| (name.as_ref().to_owned(), Value::from(*number))));
        line.insert(WALL_TIME.to_owned(), Value::from((now() * 1e3).round() / 1e3));
        let text = format!("{}\n", Value::Object(line));
        self.validations.extend(validation(&text));
        // One write per line, so that after a crash the file ends with a complete line.
        self.file.write_all(text.as_bytes()).map_err(|e| Error::file(&self.path, format!("cannot be written: {e}")))
    }
}

/// Seconds since 1970.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

fn validation(line: &str) -> Option<Value> {
    serde_json::from_str::<Value>(line).ok().filter(|line| line["phase"] == VALIDATION)
}

fn step_of(line: &str) -> Option<u64> {
    serde_json::from_str::<Value>(line).ok()?.get("step")?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_log_has_every_step_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let mut log = MetricsLog::open(&path, 0).unwrap();
        for step in [1, 2, 3] {
            log.write(step, "train", &[("loss", 1.0 / step as f64)]).unwrap();
        }
        log.file.write_all(b"{\"step\":3,\"half a li").unwrap();
        let mut log = MetricsLog::open(&path, 2).unwrap();
        log.write(3, "train", &[("loss", f64::NAN)]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let steps: Vec<_> = lines.iter().map(|line| line["step"].as_u64().unwrap()).collect();
        assert_eq!(steps, [1, 2, 3]);
        assert_eq!((&lines[1]["loss"], &lines[2]["loss"]), (&Value::from(0.5), &Value::Null));
    }

    #[test]
    fn the_best_validation_is_known_after_resuming() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let mut log = MetricsLog::open(&path, 0).unwrap();
        assert!(log.is_best("loss", 0.3, Better::Lower) && !log.is_best("loss", f64::NAN, Better::Lower));
        log.write(1, "train", &[("loss", 0.1)]).unwrap();
        log.write(1, VALIDATION, &[("loss", 0.3)]).unwrap();
        log.write(2, VALIDATION, &[("loss", f64::NAN)]).unwrap();
        log.write(3, VALIDATION, &[("loss", 0.2)]).unwrap();
        for log in [log, MetricsLog::open(&path, 3).unwrap()] {
            assert_eq!([1, 2, 3, 4].map(|step| log.is_validated(step)), [true, true, true, false]);
            let lower = |number| log.is_best("loss", number, Better::Lower);
            assert!(lower(0.19) && !lower(0.2) && !lower(0.25));
            assert!(!log.is_best("loss", 0.3, Better::Higher) && log.is_best("loss", 0.31, Better::Higher));
        }
        let log = MetricsLog::open(&path, 2).unwrap();
        assert!(!log.is_validated(3) && log.is_best("loss", 0.25, Better::Lower));
    }
}
