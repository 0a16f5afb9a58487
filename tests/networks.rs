//! What the golden files do not cover: the patch codec, what is drawn at random, hidden classes, every layer in f16.

mod common;

use flocoder::bench::case::normalised_error;
use flocoder::config::{Arch, FlowConfig, VqvaeConfig};
use flocoder::gpu::Gpu;
use flocoder::models::{Codec, Unet};
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
fn randomness_follows_the_seed_and_is_for_training_only() {
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
fn a_hidden_class_makes_no_difference() {
    let Some(gpu) = common::gpu() else { return };
    let config = FlowConfig { dim: 8, dim_mults: vec![1, 2], n_classes: 3, ..FlowConfig::default() };
    let mut layout = Layout::new();
    let unet = Unet::new(layout.root(), &config, [4, 6, 2]);
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

#[test]
fn positions_begin_at_nothing_and_share_the_first_bias_gradient_out_over_the_pixels() {
    let Some(gpu) = common::gpu() else { return };
    let [without, with] = [false, true].map(|position| {
        let config = FlowConfig { dim: 8, dim_mults: vec![1, 2], position, ..FlowConfig::default() };
        let mut layout = Layout::new();
        let unet = Unet::new(layout.root(), &config, [4, 6, 2]);
        let params = Params::new(gpu, layout, 1).unwrap();
        let (tape, t) = (Tape::recording(), Tensor::from_f32(gpu, &[3], &[100.0, 500.0, 700.0]));
        let x = Var::constant(normal(gpu, &[3, 4, 6, 2], 1));
        let y = unet.forward(&Pass::training(&tape, &params, 5), &x, &t, None);
        params.zero_grad();
        tape.backward([(y.clone(), normal(gpu, y.shape(), 9))]);
        (y.value.read_f32().unwrap(), params.export(Part::Gradients).unwrap())
    });
    assert_eq!(without.0, with.0);
    let (position, bias) = (&with.1["position.weight"].data, &with.1["init_conv.bias"].data);
    for (channel, &bias) in bias.iter().enumerate() {
        let sum: f32 = position.iter().skip(channel).step_by(8).sum();
        assert!((sum - bias).abs() < 1e-4 * bias.abs().max(1.0), "channel {channel}: {sum} and {bias}");
    }
}

/// Output and gradients of a pass in f16 beside those of one in f32: normalised mean-square errors.
#[track_caller]
fn assert_alike_in_f16(params: &Params, what: &str, forward: impl Fn(&Pass<'_>) -> Var) {
    let gpu = params.flat(Part::Weights).gpu();
    if let Err(error) = gpu.capabilities().check_f16() {
        return eprintln!("skipped: {error}");
    }
    let halves = params.in_f16();
    let [whole, half] = [None, Some(&halves)].map(|halves| {
        params.zero_grad();
        let tape = Tape::recording();
        let y = forward(&Pass::training(&tape, params, 5).in_f16(halves));
        tape.backward([(y.clone(), normal(gpu, y.shape(), 9))]);
        [y.value, params.flat(Part::Gradients).clone()]
            .map(|tensor| tensor.read_f32().unwrap().into_iter().map(f64::from).collect::<Vec<_>>())
    });
    for ((whole, half), bound) in whole.iter().zip(&half).zip([1e-5, 1e-4]) {
        let error = normalised_error(half, whole);
        assert!(error > 0.0 && error < bound, "{what}: {error:e} where {bound:e} is allowed");
    }
}

#[test]
fn networks_in_f16_compute_what_they_compute_in_f32() {
    let Some(gpu) = common::gpu() else { return };
    let random = VqvaeConfig { dropout: 0.1, channel_dropout: 0.1, noise_injection: 0.1, ..resnet_config() };
    let configs = [
        ("patch", patch_config()),
        ("resnet", random.clone()),
        ("neighbourhood", VqvaeConfig { neighbourhood: true, ..random }),
    ];
    for (what, config) in configs {
        let (codec, params) = codec(gpu, &config);
        assert_alike_in_f16(&params, what, |pass| {
            let z = codec.encoder.forward(pass, &Var::constant(normal(gpu, &[2, 32, 28, 2], 1)));
            codec.decoder.forward(pass, &z)
        });
    }
    let config = FlowConfig { dim: 8, dim_mults: vec![1, 2], n_classes: 3, position: true, ..FlowConfig::default() };
    let mut layout = Layout::new();
    let unet = Unet::new(layout.root(), &config, [4, 6, 2]);
    let params = Params::new(gpu, layout, 1).unwrap();
    assert_alike_in_f16(&params, "unet", |pass| {
        let t = Tensor::from_f32(gpu, &[2], &[100.0, 700.0]);
        let classes = unet.classes(gpu, &[None, Some(2)]);
        unet.forward(pass, &Var::constant(normal(gpu, &[2, 4, 6, 2], 1)), &t, Some(&classes))
    });
}
