//! GPUs on paper: every case, training steps of every shipped configuration and a sampling run are recorded on adapters that are not
//! at hand. wgpu refuses what exceeds their limits. Work is cut into short submissions, and what is launched is translated to the
//! other shading languages.

mod common;

use std::collections::{BTreeSet, HashSet};
use std::fs;

use common::cases::{awkward, for_tiles, of_size, record, software, tile_tunings, tunings};
use common::program::Place;
use common::training::train;
use common::translation::variant_translates;
use flocoder::bench::{Effort, Size, cases, steps};
use flocoder::config::Precision;
use flocoder::gpu::pipeline::Variant;
use flocoder::gpu::work::SUBMISSION;
use flocoder::gpu::{Gpu, Paper, Tuning};
use flocoder::ranks::Ranks;
use flocoder::sample::{Generator, Request, bundled};

fn open(paper: &Paper) -> Gpu {
    Gpu::on_paper(paper).unwrap_or_else(|error| panic!("{}: {error}", paper.name))
}

/// Panics unless all submissions are short enough for the watchdog of a slow GPU.
#[track_caller]
fn is_cut(gpu: &Gpu, what: &str) {
    let counters = gpu.counters();
    let (name, seconds) = (&gpu.capabilities().name, counters.largest_submission as f64 / 1e11);
    assert!(counters.largest_submission <= SUBMISSION, "{name}: {what}: {seconds:.2} s on a GPU of 100 GFLOP/s");
}

#[test]
fn every_case_is_within_the_limits_of_every_adapter() {
    let mut launched = HashSet::new();
    for paper in Paper::all() {
        let gpu = open(&paper);
        let sizes = [Size::Awkward, Size::Shipped];
        for case in sizes.into_iter().flat_map(|size| of_size(size, gpu.capabilities())) {
            record(&gpu, &case);
            let what = format!("{} {}", case.kernel, case.shape);
            gpu.flush().unwrap_or_else(|error| panic!("{}: {what}: {error}", paper.name));
            is_cut(&gpu, &what);
        }
        launched.extend(gpu.variants());
    }
    launched.iter().for_each(variant_translates);
}

/// A single dispatch of these may exceed a submission on a slow GPU; each then has one to itself.
#[test]
fn cases_for_large_gpus_are_within_their_limits() {
    let paper = Paper::all().into_iter().find(|paper| paper.name.contains("Hopper")).unwrap();
    let gpu = open(&paper);
    for case in cases::large().into_iter().chain(cases::large_in_f16()) {
        record(&gpu, &case);
        gpu.flush().unwrap_or_else(|error| panic!("{}: {} {}: {error}", paper.name, case.kernel, case.shape));
    }
    let counters = gpu.counters();
    assert!(counters.largest_submission <= SUBMISSION.max(counters.largest_dispatch));
}

#[test]
fn steps_of_the_bench_are_within_the_limits_and_cut() {
    for paper in
        Paper::all().into_iter().filter(|paper| ["Hopper", "Raspberry"].iter().any(|name| paper.name.contains(name)))
    {
        let gpu = open(&paper);
        let precision = if gpu.capabilities().f16 { Precision::F16 } else { Precision::F32 };
        for step in steps::all(64, false) {
            let measured = steps::measure_step(&gpu, &Ranks::alone(), &step, precision, Effort::QUICK, false);
            measured.unwrap_or_else(|error| panic!("{}: {}: {error}", paper.name, step.what));
            is_cut(&gpu, &step.what);
        }
    }
}

/// The shipped configurations: a codec, and a flow on its latents.
const CONFIGURATIONS: [[&str; 2]; 5] = [
    ["demo_vqvae", "demo_flow"],
    ["small_vqvae", "small_flow"],
    ["vqvae_config", "flow_config"],
    ["octave_vqvae", "octave_flow"],
    ["octave_vqvae", "octave_fill"],
];

/// In f16 where the adapter has it, for which some launches differ; in f32 on the others.
#[test]
fn training_of_every_shipped_configuration_is_within_the_limits_of_every_adapter() {
    let names: HashSet<&str> = CONFIGURATIONS.into_iter().flatten().collect();
    let files = fs::read_dir("configs").unwrap().map(|file| file.unwrap().path().with_extension(""));
    for file in files {
        assert!(names.contains(file.file_name().unwrap().to_str().unwrap()), "{} is not recorded", file.display());
    }
    let place = Place::with_songs("paper");
    let mut launched = HashSet::new();
    for names in CONFIGURATIONS {
        for paper in Paper::all() {
            let gpu = open(&paper);
            let precision = if gpu.capabilities().f16 { Precision::F16 } else { Precision::F32 };
            let what = format!("{names:?} in {precision:?}");
            train(&gpu, &place, names, precision, "train.steps=1")
                .unwrap_or_else(|error| panic!("{}: {what}: {error}", paper.name));
            is_cut(&gpu, &what);
            launched.extend(gpu.variants());
        }
    }
    launched.iter().for_each(variant_translates);
    are_covered(&launched);
}

/// Constants that are sizes, of which a kernel's loops and arrays are made. All others choose between texts.
const SIZES: [&str; 19] = [
    "matrix",
    "emulated",
    "lanes",
    "rows",
    "columns",
    "chunk",
    "own_rows",
    "own_columns",
    "vectors",
    "segment",
    "lines",
    "d",
    "rows_per_invocation",
    "depth",
    "padded_depth",
    "tile",
    "channels",
    "block",
    "side",
];

/// Panics unless the cases that are compared with a reference on software Vulkan launch every kernel with every pair of choices with
/// which training launches it. Element types of the bindings, all together, are a choice. Those on matrix units excepted: they are
/// emulated for a few cases.
#[track_caller]
fn are_covered(launched: &HashSet<Variant>) {
    let mut checked = HashSet::new();
    let open = |tuning: &Tuning| Gpu::on_paper_tuned(&software(tuning), |_| tuning.clone()).unwrap();
    for tuning in tunings() {
        let gpu = open(&tuning);
        awkward(gpu.capabilities()).iter().for_each(|case| record(&gpu, case));
        checked.extend(gpu.variants());
    }
    for tuning in tile_tunings() {
        let gpu = open(&tuning);
        for_tiles().iter().for_each(|case| record(&gpu, case));
        checked.extend(gpu.variants());
    }
    let checked: HashSet<_> = checked.iter().flat_map(pairs_of_choices).collect();
    let on_matrix_units =
        |variant: &Variant| variant.constants.iter().any(|&(name, side)| name == "matrix" && side > 0);
    let missing: BTreeSet<_> =
        launched.iter().filter(|variant| !on_matrix_units(variant)).flat_map(pairs_of_choices).collect();
    let missing: Vec<_> = missing.into_iter().filter(|pair| !checked.contains(pair)).collect();
    assert!(
        missing.is_empty(),
        "no case launches\n{}",
        missing.iter().map(|pair| format!("{pair:?}\n")).collect::<String>()
    );
}

type Choice = (&'static str, String);

/// The kernel's name, and each pair of its choices.
fn pairs_of_choices(variant: &Variant) -> Vec<(&'static str, Choice, Choice)> {
    let mut choices: Vec<Choice> = variant
        .constants
        .iter()
        .filter(|(name, _)| !SIZES.contains(name))
        .map(|&(name, value)| (name, value.to_string()))
        .collect();
    choices.sort();
    choices.push(("stored", format!("{:?}", variant.stored)));
    let pair = |i: usize| {
        let choices = &choices;
        (0..=i).map(move |j| (variant.kernel.name, choices[j].clone(), choices[i].clone()))
    };
    (0..choices.len()).flat_map(pair).collect()
}

#[test]
fn sampling_is_within_the_limits_of_every_adapter() {
    for paper in Paper::all() {
        let gpu = open(&paper);
        let generator = Generator::of(&gpu, bundled::flow().unwrap()).unwrap();
        let request = Request { count: 3, batch: 2, ..Request::default() };
        let samples = generator.generate(&gpu, &request, &generator.config.flow.sampling).unwrap();
        assert_eq!(samples.len(), 3, "{}", paper.name);
        is_cut(&gpu, "sampling");
        gpu.variants().iter().for_each(variant_translates);
    }
}

/// What follows from each adapter's capabilities.
#[test]
fn adapters_get_the_kernels_that_they_can_run() {
    for paper in Paper::all() {
        let gpu = open(&paper);
        let expected = match paper.matrix {
            _ if paper.software => Tuning::software(paper.subgroup[0]),
            matrix => Tuning::gpu(matrix),
        };
        assert_eq!((gpu.tuning().name, gpu.tuning().products), (expected.name, expected.products), "{}", paper.name);
    }
}

#[test]
fn an_adapter_that_cannot_run_the_kernels_is_refused_in_a_sentence() {
    let refused = |paper: &Paper| Gpu::on_paper(paper).err().expect("no error").to_string();
    let mut old = Paper::raspberry_pi();
    old.limits.max_storage_buffers_per_shader_stage = 4;
    assert_eq!(
        refused(&old),
        "GPU: Raspberry Pi, Mesa has 4 storage buffers per kernel, but 8 are needed; update its driver or choose another adapter with --device"
    );
}
