//! A run's `metrics.jsonl`, read back: its numbers over the steps, and their curves.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::metrics_log::{EXCHANGE_BYTES, EXCHANGE_MS, EXCHANGE_OVERLAPPED, SAMPLES_PER_SECOND, WALL_TIME};
use crate::chart::{CURVES, Curve, Division, Panel, panel};
use crate::data::picture::Picture;

/// Panels side by side.
const COLUMNS: usize = 3;

/// The lines of a log, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    lines: Vec<Line>,
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The step.
    pub step: u64,
    /// `train`, `skipped` or `validation`.
    pub phase: String,
    /// The finite numbers by name.
    pub numbers: BTreeMap<String, f64>,
}

impl History {
    /// The lines of a log; none if there is no such file. Incomplete lines are ignored.
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        Self { lines: text.lines().filter_map(Line::parse).collect() }
    }

    /// Adds a line.
    pub fn push<K: AsRef<str>>(&mut self, step: u64, phase: &str, numbers: &[(K, f64)]) {
        let numbers = numbers.iter().filter(|(_, value)| value.is_finite());
        let numbers = numbers.map(|(name, value)| (name.as_ref().to_owned(), *value)).collect();
        self.lines.push(Line { step, phase: phase.to_owned(), numbers });
    }

    /// The lines of a phase.
    pub fn of(&self, phase: &str) -> Vec<&Line> {
        self.lines.iter().filter(|line| line.phase == phase).collect()
    }

    /// Step and value of a number in each line of a phase.
    fn series(&self, phase: &str, name: &str) -> Vec<(f64, f64)> {
        let point = |line: &&Line| line.numbers.get(name).map(|value| (line.step as f64, *value));
        self.of(phase).iter().filter_map(point).collect()
    }

    /// The names of a phase's numbers, sorted.
    fn names(&self, phase: &str) -> Vec<String> {
        let mut names: Vec<String> = self.of(phase).iter().flat_map(|line| line.numbers.keys().cloned()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// One panel for each number of the phase `train`, together with the validation's number of that name, and one panel each
    /// for the validation's F1 scores, its codes in use and their perplexity.
    pub fn curves(&self) -> Picture {
        let mut panels: Vec<Panel> = Vec::new();
        // The curves of a run that was stopped and resumed are those of one that was not.
        let mut trained: Vec<String> = self.names("train").into_iter().filter(|name| !is_timing(name)).collect();
        trained.sort_by_key(|name| name != "loss");
        for name in &trained {
            let phases = [("training", "train"), ("validation", "validation")];
            let curves = phases.map(|(title, phase)| (title.to_owned(), self.series(phase, name)));
            let (title, y) = titled(name);
            panels.push(Panel { y, ..drawn(&title, curves.into_iter().collect()) });
        }
        let validated = self.names("validation").into_iter();
        let validated: Vec<String> = validated.filter(|name| !trained.contains(name) && !is_timing(name)).collect();
        let mut together = |title: &str, name_of: &dyn Fn(&str) -> Option<String>| {
            let curves = validated.iter().filter_map(|name| Some((name_of(name)?, self.series("validation", name))));
            panels.push(drawn(title, curves.collect()));
        };
        let level = |prefix: &'static str| move |name: &str| name.strip_prefix(prefix).map(|n| format!("level {n}"));
        together("F1 of the validation", &|name| name.strip_suffix("_f1").map(|name| name.replace('_', " ")));
        together("share of codes in use", &level("codes_used_"));
        together("perplexity of codes", &level("perplexity_"));
        panels.retain(|panel| !panel.curves.is_empty());
        panel::sheet(&panels, COLUMNS)
    }
}

/// The title of a number of the log, and the division of its axis: logarithmic for losses.
fn titled(name: &str) -> (String, Division) {
    let title = match name {
        "mse" => "squared error",
        "l1" => "absolute error",
        "bce" => "binary cross-entropy",
        "focal" => "focal loss",
        "commitment" => "commitment loss",
        "gradient_norm" => "norm of the gradient",
        "loss" | "loss_scale" => &name.replace('_', " "),
        other => return (other.replace('_', " "), Division::Linear),
    };
    (title.to_owned(), Division::Log)
}

fn is_timing(name: &str) -> bool {
    [SAMPLES_PER_SECOND, WALL_TIME, EXCHANGE_BYTES, EXCHANGE_OVERLAPPED, EXCHANGE_MS].contains(&name)
}

fn drawn(title: &str, curves: Vec<(String, Vec<(f64, f64)>)>) -> Panel {
    let curves = curves.into_iter().filter(|(_, points)| !points.is_empty());
    let curves = curves.zip(CURVES.into_iter().cycle());
    let curve = |((name, points), colour)| Curve { name, points, colour, filled: false };
    Panel { title: title.to_owned(), curves: curves.map(curve).collect(), x: Division::Whole, ..Panel::default() }
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let Value::Object(object) = serde_json::from_str(line).ok()? else { return None };
        let numbers = object.iter().filter(|(name, _)| *name != "step");
        Some(Self {
            step: object.get("step")?.as_u64()?,
            phase: object.get("phase")?.as_str()?.to_owned(),
            numbers: numbers.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let text = "{\"step\":1,\"phase\":\"train\",\"loss\":0.5}\n{\"step\":2,\"phase\":\"validation\",\"loss\":null,\"note_f1\":0.25}\n{\"st";
        std::fs::write(&path, text).unwrap();
        let history = History::read(&path);
        assert_eq!(history.series("train", "loss"), [(1.0, 0.5)]);
        assert_eq!(history.series("validation", "note_f1"), [(2.0, 0.25)]);
        assert_eq!((history.names("validation"), history.of("train").len()), (vec!["note_f1".to_owned()], 1));
        assert!(history.curves().width > 0 && History::read(Path::new("/nowhere")).lines.is_empty());
    }
}
