//! `flocoder reconstruct`: a file through a codec and back.

use super::global::Global;
use super::reading::incomplete;
use crate::chart::comparison::reconstruction;
use crate::checkpoint::{Checkpoint, Kind};
use crate::data::dataset::song::Song;
use crate::data::dataset::source;
use crate::data::music::midi;
use crate::data::music::midi::Selection;
use crate::data::music::roll::Roll;
use crate::data::picture::cells::Orphans;
use crate::data::picture::image;
use crate::data::picture::tensor::Layout;
use crate::error::Result;
use crate::files;
use crate::metrics::scores::Scores;
use crate::models::Vqvae;
use crate::sample::bundled;
use crate::terminal::{note, print};
use crate::text::count;
use crate::train::codec::validate::reconstruct;
use std::path::PathBuf;

/// The files that are written.
const WRITTEN: [&str; 5] =
    ["original.png", "original.mid", "reconstruction.png", "reconstruction.mid", "difference.png"];

const EXAMPLES: &str = "Examples:\n  flocoder reconstruct song.mid\n  flocoder reconstruct song.mid --checkpoint runs/codec/codec.safetensors --output there-and-back";

/// Arguments of `reconstruct`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A .mid file, or a .png of a piano roll
    #[arg(value_name = "INPUT")]
    pub input: PathBuf,
    /// Checkpoint of a codec [default: the bundled codec]
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Folder for pictures and .mid files of the original and the reconstruction
    #[arg(long, short, value_name = "DIR", default_value = "reconstructed")]
    pub output: PathBuf,
}

/// Writes `original` and `reconstruction` as .png and .mid, `difference.png`, and prints the scores.
///
/// # Errors
/// An input, checkpoint, device or folder that cannot be used.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    for name in WRITTEN {
        files::refuse_overwriting(&args.output.join(name), args.checkpoint.iter().chain([&args.input]))?;
    }
    let checkpoint = match &args.checkpoint {
        Some(path) => Checkpoint::load(path, Kind::Codec)?,
        None => bundled::flow()?.codec(),
    };
    let config = &checkpoint.config;
    config.validate_codec()?;
    let selection = Selection { tracks: config.data.tracks.clone(), drums: config.data.drums };
    let Song { roll: original, cut_off, .. } = source::read_song(&args.input, &selection)?;
    let original = original.marked(true);
    let gpu = global.open_gpu()?;
    let layout = Layout::of(&config.data);
    let vqvae = Vqvae::open(&gpu, &config.vqvae, layout.count(), &checkpoint.tensors, &checkpoint.path)?;
    files::writable_folder(&args.output)?;

    let left_out = original.clone().keep_within(&config.data.pitches.range());
    if left_out > 0 {
        let (notes, pitches) = (count(left_out, "note"), config.data.pitches);
        note(format_args!("note: {notes} outside of the codec's pitches {pitches} cannot be reconstructed"));
    }
    let steps = config.data.steps;
    let mut windows = Vec::new();
    for start in (0..original.steps()).step_by(steps) {
        let mut picture = vec![0.0; layout.size(steps)];
        layout.write(&original.window(start, steps as u32), &mut picture);
        let (values, _) = reconstruct(&gpu, &vqvae, layout, steps, &picture)?;
        windows.push((start, layout.read(&values, Orphans::Drop)));
    }
    let result = joined(&original, &windows);
    let scores = Scores::of_rolls(&original, &result);
    let difference = reconstruction(&original, &result, steps as u32).png(&[]);
    let [original, result] = [&original, &result].map(|roll| (image::write(roll), midi::write(roll)));
    for (name, bytes) in WRITTEN.iter().zip([original.0, original.1, result.0, result.1, difference]) {
        files::replace(&args.output.join(name), |file| file.write_all(&bytes))?;
    }
    print(format_args!(
        "note F1 {:.3} (with offsets {:.3}), frame F1 {:.3}, onset F1 {:.3}, sustain F1 {:.3}; pictures and .mid files are in {}",
        scores.note.f1(),
        scores.note_with_offset.f1(),
        scores.frame.f1(),
        scores.onset.f1(),
        scores.sustain.f1(),
        args.output.display()
    ))?;
    incomplete(&args.input, cut_off)
}

/// The windows in sequence, with the length, tempo and time signature of the original.
fn joined(original: &Roll, windows: &[(u32, Roll)]) -> Roll {
    let shifted = windows.iter().flat_map(|(start, roll)| {
        roll.notes().iter().map(move |note| crate::data::music::roll::Note { start: note.start + start, ..*note })
    });
    let notes = shifted.filter(|note| note.start < original.steps()).collect();
    original.with_notes(original.steps(), notes).marked(true)
}
