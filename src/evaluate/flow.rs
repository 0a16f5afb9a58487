//! Evaluation of a flow: similarity of its samples to real music, and memorisation.

use std::fmt;

use serde::Serialize;

use super::bars::{self, BarRow};
use super::feature_row::FeatureRow;
use super::memory::{self, Memorisation, Nearest};
use super::musicality::Musicality;
use super::obedience::Obedience;
use super::similarity::{Latents, WithBaselines, densities, frechet, overlap};
use super::velocities::Velocities;
use super::windows::{Coder, Set, in_four};
use super::{Options, check_held_out};
use crate::chart::{self, Curve, Panel, comparison};
use crate::config::Sampling;
use crate::data::dataset::{Dataset, Window};
use crate::data::evenly;
use crate::data::music::roll::Roll;
use crate::data::music::to_c;
use crate::data::picture::Picture;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::metrics::density::{Densities, POINTS};
use crate::metrics::features::{Features, NAMES, Summary};
use crate::ranks::Ranks;
use crate::sample::shared_out::{share, shared_out};
use crate::sample::{Generator, Request};
use crate::text::count;
use crate::train::run::Progress;

/// Default number of samples.
pub const SAMPLES: usize = 128;
/// Samples per batch.
const BATCH: usize = 16;
/// Bars between the windows of training songs in the upper baseline; in 4/4 they do not overlap.
const STRIDE: usize = 8;
/// Samples in the picture of nearest windows.
const SHOWN: usize = 8;
/// Samples in the list of nearest windows.
const LISTED: usize = 3;

/// Where [`Musicality`] is left out.
const NOT_IN_FOUR: &str = "Repetition, melody, bass and harmony need bars of 4/4, and no window has only such bars.";

/// Results of a flow.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Number of held-out songs.
    pub songs: usize,
    /// Number of their windows.
    pub windows: usize,
    /// Number of generated windows, equal to the numbers of windows of training songs and of decoded noise.
    pub samples: usize,
    /// The features.
    pub features: Vec<FeatureRow>,
    /// Mean overlap of all features.
    pub mean_overlap: WithBaselines,
    /// Fréchet distance of standardised latents, with every latent position as a point.
    pub frechet_of_pixels: WithBaselines,
    /// The same with every window as a point, the mean of its latents.
    pub frechet_of_windows: WithBaselines,
    /// Repetition, melody, bass and harmony of the windows in 4/4; none if no held-out window is.
    pub musicality: Option<Musicality>,
    /// Whether the samples have what was asked for; none of a flow without conditions.
    pub obedience: Option<Obedience>,
    /// Velocities; none of a flow without dynamics.
    pub velocities: Option<Velocities>,
    /// Held-out bars compared with their reconstructions by the codec and with lower baselines.
    pub bars: Vec<BarRow>,
    /// The training windows nearest to samples and to held-out windows; none where none of the songs is a training song.
    pub memorisation: Option<Memorisation>,
}

/// The pictures of a report.
pub struct Pictures {
    /// Densities of each feature, real and generated.
    pub features: Picture,
    /// The samples nearest to training windows, with these windows and their difference below.
    pub nearest: Option<Picture>,
}

/// The samples that a flow is evaluated by, and decoded noise.
pub struct Samples {
    flow: Vec<Roll>,
    noise: Vec<Roll>,
}

impl Samples {
    /// Generates them; every rank its share.
    ///
    /// # Errors
    /// A failure of the device, or of the connection of the ranks.
    pub fn generate(gpu: &Gpu, generator: &Generator, options: &Options, ranks: &Ranks) -> Result<Self> {
        let sampling = &generator.config.flow.sampling;
        // With 0 solver steps the noise itself is decoded, with nothing given.
        let unsolved = Sampling { steps: 0, melody: false, ..sampling.clone() };
        let [flow, noise] = [sampling, &unsolved].map(|sampling| generate(gpu, generator, sampling, options, ranks));
        Ok(Self { flow: flow?, noise: noise? })
    }
}

/// Evaluates a flow against held-out windows.
///
/// # Errors
/// If there are no held-out songs, or the device fails.
pub fn evaluate(gpu: &Gpu, generator: &Generator, data: &Dataset, options: &Options) -> Result<(Report, Pictures)> {
    check_held_out(data)?;
    let samples = Samples::generate(gpu, generator, options, &Ranks::alone())?;
    evaluate_samples(gpu, generator, data, samples, options)
}

/// The same by samples that were generated before.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_samples(
    gpu: &Gpu,
    generator: &Generator,
    data: &Dataset,
    samples: Samples,
    options: &Options,
) -> Result<(Report, Pictures)> {
    check_held_out(data)?;
    let (number, seed) = (samples.flow.len(), options.seed);
    let windows = data.held_out_windows();
    let held_out = Set::of_windows(data, windows);
    let training = data.encoding_windows(STRIDE, 1, 0);
    let trained = !training.is_empty();
    let training = evenly(&training, number);
    let sets = [Set::of_samples(samples.flow), Set::of_windows(data, &training), Set::of_samples(samples.noise)];
    let (real, others) = (held_out.features(), sets.each_ref().map(Set::features));
    let compared: Vec<Vec<Densities>> =
        sets.iter().zip(&others).map(|(set, other)| densities((&held_out, &real), (set, other))).collect();
    let groups = |set: usize| [held_out.groups.len(), sets[set].groups.len()];

    let (layout, steps, verbosity) = (data.layout(), generator.config.data.steps, options.verbosity);
    let coder = Coder { gpu, vqvae: &generator.vqvae, layout, steps, verbosity };
    let of_latents = |set: &Set| Latents::of(set, &coder, &generator.statistics);
    let latents = of_latents(&held_out)?;
    let other_latents = sets.iter().map(of_latents).collect::<Result<Vec<_>>>()?;

    let reconstructed = coder.reconstruct(&held_out.rolls)?.rolls;
    let mut bars = vec![BarRow::of("their reconstruction", data, windows, seed, |i, _| Some(reconstructed[i].clone()))];
    bars.extend(bars::lower_baselines(data, windows, seed));
    let held_out_rolls: Vec<Roll> = evenly(windows, number).iter().map(|window| data.roll(window)).collect();
    let memorisation = trained.then(|| Memorisation {
        samples: memory::nearest(data, &sets[0].rolls),
        held_out: memory::nearest(data, &held_out_rolls),
    });

    let [in_bars, training_in_bars] = [windows, &training].map(|windows| in_four(data, windows));
    let songs = Set::of_windows(data, &in_bars);
    let musicality = Musicality::of(&songs, [&sets[0], &Set::of_windows(data, &training_in_bars), &sets[2]], seed);
    let obedience = generator.rows(&request(options, 0, number), 0, number).map(|rows| {
        let shift = |window: &Window| to_c::shift(&data.roll(window), &data.songs()[window.song].roll);
        Obedience::of(&sets[0].rolls, &rows, &songs, &in_bars.iter().map(shift).collect::<Vec<_>>(), seed)
    });

    let velocities = |dynamics| Velocities::of(dynamics, &sets[0], &held_out, &sets[1], seed);
    let velocities = generator.dynamics.as_ref().map(velocities).transpose()?;

    let pictures = Pictures {
        features: chart::panel::sheet(&compared[0].iter().zip(NAMES).map(panel).collect::<Vec<_>>(), 4),
        nearest: memorisation.as_ref().map(|found| nearest_picture(data, &sets[0].rolls, &found.samples)),
    };
    let report = Report {
        songs: held_out.groups.len(),
        windows: windows.len(),
        samples: number,
        features: rows(&real, &others[0], |which| {
            WithBaselines::of(trained, |set| overlap(&compared[set][which..=which], groups(set), seed))
        }),
        mean_overlap: WithBaselines::of(trained, |set| overlap(&compared[set], groups(set), seed)),
        frechet_of_pixels: WithBaselines::of(trained, |set| {
            frechet(&latents, &other_latents[set], |l| &l.positions, seed)
        }),
        frechet_of_windows: WithBaselines::of(trained, |set| {
            frechet(&latents, &other_latents[set], |l| &l.windows, seed)
        }),
        musicality,
        obedience,
        velocities,
        bars,
        memorisation,
    };
    Ok((report, pictures))
}

/// Samples without a class, batch by batch; every rank its share.
fn generate(
    gpu: &Gpu,
    generator: &Generator,
    sampling: &Sampling,
    options: &Options,
    ranks: &Ranks,
) -> Result<Vec<Roll>> {
    let all = request(options, 0, options.samples.unwrap_or(SAMPLES));
    let mut progress = Progress::new("sampling", 0, share(ranks, &all) as u64, options.verbosity);
    let mut done = 0;
    let rolls = shared_out(ranks, &all, |part| {
        let mut rolls = Vec::new();
        for first in (0..part.count).step_by(BATCH) {
            let count = BATCH.min(part.count - first);
            rolls.extend(generator.generate(gpu, &request(options, part.first + first as u64, count), sampling)?);
            done += count as u64;
            progress.update(done);
        }
        Ok(rolls)
    })?;
    progress.finish();
    Ok(rolls)
}

/// Samples without a class, of which nothing is asked but what is drawn.
fn request(options: &Options, first: u64, count: usize) -> Request {
    Request { seed: options.seed, first, count, batch: BATCH, ..Request::default() }
}

fn rows(real: &[Features], generated: &[Features], overlap: impl Fn(usize) -> WithBaselines) -> Vec<FeatureRow> {
    let (real, generated) = (Summary::of(real), Summary::of(generated));
    let moments = |summary: &Summary, which: usize| [summary.mean[which], summary.deviation[which]];
    let row = |(which, name)| FeatureRow {
        name,
        real: moments(&real, which),
        generated: moments(&generated, which),
        overlap: overlap(which),
    };
    NAMES.into_iter().enumerate().map(row).collect()
}

/// The densities of a feature over held-out windows and over samples.
fn panel((densities, name): (&Densities, &str)) -> Panel {
    let curve = |side: usize| -> Vec<(f64, f64)> {
        let heights = densities.density(side, &vec![1.0; densities.groups(side)]);
        (0..POINTS).map(|i| (densities.first + densities.step * i as f64, heights[i])).collect()
    };
    let all = |side: usize| vec![1.0; densities.groups(side)];
    Panel {
        title: format!("{name}: OA {:.3}", densities.overlap([&all(0), &all(1)])),
        curves: vec![
            Curve { name: "real".to_owned(), points: curve(0), colour: chart::FAINT, filled: true },
            Curve { name: "generated".to_owned(), points: curve(1), colour: chart::CURVES[1], filled: false },
        ],
        includes: vec![0.0],
        ..Panel::default()
    }
}

/// The samples nearest to training windows, these windows, and their difference.
fn nearest_picture(data: &Dataset, samples: &[Roll], nearest: &[Nearest]) -> Picture {
    let pair = |i: usize| {
        let Nearest { song, transpose, overlap, window, .. } = &nearest[i];
        (format!("sample {i}: overlap {overlap:.2}, {song} {transpose:+}"), samples[i].clone(), data.roll(window))
    };
    comparison::nearest(&ranked(nearest).into_iter().take(SHOWN).map(pair).collect::<Vec<_>>())
}

/// Indices of windows by decreasing overlap with their nearest training window.
fn ranked(nearest: &[Nearest]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..nearest.len()).collect();
    order.sort_by(|&a, &b| nearest[b].overlap.total_cmp(&nearest[a].overlap));
    order
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { songs, windows, samples, .. } = self;
        let [samples, windows] = [(samples, "sample"), (windows, "window")].map(|(n, noun)| count(*n, noun));
        writeln!(f, "{samples} compared with {windows} of {}; baselines: as many windows of", count(*songs, "song"))?;
        writeln!(f, "training songs (upper) and of decoded noise (lower); 95 % intervals over songs in brackets\n")?;
        writeln!(f, "{}", FeatureRow::heading(""))?;
        self.features.iter().try_for_each(|row| writeln!(f, "{row}"))?;
        writeln!(f, "{:<56}  {}\n", "mean overlap", self.mean_overlap)?;
        writeln!(f, "{:<56}  {}", "latent Frechet distance, positions", self.frechet_of_pixels)?;
        writeln!(f, "{:<56}  {}\n", "latent Frechet distance, windows", self.frechet_of_windows)?;
        match &self.musicality {
            Some(found) if found.windows < self.windows => {
                writeln!(f, "In bars of 4/4, as {} of the {windows} are:\n{found}", found.windows)?
            }
            Some(found) => writeln!(f, "{found}")?,
            None => writeln!(f, "{NOT_IN_FOUR}\n")?,
        }
        self.obedience.iter().try_for_each(|found| writeln!(f, "{found}"))?;
        self.velocities.iter().try_for_each(|found| writeln!(f, "{found}"))?;
        writeln!(f, "{}", bars::table(&self.bars))?;
        self.memorisation.iter().try_for_each(|found| write!(f, "{found}"))
    }
}

impl fmt::Display for Memorisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<38} {:>8} {:>8} {:>8}",
            "overlap with the nearest training window", "mean", "median", "largest"
        )?;
        for (what, nearest) in [("samples", &self.samples), ("held-out windows", &self.held_out)] {
            let [mean, median, largest] = memory::summary(nearest);
            writeln!(f, "{what:<40} {mean:>8.3} {median:>8.3} {largest:>8.3}")?;
        }
        for i in ranked(&self.samples).into_iter().take(LISTED) {
            let Nearest { song, step, transpose, overlap, .. } = &self.samples[i];
            writeln!(f, "sample {i}: {overlap:.3} with {song} from step {step}, transposed by {transpose}")?;
        }
        Ok(())
    }
}
