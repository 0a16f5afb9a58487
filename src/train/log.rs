//! The metrics of a run, one JSON object per line: `{"step":10,"phase":"train","loss":0.5}`.

use crate::error::{Error, Result};
use crate::files;
use serde_json::{Map, Value};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// `metrics.jsonl`, open for appending.
#[derive(Debug)]
pub struct MetricsLog {
    path: PathBuf,
    file: File,
}

impl MetricsLog {
    /// Opens the log of a run that stands at `step`: 0 for a new one. Lines of later steps, written after the checkpoint that
    /// the run goes on from, are dropped, so that every step is in the log once.
    ///
    /// # Errors
    /// A log that cannot be read or written.
    pub fn open(path: &Path, step: u64) -> Result<Self> {
        let cannot = |e: std::io::Error| Error::file(path, format!("cannot be opened for writing: {e}"));
        if path.exists() {
            let text = std::fs::read_to_string(path).map_err(cannot)?;
            let kept: Vec<&str> = text.lines().filter(|line| step_of(line).is_some_and(|at| at <= step)).collect();
            files::replace(path, |writer| kept.iter().try_for_each(|line| writeln!(writer, "{line}")))?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(cannot)?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Appends one line. `phase` is `train`, `validate` or what else the numbers belong to; a number that is not finite
    /// becomes `null`.
    pub fn write<K: AsRef<str>>(&mut self, step: u64, phase: &str, numbers: &[(K, f64)]) -> Result<()> {
        let mut line =
            Map::from_iter([("step".to_owned(), Value::from(step)), ("phase".to_owned(), Value::from(phase))]);
        line.extend(numbers.iter().map(|(name, number)| (name.as_ref().to_owned(), Value::from(*number))));
        let text = format!("{}\n", Value::Object(line));
        // One write per line: what is on the disk after a crash ends with a whole line.
        self.file.write_all(text.as_bytes()).map_err(|e| Error::file(&self.path, format!("cannot be written: {e}")))
    }
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
}
