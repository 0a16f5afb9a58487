//! GPUs on paper: every case, training steps of every shipped configuration and a sampling run are recorded on adapters that are not
//! at hand. wgpu refuses what exceeds their limits. Work is cut into short submissions, and what is launched is translated to the
//! other shading languages.

mod common;

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use common::program::Place;
use flocoder::bench::{Case, Size, cases};
use flocoder::checkpoint::{Checkpoint, Kind};
use flocoder::config::{Config, Precision};
use flocoder::data::dataset::Dataset;
use flocoder::error::Result;
use flocoder::gpu::work::SUBMISSION;
use flocoder::gpu::{Gpu, Paper, Products, Tuning};
use flocoder::sample::{Generator, Request, bundled};
use flocoder::tensor::Tensor;
use flocoder::train::run::{RunDir, Verbosity};
use flocoder::train::{Task, codec, flow};

fn open(paper: &Paper) -> Gpu {
    Gpu::on_paper(paper).unwrap_or_else(|error| panic!("{}: {error}", paper.name))
}

/// Records a case on inputs of undefined contents.
fn record(gpu: &Gpu, case: &Case) {
    let inputs: Vec<Tensor> = case.inputs.iter().map(|input| Tensor::empty(gpu, &input.shape, input.dtype)).collect();
    drop((case.run)(gpu, &inputs));
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
        let kinds = [cases::all, cases::all_in_f16];
        let lists = [Size::Awkward, Size::Shipped].into_iter().flat_map(|size| kinds.map(|cases| (size, cases)));
        for case in lists.flat_map(|(size, cases)| cases(size, gpu.capabilities())) {
            record(&gpu, &case);
            let what = format!("{} {}", case.kernel, case.shape);
            gpu.flush().unwrap_or_else(|error| panic!("{}: {what}: {error}", paper.name));
            is_cut(&gpu, &what);
        }
        launched.extend(gpu.variants());
    }
    launched.iter().for_each(common::translation::variant_translates);
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

/// The shipped configurations: a codec, and a flow on its latents.
const CONFIGURATIONS: [[&str; 2]; 4] = [
    ["demo_vqvae", "demo_flow"],
    ["small_vqvae", "small_flow"],
    ["vqvae_config", "flow_config"],
    ["octave_vqvae", "octave_flow"],
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
            train(&gpu, &place, names, precision).unwrap_or_else(|error| panic!("{}: {what}: {error}", paper.name));
            is_cut(&gpu, &what);
            launched.extend(gpu.variants());
        }
    }
    launched.iter().for_each(common::translation::variant_translates);
}

/// Trains a codec and a flow on its latents for one step each, validates both and draws samples.
fn train(gpu: &Gpu, place: &Place, [codec, flow]: [&str; 2], precision: Precision) -> Result<()> {
    let configured = |name: &str, overrides: &str| {
        let data = format!("data.path={} data.validation=0.3 data.validation_windows=4", place.path("songs").display());
        let overrides = format!("{data} train.steps=1 train.warmup=0 {overrides}");
        let overrides: Vec<String> = overrides.split_whitespace().map(str::to_owned).collect();
        let mut config = Config::load(Some(Path::new(&format!("configs/{name}.yaml"))), &overrides).unwrap();
        config.train.precision = precision;
        config
    };
    let task = |config: &Config, kind: Kind| {
        let path = place.path(kind.name());
        let _ = fs::remove_dir_all(&path);
        (Dataset::open(&config.data, &|_, _| {}).unwrap(), RunDir::create(Some(&path), kind, kind.name()).unwrap())
    };
    let verbosity = Verbosity::Quiet;
    let config = configured(codec, "");
    let (data, run) = task(&config, Kind::Codec);
    codec::train(&Task { gpu, config: &config, data: &data, run: &run, verbosity }, None)?;
    let mut trained = Checkpoint::load(&run.checkpoint_path(), Kind::Codec)?;
    // On paper all statistics are zeros, which no codec can divide by.
    if let Some(deviation) = trained.tensors.get_mut("latent_deviation") {
        deviation.data.fill(1.0);
    }
    let config = flow::with_codec(&configured(flow, "flow.augs_per=1 flow.sampling.steps=2"), &trained);
    let (data, run) = task(&config, Kind::Flow);
    flow::train(&Task { gpu, config: &config, data: &data, run: &run, verbosity }, &trained, &place.path("cache"), None)
        .map(drop)
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
        gpu.variants().iter().for_each(common::translation::variant_translates);
    }
}

/// What follows from each adapter's capabilities.
#[test]
fn adapters_get_the_kernels_that_they_can_run() {
    for paper in Paper::all() {
        let gpu = open(&paper);
        let expected = paper.matrix.map_or(Products::Tile, Products::Matrix);
        assert_eq!(gpu.tuning().products, expected, "{}", paper.name);
        assert_eq!(gpu.tuning().name, Tuning::gpu(None).name);
    }
}

/// wgpu offers no immediates in browsers, from which kernels read their scalars.
#[test]
fn an_adapter_that_cannot_run_the_kernels_is_refused_in_a_sentence() {
    let refused = |paper: &Paper| Gpu::on_paper(paper).err().expect("no error").to_string();
    assert_eq!(
        refused(&Paper::web_gpu()),
        "GPU: WebGPU lacks IMMEDIATES, which every kernel needs; update its driver or choose another adapter with --device"
    );
    let mut old = Paper::raspberry_pi();
    old.limits.max_storage_buffers_per_shader_stage = 4;
    assert_eq!(
        refused(&old),
        "GPU: Raspberry Pi, Mesa has 4 storage buffers per kernel, but 8 are needed; update its driver or choose another adapter with --device"
    );
}

#[test]
fn coverage() {
    let numeric = {
        let llvmpipe = Paper::all().into_iter().find(|paper| paper.software).unwrap();
        let mut set = HashSet::new();
        for tuning in [Tuning::software, || Tuning::gpu(None)] {
            let gpu = Gpu::on_paper_tuned(&llvmpipe, |_| tuning()).unwrap();
            for case in
                [cases::all, cases::all_in_f16].into_iter().flat_map(|cases| cases(Size::Awkward, gpu.capabilities()))
            {
                record(&gpu, &case);
            }
            set.extend(gpu.variants());
        }
        set
    };
    let place = Place::with_songs("coverage");
    let mut launched = HashSet::new();
    for paper in Paper::all() {
        if paper.name.contains("Turing")
            || paper.name.contains("RDNA")
            || paper.name.contains("WebGPU")
            || paper.software
        {
            let gpu = open(&paper);
            for names in CONFIGURATIONS {
                let precision = if gpu.capabilities().f16 { Precision::F16 } else { Precision::F32 };
                train(&gpu, &place, names, precision).unwrap();
            }
            launched.extend(gpu.variants());
        }
    }
    std::fs::write(
        "/tmp/gpus-numeric.txt",
        numeric.iter().map(|v| format!("{} {:?} {:?}\n", v.kernel.name, v.constants, v.stored)).collect::<String>(),
    )
    .unwrap();
    std::fs::write(
        "/tmp/gpus-launched.txt",
        launched.iter().map(|v| format!("{} {:?} {:?}\n", v.kernel.name, v.constants, v.stored)).collect::<String>(),
    )
    .unwrap();
    eprintln!("{} {} {}", numeric.len(), launched.len(), launched.difference(&numeric).count());
}
