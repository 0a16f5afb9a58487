//! The parameter arena: initialisation, names, exchange with files, gradients.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use flocoder::gpu::Gpu;
use flocoder::nn::{HostTensor, Init, Layout, Order, ParamId, Params, Part, StackedLinear};
use flocoder::tape::{Gradients, Tape};
use flocoder::tensor::Tensor;

/// A linear layer's weight and bias after a parameter whose length is not a multiple of the alignment.
fn layout() -> (Layout, [ParamId; 2]) {
    let mut layout = Layout::new();
    let mut root = layout.root();
    root.parameter("gamma", &[3], Order::Same, Init::Constant(1.5));
    let mut scope = root.at("block.0");
    let init = Init::Uniform { fan_in: 2 };
    let weight = scope.parameter("weight", &[2, 3], Order::Linear, init);
    let bias = scope.parameter("bias", &[3], Order::Same, init);
    (layout, [weight, bias])
}

fn params(gpu: &Gpu, seed: u64) -> (Params, [ParamId; 2]) {
    let (layout, ids) = layout();
    (Params::new(gpu, layout, seed).unwrap(), ids)
}

#[test]
fn names_counts_and_initial_values() {
    let Some(gpu) = common::gpu() else { return };
    let (first, _) = params(gpu, 1);
    let weights = first.export(Part::Weights).unwrap();
    assert_eq!(weights.keys().collect::<Vec<_>>(), ["block.0.bias", "block.0.weight", "gamma"]);
    assert_eq!((first.count(), weights["block.0.weight"].shape.as_slice()), (12, [3, 2].as_slice()));
    assert_eq!(weights["gamma"].data, [1.5; 3]);
    assert_eq!(weights, first.export(Part::Ema).unwrap());
    assert_eq!(weights, params(gpu, 1).0.export(Part::Weights).unwrap());
    assert_ne!(weights, params(gpu, 2).0.export(Part::Weights).unwrap());
    assert!(first.export(Part::FirstMoments).unwrap()["block.0.bias"].data.iter().all(|&x| x == 0.0));
}

#[test]
fn exported_parameters_can_be_loaded() {
    let Some(gpu) = common::gpu() else { return };
    let ((from, _), (to, ids)) = (params(gpu, 1), params(gpu, 2));
    let file = from.export(Part::Weights).unwrap();
    to.load(Part::Weights, &file, Path::new("x.safetensors")).unwrap();
    assert_eq!(to.export(Part::Weights).unwrap(), file);
    // [in, out] here, [out, in] in the file.
    let torch = &file["block.0.weight"].data;
    let here = to.var(ids[0]).value.read_f32().unwrap();
    assert_eq!(here, [torch[0], torch[2], torch[4], torch[1], torch[3], torch[5]]);
}

#[test]
fn missing_tensors_and_wrong_shapes_are_named() {
    let Some(gpu) = common::gpu() else { return };
    let (params, _) = params(gpu, 1);
    let file = params.export(Part::Weights).unwrap();
    let refusal = |file: &BTreeMap<String, HostTensor>| {
        params.load(Part::Weights, file, Path::new("x.safetensors")).unwrap_err().to_string()
    };
    let mut missing = file.clone();
    missing.remove("gamma");
    assert!(refusal(&missing).starts_with("x.safetensors: the tensor gamma is missing"), "{}", refusal(&missing));
    let mut other = file;
    other.insert("block.0.weight".to_owned(), HostTensor::new([2, 3], vec![0.0; 6]));
    let message = refusal(&other);
    assert!(message.contains("block.0.weight has the shape [2, 3] where [3, 2] is wanted"), "{message}");
}

#[test]
fn gradients_add_up_until_they_are_cleared() {
    let Some(gpu) = common::gpu() else { return };
    let (params, [_, bias]) = params(gpu, 1);
    let push = |values: &[f32]| {
        let gradient = Tensor::from_f32(gpu, &[3], values);
        let _: Gradients = Tape::recording().backward([(params.var(bias), gradient)]);
    };
    let gradient = || params.export(Part::Gradients).unwrap()["block.0.bias"].data.clone();
    push(&[1.0, 2.0, 3.0]);
    push(&[1.0, 1.0, 0.5]);
    assert_eq!(gradient(), [2.0, 3.0, 3.5]);
    assert_eq!(params.first_non_finite().unwrap(), None);
    push(&[0.0, f32::NAN, 0.0]);
    assert_eq!(params.first_non_finite().unwrap().as_deref(), Some("the gradient of block.0.bias"));
    params.zero_grad();
    assert_eq!(gradient(), [0.0; 3]);
}

#[test]
fn passes_can_use_the_ema_instead_of_the_weights() {
    let Some(gpu) = common::gpu() else { return };
    let (mut params, [_, bias]) = params(gpu, 1);
    let mut ema = params.export(Part::Ema).unwrap();
    ema.insert("block.0.bias".to_owned(), HostTensor::new([3], vec![7.0, 8.0, 9.0]));
    params.load(Part::Ema, &ema, Path::new("x.safetensors")).unwrap();
    assert!(params.var(bias).is_differentiable());
    params.use_ema(true);
    assert_eq!(params.var(bias).value.read_f32().unwrap(), [7.0, 8.0, 9.0]);
    assert!(!params.var(bias).is_differentiable());
}

#[test]
fn layers_of_a_stack_are_contiguous() {
    let mut layout = Layout::new();
    let mut root = layout.root();
    let stack = StackedLinear::new(&mut root, &[("a".to_owned(), 3), ("b.c".to_owned(), 5)], 7);
    root.parameter("behind", &[2], Order::Same, Init::Normal { deviation: 1.0 });
    assert_eq!([stack.start("a"), stack.start("b.c")], [0, 3]);
    let entries: Vec<_> = layout.entries().iter().map(|entry| (entry.name.as_str(), entry.range())).collect();
    let weights = [("a.weight", 0..21), ("b.c.weight", 21..56)];
    let biases = [("a.bias", 128..131), ("b.c.bias", 131..136)];
    assert_eq!(entries, [&weights[..], &biases, &[("behind", 256..258)]].concat());
    assert_eq!(layout.length(), 384);
}
