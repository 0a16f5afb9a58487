//! The options of an evaluation by a task.

use crate::evaluate::tasks::{Attributes, Chords, STRENGTH, Settings, Task};

/// The task and what the flow is told.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Hidden parts of held-out songs, written anew by a flow")]
pub struct TaskArgs {
    /// What to hide in windows of eight bars
    #[arg(long, value_enum)]
    pub task: Option<Task>,
    /// Chords that the flow is told
    #[arg(long, value_enum, default_value = "given", requires = "task")]
    pub chords: Chords,
    /// Attributes that the flow is told
    #[arg(long, value_enum, default_value = "hidden", requires = "task")]
    pub attributes: Attributes,
    /// Strength of `--task vary`, above 0 and at most 1
    #[arg(long, value_name = "SHARE", default_value_t = STRENGTH, requires = "task", value_parser = strength)]
    pub strength: f64,
}

impl TaskArgs {
    /// The task with its settings, if there is one.
    pub fn settings(&self) -> Option<Settings> {
        let Self { chords, attributes, strength, .. } = *self;
        self.task.map(|task| Settings { task, chords, attributes, strength })
    }
}

fn strength(text: &str) -> Result<f64, String> {
    let parsed = text.parse().ok().filter(|share| *share > 0.0 && *share <= 1.0);
    parsed.ok_or_else(|| "it takes a number above 0 and at most 1".to_owned())
}
