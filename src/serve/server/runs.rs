//! Training runs: their curves, pictures and samples, while they train.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::train::run::METRICS;

/// Most runs and files that are listed.
const MOST: usize = 10_000;
/// Most bytes of a log that are read, from its end, and of a file.
const LOG: usize = 16 << 20;
const FILE: u64 = 32 << 20;
/// Endings of the files that are shown, with their content types.
const KINDS: [(&str, &str); 4] =
    [("png", "image/png"), ("mid", "audio/midi"), ("wav", "audio/wav"), ("flac", "audio/flac")];

/// A run.
#[derive(Debug, Serialize)]
pub struct Run {
    name: String,
    /// Step of the last line of its log.
    step: Option<u64>,
    /// The objects of its log, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<Value>>,
    /// Names of its pictures, music and sounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<Vec<String>>,
}

/// The runs in a folder, by name.
pub fn list(folder: &Path) -> Vec<Run> {
    let named = |name: String| {
        let step = log(&folder.join(&name)).last().and_then(|line| line["step"].as_u64());
        Run { name, step, lines: None, files: None }
    };
    names(folder).into_iter().map(named).collect()
}

/// The run with this name, if it exists.
pub fn run(folder: &Path, name: &str) -> Option<Run> {
    let name = names(folder).into_iter().find(|own| own == name)?;
    let path = folder.join(&name);
    let lines = log(&path);
    let step = lines.last().and_then(|line| line["step"].as_u64());
    Some(Run { name, step, lines: Some(lines), files: Some(files(&path)) })
}

/// Content type and bytes of a file of a run, if both are listed.
pub fn file(folder: &Path, run: &str, name: &str) -> Option<(&'static str, Vec<u8>)> {
    let run = folder.join(names(folder).into_iter().find(|own| own == run)?);
    let path = run.join(files(&run).into_iter().find(|own| own == name)?);
    let is_small = std::fs::metadata(&path).is_ok_and(|about| about.len() <= FILE);
    Some((kind(name)?, is_small.then(|| std::fs::read(path).ok()).flatten()?))
}

/// The content type of a file that is shown.
fn kind(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    KINDS.iter().find(|(own, _)| *own == ending).map(|(_, kind)| *kind)
}

/// The folders with a log.
fn names(folder: &Path) -> Vec<String> {
    entries(folder, |entry| entry.join(METRICS).is_file())
}

/// The files of a run that are shown. Links are not followed.
fn files(run: &Path) -> Vec<String> {
    let is_shown = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| kind(name).is_some()) && path.symlink_metadata().is_ok_and(|about| about.is_file())
    };
    entries(run, is_shown)
}

/// Names in a folder, in order.
fn entries(folder: &Path, is_meant: impl Fn(&Path) -> bool) -> Vec<String> {
    let all = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let meant = all.filter(|entry| is_meant(&entry.path())).filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = meant.take(MOST).collect();
    names.sort();
    names
}

/// The lines of a run's log; one that is being written is left out.
fn log(run: &Path) -> Vec<Value> {
    let bytes = std::fs::read(run.join(METRICS)).unwrap_or_default();
    let end = &bytes[bytes.len().saturating_sub(LOG)..];
    end.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(path("runs/flow/events")).unwrap();
        std::fs::create_dir_all(path("runs/other")).unwrap();
        std::fs::write(path("runs/flow/metrics.jsonl"), "{\"step\":1,\"loss\":0.5}\n{\"step\":2,\"lo").unwrap();
        for name in ["flow/curves.png", "flow/flow.safetensors", "other/secret.png"] {
            std::fs::write(path("runs").join(name), name).unwrap();
        }
        std::fs::write(path("outside.png"), "outside").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(path("outside.png"), path("runs/flow/link.png")).unwrap();
        let runs = path("runs");
        assert_eq!(
            list(&runs).iter().map(|run| (run.name.as_str(), run.step)).collect::<Vec<_>>(),
            [("flow", Some(1))]
        );
        let read = run(&runs, "flow").unwrap();
        assert_eq!((read.lines.unwrap().len(), read.files.unwrap()), (1, vec!["curves.png".to_owned()]));
        assert_eq!(file(&runs, "flow", "curves.png"), Some(("image/png", b"flow/curves.png".to_vec())));
        for (run, name) in [
            ("flow", "../../outside.png"),
            ("flow", "link.png"),
            ("flow", "flow.safetensors"),
            ("flow", "metrics.jsonl"),
            ("..", "outside.png"),
            ("other", "secret.png"),
            (".", "flow/curves.png"),
        ] {
            assert!(file(&runs, run, name).is_none(), "{run}/{name}");
        }
        assert!(run(&runs, "other").is_none() && list(&path("none")).is_empty());
    }
}
