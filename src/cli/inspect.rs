//! `flocoder inspect`: a checkpoint's configuration, parameters and history.

use super::global::Global;
use crate::checkpoint::{CODEC_PREFIX, Checkpoint};
use crate::data::picture::tensor::Layout;
use crate::error::Result;
use crate::evaluate::codes;
use crate::files;
use crate::models::Vqvae;
use crate::sample::bundled;
use crate::terminal::print;
use crate::text::count;
use crate::train::run::{History, Line};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Lines of each table of the history.
const LINES: usize = 12;
/// Metrics in the tables of the history, where present.
const METRICS: [&str; 7] =
    ["loss", "gradient_norm", "note_f1", "note_with_offset_f1", "frame_f1", "onset_f1", "sustain_f1"];

const EXAMPLES: &str =
    "Examples:\n  flocoder inspect\n  flocoder inspect runs/codec/codec.safetensors --codes codes.png";

/// Arguments of `inspect`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Checkpoint of a codec or a flow; its history is read from metrics.jsonl in the same folder [default: the bundled flow]
    #[arg(value_name = "CHECKPOINT")]
    pub checkpoint: Option<PathBuf>,
    /// Draw each code of the codec, decoded
    #[arg(long, value_name = "OUT.png")]
    pub codes: Option<PathBuf>,
}

/// Describes the checkpoint and its history, and draws its codes.
///
/// # Errors
/// A checkpoint or device that cannot be used, a picture that cannot be written.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    if let Some(picture) = &args.codes {
        files::check_ending(picture, &["png"])?;
        files::refuse_overwriting(picture, &args.checkpoint)?;
    }
    let checkpoint = match &args.checkpoint {
        Some(path) => Checkpoint::open(path)?,
        None => bundled::flow()?,
    };
    let steps = count(checkpoint.step as usize, "step");
    print(format_args!("{} of {steps}: {}\n", checkpoint.kind, checkpoint.path.display()))?;
    for (name, value) in &checkpoint.extra {
        print(format_args!("{name}: {}", brief(value)))?;
    }
    print(format_args!("\nconfiguration\n{}", indented(&checkpoint.config.to_yaml())))?;
    print(format_args!("parameters\n{}", indented(&parameters(&checkpoint))))?;
    let history = match &args.checkpoint {
        Some(path) => History::read(&path.with_file_name("metrics.jsonl")),
        None => History::default(),
    };
    print(format_args!("history\n{}", indented(&table(&history))))?;
    if let Some(last) = history.of("validation").last().filter(|line| line.numbers.contains_key("codes_used_0")) {
        print(format_args!("codebooks, at the validation of step {}\n{}", last.step, indented(&codebooks(last))))?;
    }
    if let Some(path) = &args.codes {
        draw_codes(&checkpoint.codec(), path, global)?;
    }
    Ok(())
}

fn draw_codes(codec: &Checkpoint, path: &Path, global: &Global) -> Result<()> {
    let (config, layout) = (&codec.config, Layout::of(&codec.config.data));
    config.validate_codec()?;
    let gpu = global.open_gpu()?;
    let vqvae = Vqvae::open(&gpu, &config.vqvae, layout.count(), &codec.tensors, &codec.path)?;
    let png = codes::draw(&gpu, &vqvae, &config.vqvae, layout)?.png(&[]);
    files::replace(path, |file| file.write_all(&png))?;
    print(format_args!("decoded codes: {}", path.display()))?;
    Ok(())
}

/// A value with its lists of texts, such as the songs of a training run, replaced by their lengths.
fn brief(value: &Value) -> Value {
    match value {
        Value::Object(entries) => entries.iter().map(|(name, value)| (name.clone(), brief(value))).collect(),
        Value::Array(items) if items.iter().any(Value::is_string) => format!("list of {}", items.len()).into(),
        other => other.clone(),
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// Every tensor, and sums over the tensors of each part of the network.
fn parameters(checkpoint: &Checkpoint) -> String {
    let mut text = format!("{:<56} {:<20} {:>12} {:>10}\n", "name", "shape", "elements", "KiB");
    let mut parts: Vec<(String, usize)> = Vec::new();
    for (name, tensor) in &checkpoint.tensors {
        let (shape, count) = (format!("{:?}", tensor.shape), tensor.data.len());
        text += &format!("{name:<56} {shape:<20} {count:>12} {:>10.1}\n", kibibytes(count));
        let part = part(name);
        match parts.last_mut().filter(|(last, _)| *last == part) {
            Some((_, sum)) => *sum += count,
            None => parts.push((part, count)),
        }
    }
    parts.push(("all".to_owned(), parts.iter().map(|(_, count)| count).sum()));
    for (part, count) in parts {
        text += &format!("{:<77} {count:>12} {:>10.1}\n", format!("sum of {part}"), kibibytes(count));
    }
    text
}

/// The first component of a tensor's name, or the first two for the codec within a flow.
fn part(name: &str) -> String {
    let components = if name.starts_with(CODEC_PREFIX) { 2 } else { 1 };
    name.split('.').take(components).collect::<Vec<_>>().join(".")
}

/// The size of `count` elements of 32 bits.
fn kibibytes(count: usize) -> f64 {
    count as f64 * 4.0 / 1024.0
}

/// Some lines of each phase, including the last one.
fn table(history: &History) -> String {
    let mut text = String::new();
    for phase in ["train", "validation"] {
        let lines = history.of(phase);
        let names: Vec<&str> =
            METRICS.into_iter().filter(|name| lines.iter().any(|line| line.numbers.contains_key(*name))).collect();
        if lines.is_empty() {
            continue;
        }
        text += &format!("{phase:<12}");
        names.iter().for_each(|name| text += &format!(" {name:>19}"));
        text += "\n";
        let every = lines.len().div_ceil(LINES);
        for line in lines.iter().rev().step_by(every).collect::<Vec<_>>().into_iter().rev() {
            text += &format!("{:<12}", line.step);
            for name in &names {
                let number = line.numbers.get(*name).map_or("-".to_owned(), |value| format!("{value:.5}"));
                text += &format!(" {number:>19}");
            }
            text += "\n";
        }
    }
    if text.is_empty() { "unknown: no metrics.jsonl in the folder of the checkpoint\n".to_owned() } else { text }
}

/// The use of the codes of each level.
fn codebooks(line: &Line) -> String {
    let number = |name: String| line.numbers.get(&name);
    (0..)
        .map_while(|level| {
            Some((level, number(format!("codes_used_{level}"))?, number(format!("perplexity_{level}"))?))
        })
        .map(|(level, used, perplexity)| {
            format!("level {level}: {:.1} % used, perplexity {perplexity:.1}\n", 100.0 * used)
        })
        .collect()
}
