//! Progress of a long task: a bar on a terminal, otherwise a line every few seconds, nothing with `-q`.

use crate::terminal::note;
use crate::text::{clock, three_digits};
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

/// The progress of one task of a known number of steps. A line of it fits 80 columns.
pub struct Progress {
    what: String,
    total: u64,
    /// Steps done before this process, which do not count for the rate.
    start: u64,
    began: Instant,
    last_line: Instant,
    loss: Option<f64>,
    form: Form,
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
        Self { what: what.to_owned(), total, start, began: now, last_line: now, loss: None, form }
    }

    /// Shows a loss from the next update on.
    pub fn set_loss(&mut self, loss: f64) {
        self.loss = Some(loss);
    }

    /// Reports that `step` steps are done.
    pub fn update(&mut self, step: u64) {
        let now = Instant::now();
        match &self.form {
            Form::Silent => {}
            Form::Bar(bar) => {
                bar.set_position(step);
                bar.set_message(self.figures(step, now - self.began));
            }
            Form::Lines if now - self.last_line >= LINE_EVERY || step == self.total => {
                note(self.line(step, now - self.began));
                self.last_line = now;
            }
            Form::Lines => {}
        }
    }

    fn line(&self, step: u64, elapsed: Duration) -> String {
        format!("{} {step}/{}, {}", self.what, self.total, self.figures(step, elapsed))
    }

    /// Loss, rate and time left.
    fn figures(&self, step: u64, elapsed: Duration) -> String {
        let rate = step.saturating_sub(self.start) as f64 / elapsed.as_secs_f64().max(1e-9);
        let loss = self.loss.map_or(String::new(), |loss| format!("loss {}, ", in_four_digits(loss)));
        let left = self.total.saturating_sub(step) as f64;
        let left = if left == 0.0 {
            clock(0.0)
        } else if rate > 0.0 {
            clock(left / rate)
        } else {
            "?".to_owned()
        };
        format!("{loss}{}/s, {left} left", three_digits(rate))
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
    let style = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} {msg}");
    let style = style.expect("a valid template").progress_chars("━╸─");
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(5));
    bar.set_style(style);
    bar.set_prefix(what.to_owned());
    bar.set_position(start);
    bar
}

fn in_four_digits(value: f64) -> String {
    if value != 0.0 && !(1e-3..1e5).contains(&value.abs()) { format!("{value:.2e}") } else { format!("{value:.4}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(total: u64, start: u64) -> Progress {
        Progress { form: Form::Lines, ..Progress::new("codec", start, total, Verbosity::Quiet) }
    }

    #[test]
    fn a_line_says_step_loss_rate_and_time_left() {
        let mut progress = lines(1000, 100);
        assert_eq!(progress.line(150, Duration::from_secs(25)), "codec 150/1000, 2.00/s, 7:05 left");
        progress.set_loss(0.12345);
        assert_eq!(progress.line(150, Duration::from_secs(25)), "codec 150/1000, loss 0.1235, 2.00/s, 7:05 left");
        progress.set_loss(2e-5);
        let slow = progress.line(101, Duration::from_secs(123));
        assert_eq!(slow, "codec 101/1000, loss 2.00e-5, 0.00813/s, 30:42:57 left");
    }

    #[test]
    fn the_longest_line_fits_a_terminal() {
        let mut progress = lines(100_000_000, 0);
        progress.what = "reconstructing".to_owned();
        progress.set_loss(-1.234e-300);
        let line = progress.line(99_999_998, Duration::from_secs(3_000_000_000));
        assert!(line.len() <= 79, "{line}");
    }

    #[test]
    fn no_step_done_and_steps_beyond_the_total_do_no_harm() {
        assert_eq!(lines(10, 0).line(0, Duration::ZERO), "codec 0/10, 0/s, ? left");
        assert!(lines(10, 0).line(11, Duration::from_secs(1)).ends_with("0:00 left"));
    }

    #[test]
    fn a_quiet_progress_takes_everything() {
        let mut progress = Progress::new("codec", 0, 2, Verbosity::Quiet);
        progress.set_loss(f64::NAN);
        progress.update(1);
        progress.println("nothing");
        progress.finish();
    }
}
