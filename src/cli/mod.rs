//! The commands: parse, call one library function, print.
//!
//! One file per command, with its `Args` and its `run`. Results are printed to stdout, progress and errors to stderr. Exit codes: 0
//! success, 1 an error, printed as one sentence, 2 an invalid command line.

pub mod accompany;
mod asked;
pub mod bench;
pub mod completions;
pub mod continuation;
pub mod data;
pub mod demo;
pub mod devices;
pub mod evaluate;
pub mod export;
pub mod fill;
mod follow;
pub mod global;
pub mod import;
pub mod inspect;
pub mod judged;
mod loudness;
pub mod man;
pub mod melody_for;
pub mod morph;
mod number;
pub mod reading;
pub mod reconstruct;
pub mod resume_line;
pub mod run_args;
pub mod sample;
pub mod selftest;
pub mod serve;
mod solver_progress;
pub mod steering;
pub mod task_args;
mod timing;
pub mod to_image;
pub mod to_midi;
pub mod to_wav;
pub mod train_dynamics;
pub mod train_flow;
pub mod train_melody;
pub mod train_texture;
pub mod train_vqvae;
pub mod vary;

use crate::terminal;
use clap::{CommandFactory, Parser, Subcommand};
use global::{Global, finish};
use std::process::ExitCode;

const EXAMPLES: &str = "Examples:
  flocoder sample --wav
  flocoder demo
  flocoder train-vqvae --config configs/small_vqvae.yaml --data songs --output runs/codec";

/// Learns to write music as pictures: trains on MIDI files, generates new ones.
#[derive(Debug, Parser)]
#[command(name = "flocoder", version, propagate_version = true, after_help = EXAMPLES)]
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
    /// Teach a trained flow how loud notes are
    TrainDynamics(train_dynamics::Args),
    /// Teach a trained flow to write melodies, note by note
    TrainMelody(train_melody::Args),
    /// Teach a trained flow which texture to expect beside a melody
    TrainTexture(train_texture::Args),
    /// Make new music with a trained flow
    Sample(Box<sample::Args>),
    /// Write a part of a song anew, and keep all else
    Fill(fill::Args),
    /// Continue a song after its last bar
    Continue(continuation::Args),
    /// Write the accompaniment to a melody
    Accompany(accompany::Args),
    /// Write a melody to an accompaniment
    MelodyFor(melody_for::Args),
    /// Vary a song, or some of its bars
    Vary(vary::Args),
    /// Make pieces between two pieces
    Morph(morph::Args),
    /// Open a page to write, hear and edit music with a flow
    Serve(serve::Args),
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
    /// Print completions for a shell
    Completions(completions::Args),
    /// Print the manual page, or write one for each command
    Man(man::Args),
}

/// Parses the command line and runs the command.
pub fn main() -> ExitCode {
    let Cli { global, command } = match Cli::try_parse() {
        Ok(parsed) => parsed,
        Err(error) if error.use_stderr() => error.exit(),
        // The texts of --help and --version.
        Err(text) => return finish(terminal::written(text.print())),
    };
    // A closed output pipe, as of `head`, ends a command quietly, but not a training run or a server.
    #[cfg(unix)]
    if !matches!(command, Command::Demo(_) | Command::TrainVqvae(_) | Command::TrainFlow(_) | Command::Serve(_)) {
        sigpipe::reset();
    }
    let result = match &command {
        Command::Devices(args) => devices::run(args, &global),
        Command::Demo(args) => demo::run(args, &global),
        Command::TrainVqvae(args) => train_vqvae::run(args, &global),
        Command::TrainFlow(args) => train_flow::run(args, &global),
        Command::TrainDynamics(args) => train_dynamics::run(args, &global),
        Command::TrainMelody(args) => train_melody::run(args, &global),
        Command::TrainTexture(args) => train_texture::run(args, &global),
        Command::Sample(args) => sample::run(args, &global),
        Command::Fill(args) => fill::run(args, &global),
        Command::Continue(args) => continuation::run(args, &global),
        Command::Accompany(args) => accompany::run(args, &global),
        Command::MelodyFor(args) => melody_for::run(args, &global),
        Command::Vary(args) => vary::run(args, &global),
        Command::Morph(args) => morph::run(args, &global),
        Command::Serve(args) => serve::run(args, &global),
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
        Command::Completions(args) => completions::run(args, Cli::command()),
        Command::Man(args) => man::run(args, Cli::command()),
    };
    finish(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::sample::bundled;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// All commands, with those of commands.
    fn commands() -> Vec<clap::Command> {
        let mut all = vec![Cli::command()];
        all[0].build();
        let mut next = 0;
        while let Some(command) = all.get(next) {
            let subcommands: Vec<_> =
                command.get_subcommands().filter(|command| command.get_name() != "help").cloned().collect();
            all.extend(subcommands);
            next += 1;
        }
        all.into_iter().filter(|command| !command.get_bin_name().unwrap_or_default().contains("help")).collect()
    }

    #[test]
    fn every_command_has_examples_that_it_understands() {
        let mut seen = 0;
        for command in commands() {
            let text = command.get_after_help().unwrap_or_else(|| panic!("{} has no example", command.get_name()));
            let text = text.to_string().replace("\\\n", " ");
            for line in text.lines().filter_map(|line| line.strip_prefix("  flocoder ")) {
                let words = line.split(['|', '>']).next().unwrap_or_default().split_whitespace();
                Cli::try_parse_from(std::iter::once("flocoder").chain(words)).unwrap_or_else(|e| panic!("{line}: {e}"));
                seen += 1;
            }
        }
        assert!(seen > 20, "{seen} examples");
    }

    #[test]
    fn global_options_have_their_own_heading_and_defaults_are_values() {
        let keys: Vec<String> = Config::keys().into_iter().filter(|key| key.contains('.')).collect();
        for mut command in commands() {
            let help = command.render_long_help().to_string();
            let (own, global) = help.split_once("Global options:").unwrap_or_else(|| panic!("{help}"));
            assert!(!own.contains("--device") && global.contains("--device") && global.contains("--quiet"), "{help}");
            let defaults = help.split("[default: ").skip(1).filter_map(|rest| rest.split(']').next());
            for default in defaults {
                assert!(!keys.iter().any(|key| default.contains(key)), "{default}");
            }
        }
    }

    #[test]
    fn the_defaults_told_of_the_bundled_flow_are_its_own() {
        let sampling = bundled::flow().unwrap().config.flow.sampling;
        assert_eq!((sampling.steps, sampling.guidance, sampling.quantize), (24, 1.5, false));
        assert_eq!(sampling.method, crate::config::Method::Euler);
    }
}
