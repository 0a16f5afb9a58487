//! Tensors larger than the adapter can bind at once.

mod common;

use flocoder::ops::optimizer::{AdamStep, Arena, UNCLIPPED, adam_step};
use flocoder::ops::reduce::{norm, sum};
use flocoder::tensor::Tensor;

/// An arena of five such tensors fits the machine only where bindings are small, as on software Vulkan.
#[test]
fn the_optimizer_walks_over_an_arena_in_windows() {
    let Some(gpu) = common::gpu() else { return };
    let most = gpu.capabilities().largest_binding as usize / 4;
    if most > 1 << 26 {
        eprintln!("skipped: {} binds {} bytes at once", gpu.capabilities().name, 4 * most);
        return;
    }
    let length = most + 128;
    let [w, m, v, ema] = [(); 4].map(|()| Tensor::zeros(gpu, &[length]));
    let g = Tensor::from_f32(gpu, &[length], &vec![1.0; length]);
    assert_eq!((g.windows().len(), m.view(0, &[most]).windows().len()), (2, 1));
    assert_eq!(sum(&g).read_f32().unwrap(), [length as f32]);
    let settings = AdamStep {
        learning_rate: 0.5,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 0.0,
        step: 1,
        clip: UNCLIPPED,
        ema_decay: 0.5,
    };
    adam_step(Arena { w: &w, g: &g, m: &m, v: &v, ema: Some(&ema) }, &norm(&g), None, settings);
    // Without a history the first step is the learning rate, against the gradient's sign.
    assert!(w.read_f32().unwrap().iter().all(|w| (w + 0.5).abs() < 1e-5));
    assert!(ema.read_f32().unwrap().iter().all(|w| (w + 0.25).abs() < 1e-5));
}
