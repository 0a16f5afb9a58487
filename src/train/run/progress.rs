//! Progress of a long task: a bar on a terminal, otherwise a line every few seconds, nothing with `-q`.

use crate::gpu::Gpu;
use crate::terminal::note;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// How much the program prints on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// Only errors (`-q`).
    Quiet,
    /// Progress and results.
    #[default]
    Normal,
    /// Also details (`-v`).
    Verbose,
}

/// Time between two lines without a terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The progress of one task of a known number of steps.
pub struct Progress {
    what: String,
    total: u64,
    /// Steps done before this process, which do not count for the rate.
    start: u64,
    began: Instant,
    last_line: Instant,
    form: Form,
    throughput: Option<Throughput>,
}

/// What a training run reports in addition.
struct Throughput {
    gpu: Gpu,
    batch: usize,
}

enum Form {
    Bar(ProgressBar),
    Lines,
    Silent,
}

impl Progress {
    /// Progress of `what` from step `start` (0 unless resumed) to `total`.
    pub fn new(what: &str, start: u64, total: u64, verbosity: Verbosity) -> Self {
        let form = match verbosity {
            Verbosity::Quiet => Form::Silent,
            _ if std::io::stderr().is_terminal() => Form::Bar(bar(what, start, total)),
            _ => Form::Lines,
        };
        let now = Instant::now();
        Self { what: what.to_owned(), total, start, began: now, last_line: now, form, throughput: None }
    }

    /// Also reports samples per second, `batch` of them to a step, and the device's memory.
    pub fn with_throughput(self, gpu: &Gpu, batch: usize) -> Self {
        Self { throughput: Some(Throughput { gpu: gpu.clone(), batch }), ..self }
    }

    /// Reports that `step` steps are done, and the latest numbers.
    pub fn update<K: AsRef<str>>(&mut self, step: u64, numbers: &[(K, f64)]) {
        match &self.form {
            Form::Silent => {}
            Form::Bar(bar) => {
                bar.set_position(step);
                if !numbers.is_empty() {
                    bar.set_message(format!("{}{}", in_text(numbers), self.throughput(step)));
                }
            }
            Form::Lines => {
                let now = Instant::now();
                if now - self.last_line >= LINE_EVERY || step == self.total {
                    let (elapsed, done) = (now - self.began, step.saturating_sub(self.start));
                    let line = line(&self.what, step, self.total, done, elapsed, &in_text(numbers));
                    note(format_args!("{line}{}", self.throughput(step)));
                    self.last_line = now;
                }
            }
        }
    }

    /// `, 16.0 samples/s, 210 MiB` for a training run.
    fn throughput(&self, step: u64) -> String {
        let Some(Throughput { gpu, batch }) = &self.throughput else { return String::new() };
        let samples = step.saturating_sub(self.start) as f64 * *batch as f64;
        let rate = samples / self.began.elapsed().as_secs_f64().max(1e-9);
        format!(", {rate:.1} samples/s, {} MiB", gpu.peak_bytes() >> 20)
    }

    /// Prints a line on stderr without disturbing the bar; nothing with `-q`.
    pub fn println(&self, text: &str) {
        match &self.form {
            Form::Silent => {}
            Form::Bar(bar) => bar.println(text),
            Form::Lines => note(text),
        }
    }

    /// Calls `print`, which may write to stdout, without disturbing the bar.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.form {
            Form::Bar(bar) => bar.suspend(print),
            Form::Lines | Form::Silent => print(),
        }
    }

    /// Ends the bar at its current position.
    pub fn finish(self) {
        if let Form::Bar(bar) = &self.form {
            bar.abandon();
        }
    }
}

fn bar(what: &str, start: u64, total: u64) -> ProgressBar {
    let template = "{prefix} {bar:30} {pos}/{len} {msg} {per_sec} {eta} left";
    let style = ProgressStyle::with_template(template).expect("a valid template").progress_chars("━╸─");
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(5));
    bar.set_style(style);
    bar.set_prefix(what.to_owned());
    bar.set_position(start);
    // Otherwise the rate would count the steps before `start`.
    bar.reset_eta();
    bar
}

fn in_text<K: AsRef<str>>(numbers: &[(K, f64)]) -> String {
    numbers.iter().map(|(name, value)| format!("{} {}", name.as_ref(), short(*value))).collect::<Vec<_>>().join(" ")
}

/// About four digits.
fn short(value: f64) -> String {
    if value != 0.0 && !(1e-3..1e5).contains(&value.abs()) { format!("{value:.2e}") } else { format!("{value:.4}") }
}

fn line(what: &str, step: u64, total: u64, done: u64, elapsed: Duration, numbers: &str) -> String {
    let rate = done as f64 / elapsed.as_secs_f64().max(1e-9);
    let left = if rate > 0.0 { (total - step.min(total)) as f64 / rate } else { 0.0 };
    let numbers = if numbers.is_empty() { String::new() } else { format!(", {numbers}") };
    format!("{what} {step}/{total}{numbers}, {rate:.2}/s, {} left", clock(left))
}

/// Seconds as `1:02:03` or `2:03`.
fn clock(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_step_numbers_rate_and_time_left() {
        let numbers = in_text(&[("loss", 0.12345), ("lr", 2e-5)]);
        let text = line("codec", 150, 1000, 50, Duration::from_secs(25), &numbers);
        assert_eq!(text, "codec 150/1000, loss 0.1235 lr 2.00e-5, 2.00/s, 7:05 left");
    }

    #[test]
    fn no_step_done_and_steps_beyond_the_total_do_no_harm() {
        assert_eq!(line("codec", 0, 10, 0, Duration::ZERO, ""), "codec 0/10, 0.00/s, 0:00 left");
        assert!(line("codec", 11, 10, 11, Duration::from_secs(1), "").ends_with("0:00 left"));
        assert_eq!(clock(3723.4), "1:02:03");
    }

    #[test]
    fn a_quiet_progress_takes_everything() {
        let mut progress = Progress::new("codec", 0, 2, Verbosity::Quiet);
        progress.update(1, &[("loss", f64::NAN)]);
        progress.println("nothing");
        progress.finish();
    }
}
