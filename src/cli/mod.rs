//! The commands: parse, call one library function, print.
//!
//! One file per command, with its `Args` and its `run`. Results are printed to stdout, progress and errors to stderr. Exit codes: 0
//! success, 1 an error, printed as one sentence, 2 an invalid command line.

pub mod bench;
pub mod data;
pub mod demo;
pub mod devices;
pub mod evaluate;
pub mod export;
pub mod global;
pub mod import;
pub mod inspect;
pub mod judged;
pub mod reading;
pub mod reconstruct;
pub mod resume_line;
pub mod run_args;
pub mod sample;
pub mod selftest;
pub mod to_image;
pub mod to_midi;
pub mod to_wav;
pub mod train_flow;
pub mod train_vqvae;

use crate::terminal;
use clap::{Parser, Subcommand};
use global::{Global, finish};
use std::process::ExitCode;

/// Learns to write music as pictures: trains on MIDI files, generates new ones.
#[derive(Debug, Parser)]
#[command(name = "flocoder", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the adapters, their features, and which one is used and why
    Devices(devices::Args),
    /// Compose songs, train a codec and a flow on them, and make new music, in one run
    Demo(demo::Args),
    /// Train a codec: piano rolls to small latents and back
    TrainVqvae(train_vqvae::Args),
    /// Train a flow on a codec's latents: noise to latents
    TrainFlow(train_flow::Args),
    /// Make new music with a trained flow
    Sample(sample::Args),
    /// Encode and decode a file with a codec, and score the result
    Reconstruct(reconstruct::Args),
    /// Describe a checkpoint: configuration, parameters, history, use of its codes
    Inspect(inspect::Args),
    /// Score a codec or a flow on held-out songs
    Evaluate(evaluate::Args),
    /// Write a checkpoint to publish: without local paths, optionally at half the size
    Export(export::Args),
    /// Turn PyTorch weights of the Python package into a checkpoint
    Import(import::Args),
    /// Check every kernel on this adapter against its f64 reference
    Selftest(selftest::Args),
    /// Time every kernel, or whole training steps and sampling
    Bench(bench::Args),
    /// Show statistics of music files, or compose songs
    Data(data::Args),
    /// Draw a MIDI file as a picture
    ToImage(to_image::Args),
    /// Turn a picture back into a MIDI file
    ToMidi(to_midi::Args),
    /// Render a MIDI file as a sound file
    ToWav(to_wav::Args),
}

/// Parses the command line and runs the command.
pub fn main() -> ExitCode {
    let Cli { global, command } = match Cli::try_parse() {
        Ok(parsed) => parsed,
        Err(error) if error.use_stderr() => error.exit(),
        // The texts of --help and --version.
        Err(text) => return finish(terminal::written(text.print())),
    };
    // A closed output pipe, as of `head`, ends a command quietly, but not a training run.
    #[cfg(unix)]
    if !matches!(command, Command::Demo(_) | Command::TrainVqvae(_) | Command::TrainFlow(_)) {
        sigpipe::reset();
    }
    let result = match &command {
        Command::Devices(args) => devices::run(args, &global),
        Command::Demo(args) => demo::run(args, &global),
        Command::TrainVqvae(args) => train_vqvae::run(args, &global),
        Command::TrainFlow(args) => train_flow::run(args, &global),
        Command::Sample(args) => sample::run(args, &global),
        Command::Reconstruct(args) => reconstruct::run(args, &global),
        Command::Inspect(args) => inspect::run(args, &global),
        Command::Evaluate(args) => evaluate::run(args, &global),
        Command::Export(args) => export::run(args),
        Command::Import(args) => import::run(args, &global),
        Command::Selftest(args) => selftest::run(args, &global),
        Command::Bench(args) => bench::run(args, &global),
        Command::Data(args) => data::run(args, &global),
        Command::ToImage(args) => to_image::run(args, &global),
        Command::ToMidi(args) => to_midi::run(args, &global),
        Command::ToWav(args) => to_wav::run(args),
    };
    finish(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
