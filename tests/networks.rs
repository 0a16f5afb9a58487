//! Parts of networks that the golden files do not cover: the patch codec, dropout and noise, hidden classes, f16.

mod common;

use flocoder::bench::case::normalised_error;
use flocoder::config::{Arch, FlowArch, FlowConfig, VqvaeConfig};
use flocoder::dtype::Dtype;
use flocoder::gpu::Gpu;
use flocoder::gpu::recorder::Command;
use flocoder::models::{Codec, Conditioning, Conditions, Unet, VelocityField};
use flocoder::nn::{Layout, Params, Part, Pass};
use flocoder::rng::Philox;
use flocoder::tape::{Tape, Var};
use flocoder::tensor::Tensor;

fn normal(gpu: &Gpu, shape: &[usize], seed: u64) -> Tensor {
    let mut rng = Philox::new(seed, 0);
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| rng.normal() as f32).collect();
    Tensor::from_f32(gpu, shape, &values)
}

fn codec(gpu: &Gpu, config: &VqvaeConfig) -> (Codec, Params) {
    let mut layout = Layout::new();
    let codec = Codec::new(layout.root(), config, 2);
    (codec, Params::new(gpu, layout, 1).unwrap())
}

fn patch_config() -> VqvaeConfig {
    VqvaeConfig { arch: Arch::Patch, patch: 4, hidden: 16, blocks: 1, latent: 3, ..VqvaeConfig::default() }
}

fn resnet_config() -> VqvaeConfig {
    VqvaeConfig { arch: Arch::Resnet, patch: 2, hidden: 8, downsamples: 1, internal: 8, latent: 4, ..patch_config() }
}

#[test]
fn the_patch_codec_trains_every_parameter() {
    let Some(gpu) = common::gpu() else { return };
    let (codec, params) = codec(gpu, &patch_config());
    let names: Vec<&str> = params.layout().entries().iter().map(|entry| entry.name.as_str()).collect();
    for name in ["encoder.0.weight", "encoder.1.conv1.weight", "encoder.2.bias", "decoder.layers.1.norm.weight"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    let tape = Tape::recording();
    let pass = Pass::new(&tape, &params);
    let z = codec.encoder.forward(&pass, &Var::constant(normal(gpu, &[2, 8, 12, 2], 1)));
    assert_eq!(z.shape(), [2, 2, 3, 3]);
    let y = codec.decoder.forward(&pass, &z);
    assert_eq!(y.shape(), [2, 8, 12, 2]);
    tape.backward([(y, normal(gpu, &[2, 8, 12, 2], 2))]);
    for (name, gradient) in params.export(Part::Gradients).unwrap() {
        let largest = gradient.data.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        assert!(largest > 1e-6 && largest.is_finite(), "{name}: largest gradient {largest}");
    }
}

#[test]
fn a_step_is_the_same_bit_for_bit() {
    let Some(gpu) = common::gpu() else { return };
    let (codec, params) = codec(gpu, &VqvaeConfig { dropout: 0.2, ..patch_config() });
    let gradients = || {
        params.zero_grad();
        let tape = Tape::recording();
        let pass = Pass::training(&tape, &params, 5);
        let z = codec.encoder.forward(&pass, &Var::constant(normal(gpu, &[2, 8, 12, 2], 1)));
        let y = codec.decoder.forward(&pass, &z);
        tape.backward([(y, normal(gpu, &[2, 8, 12, 2], 2))]);
        params.export(Part::Gradients).unwrap()
    };
    assert_eq!(gradients(), gradients());
}

#[test]
fn dropout_and_noise_follow_the_seed_and_occur_in_training_only() {
    let Some(gpu) = common::gpu() else { return };
    let random = [
        VqvaeConfig { dropout: 0.3, ..resnet_config() },
        VqvaeConfig { channel_dropout: 0.3, ..resnet_config() },
        VqvaeConfig { noise_injection: 0.3, ..resnet_config() },
    ];
    let decoded = |config: &VqvaeConfig, seed: Option<u64>| {
        let (codec, params) = codec(gpu, config);
        let tape = Tape::inference();
        let pass = seed.map_or_else(|| Pass::new(&tape, &params), |seed| Pass::training(&tape, &params, seed));
        let y = codec.decoder.forward(&pass, &Var::constant(normal(gpu, &[2, 3, 2, 4], 1)));
        assert_eq!(y.shape(), [2, 12, 8, 2]);
        y.value.read_f32().unwrap()
    };
    let plain = decoded(&resnet_config(), Some(1));
    for config in &random {
        assert_eq!(decoded(config, None), plain);
        assert_eq!(decoded(config, Some(1)), decoded(config, Some(1)));
        assert_ne!(decoded(config, Some(1)), decoded(config, Some(2)));
    }
}

#[test]
fn a_latent_position_is_a_rectangle_of_cells() {
    let Some(gpu) = common::gpu() else { return };
    // Without blocks a latent position depends only on its patch: 2 pitches by 2 x 4 steps.
    let config = VqvaeConfig { patch: 2, columns: 4, blocks: 0, ..patch_config() };
    assert_eq!(config.downsampling(), [2, 8]);
    let (codec, params) = codec(gpu, &config);
    let run = |encodes: bool, shape: [usize; 4], changed: Option<usize>| {
        let mut values = normal(gpu, &shape, 1).read_f32().unwrap();
        changed.into_iter().for_each(|i| values[i] += 1.0);
        let (tape, x) = (Tape::inference(), Var::constant(Tensor::from_f32(gpu, &shape, &values)));
        let pass = Pass::new(&tape, &params);
        let y = if encodes { codec.encoder.forward(&pass, &x) } else { codec.decoder.forward(&pass, &x) };
        (y.value.shape().to_vec(), y.value.read_f32().unwrap())
    };
    let (image, latent) = ([2, 6, 24, 2], [2, 3, 3, 3]);
    let changes = |encodes: bool, shape: [usize; 4], element: usize| -> Vec<[usize; 3]> {
        let ((shape_of, before), (_, after)) = (run(encodes, shape, None), run(encodes, shape, Some(element)));
        let [height, width, channels] = [shape_of[1], shape_of[2], shape_of[3]];
        let place = |i: usize| [i / channels / width / height, i / channels / width % height, i / channels % width];
        let mut places: Vec<_> = (0..before.len()).filter(|&i| before[i] != after[i]).map(place).collect();
        places.dedup();
        places
    };
    // The second sample's cell at row 3, column 17, channel 1.
    assert_eq!(changes(true, image, ((6 + 3) * 24 + 17) * 2 + 1), [[1, 1, 2]]);
    // The second sample's latent position at row 1, column 2.
    let cells: Vec<_> = [2, 3].into_iter().flat_map(|row| (16..24).map(move |column| [1, row, column])).collect();
    assert_eq!(changes(false, latent, ((3 + 1) * 3 + 2) * 3), cells);
}

#[test]
fn a_hidden_class_makes_no_difference() {
    let Some(gpu) = common::gpu() else { return };
    let config = FlowConfig { dim: 8, dim_mults: vec![1, 2], n_classes: 3, ..FlowConfig::default() };
    let mut layout = Layout::new();
    let unet = Unet::new(layout.root(), &config, 2);
    let params = Params::new(gpu, layout, 1).unwrap();
    let velocity = |classes: Option<[Option<usize>; 2]>| {
        let tape = Tape::inference();
        let classes = classes.map(|classes| unet.classes(gpu, &classes));
        let t = Tensor::from_f32(gpu, &[2], &[100.0, 700.0]);
        let x = Var::constant(normal(gpu, &[2, 4, 6, 2], 1));
        unet.forward(&Pass::new(&tape, &params), &x, &t, classes.as_ref()).value.read_f32().unwrap()
    };
    let (first, second) = (0..48, 48..96);
    let (without, hidden) = (velocity(None), velocity(Some([None, Some(2)])));
    assert_eq!(without[first.clone()], hidden[first]);
    assert_ne!(without[second.clone()], hidden[second.clone()]);
    assert_eq!(hidden[second.clone()], velocity(Some([Some(1), Some(2)]))[second]);
}

/// A transformer for latents of 4 x 6 positions of 2 channels.
fn transformer(gpu: &Gpu) -> VelocityField {
    let config = FlowConfig {
        arch: FlowArch::Transformer,
        width: 32,
        layers: 1,
        rows: 2,
        picture: 3,
        attributes: 2,
        given: 5,
        controls: 4,
        ..FlowConfig::default()
    };
    VelocityField::new(gpu, &config, [4, 6, 2], 1).unwrap()
}

/// The times of a batch of two.
const TIMES: [f32; 2] = [0.25, 0.75];

/// The velocity at a fixed x.
fn transformed(gpu: &Gpu, VelocityField { params, network }: &VelocityField, conditioning: &Conditioning) -> Vec<f32> {
    let (tape, x) = (Tape::inference(), Var::constant(normal(gpu, &[2, 4, 6, 2], 1)));
    network.forward(&Pass::new(&tape, params), &x, &network.times(gpu, &TIMES), conditioning).value.read_f32().unwrap()
}

#[test]
fn an_untrained_transformer_is_the_best_linear_guess() {
    let Some(gpu) = common::gpu() else { return };
    let velocity = transformed(gpu, &transformer(gpu), &Conditioning::Nothing);
    let x = normal(gpu, &[2, 4, 6, 2], 1).read_f32().unwrap();
    for (i, (velocity, x)) in velocity.iter().zip(x).enumerate() {
        let t = TIMES[i / 48];
        let guess = (2.0 * t - 1.0) / (t * t + (1.0 - t) * (1.0 - t)) * x;
        assert!((velocity - guess).abs() < 1e-6, "{velocity} and {guess}");
    }
}

#[test]
fn hidden_conditions_are_zeros_and_shown_ones_matter() {
    let Some(gpu) = common::gpu() else { return };
    let field = transformer(gpu);
    let weights = field.params.flat(Part::Weights);
    weights.copy_from(&normal(gpu, weights.shape(), 3));
    let shapes: [&[usize]; 5] = [&[2, 4, 6, 3], &[2, 4], &[2, 2], &[2, 4, 6, 5], &[2, 4, 6, 4]];
    let given = |tensor: &dyn Fn(&[usize]) -> Tensor| {
        let [picture, attributes, flags, given, controls] = shapes.map(|shape| Some(tensor(shape)));
        Conditions { picture, attributes, flags, given, controls }
    };
    let zeros = Conditioning::Conditions(given(&|shape| Tensor::zeros(gpu, shape)));
    let nothing = transformed(gpu, &field, &Conditioning::Nothing);
    assert_eq!(nothing, transformed(gpu, &field, &zeros));
    let shown = given(&|shape| normal(gpu, shape, 4));
    let Conditions { picture, attributes, flags, given, controls } = shown;
    for part in [
        Conditions { picture, ..Conditions::default() },
        Conditions { attributes, ..Conditions::default() },
        Conditions { flags, ..Conditions::default() },
        Conditions { given, ..Conditions::default() },
        Conditions { controls, ..Conditions::default() },
    ] {
        assert_ne!(nothing, transformed(gpu, &field, &Conditioning::Conditions(part)));
    }
}

/// Checks the normalised mean-square errors of output and gradients of a pass in f16 against one in f32.
#[track_caller]
fn assert_alike_in_f16(params: &Params, network: &str, forward: impl Fn(&Pass<'_>) -> Var) {
    let gpu = params.flat(Part::Weights).gpu();
    if let Err(error) = gpu.capabilities().check_f16() {
        return eprintln!("skipped: {error}");
    }
    let f16_weights = params.in_f16();
    let [in_f32, in_f16] = [None, Some(&f16_weights)].map(|weights| {
        params.zero_grad();
        let tape = Tape::recording();
        gpu.start_recording();
        let y = forward(&Pass::training(&tape, params, 5).in_f16(weights));
        tape.backward([(y.clone(), normal(gpu, y.shape(), 9))]);
        // Other tests, all in f32, may run at the same time.
        let stored_in_f16 = |command: &Command| matches!(command, Command::Dispatch { variant, .. } if variant.stored.contains(&Dtype::F16));
        assert_eq!(gpu.finish_recording().iter().any(stored_in_f16), weights.is_some(), "{network}");
        [y.value, params.flat(Part::Gradients).clone()]
            .map(|tensor| tensor.read_f32().unwrap().into_iter().map(f64::from).collect::<Vec<_>>())
    });
    for ((in_f32, in_f16), bound) in in_f32.iter().zip(&in_f16).zip([1e-5, 1e-4]) {
        let error = normalised_error(in_f16, in_f32);
        assert!(error < bound, "{network}: {error:e} where {bound:e} is allowed");
    }
}

#[test]
fn networks_compute_the_same_in_f16_as_in_f32() {
    let Some(gpu) = common::gpu() else { return };
    let random = VqvaeConfig { dropout: 0.1, channel_dropout: 0.1, noise_injection: 0.1, ..resnet_config() };
    let configs = [
        ("patch", patch_config()),
        ("resnet", random.clone()),
        ("neighbourhood", VqvaeConfig { neighbourhood: true, ..random }),
    ];
    for (network, config) in configs {
        let (codec, params) = codec(gpu, &config);
        assert_alike_in_f16(&params, network, |pass| {
            let z = codec.encoder.forward(pass, &Var::constant(normal(gpu, &[2, 32, 28, 2], 1)));
            codec.decoder.forward(pass, &z)
        });
    }
    let config = FlowConfig { dim: 8, dim_mults: vec![1, 2], n_classes: 3, ..FlowConfig::default() };
    let mut layout = Layout::new();
    let unet = Unet::new(layout.root(), &config, 2);
    let params = Params::new(gpu, layout, 1).unwrap();
    assert_alike_in_f16(&params, "unet", |pass| {
        let t = Tensor::from_f32(gpu, &[2], &[100.0, 700.0]);
        let classes = unet.classes(gpu, &[None, Some(2)]);
        unet.forward(pass, &Var::constant(normal(gpu, &[2, 4, 6, 2], 1)), &t, Some(&classes))
    });
}
