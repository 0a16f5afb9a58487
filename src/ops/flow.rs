//! Flow matching: points on the training path, steps of the solver, standardisation of latents, pairing of noise with data.

use bytemuck::{Pod, Zeroable};

use super::constants::{REDUCTION_TURNS, reduction, vector};
use crate::gpu::{Grid, Launch};
use crate::shader::kernels::{FLOW_MIX, ODE_COMBINE, PAIR_NEAREST, STANDARDISE};
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct MixParams {
    values: u32,
    per_sample: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct StandardiseParams {
    length: u32,
    channels: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct PairParams {
    latents: u32,
    candidates: u32,
    values: u32,
}

/// A point on each sample's path and the velocity there: `x_t = (1 - t) x0 + t x1` and `x1 - x0` (Lipman et al. 2022, arXiv
/// 2210.02747). Noise x0 and data x1 `[N, ..]`, t `[N]` in [0, 1].
#[track_caller]
pub fn flow_mix(x0: &Tensor, x1: &Tensor, t: &Tensor) -> (Tensor, Tensor) {
    assert!(x0.shape() == x1.shape() && t.len() == x0.shape()[0], "flow_mix: noise {x0:?}, data {x1:?}, times {t:?}");
    let [mixed, velocity] = [0; 2].map(|_| Tensor::empty_f32(x0.gpu(), x0.shape()));
    let per_sample = x0.len() / t.len().max(1);
    let vector = vector(per_sample);
    let values = x0.len() / vector;
    x0.gpu().launch(&Launch {
        kernel: &FLOW_MIX,
        constants: &[("vector", vector as u32)],
        params: bytemuck::bytes_of(&MixParams { values: values as u32, per_sample: (per_sample / vector) as u32 }),
        bindings: &[x0, x1, t, &mixed, &velocity],
        grid: Grid::covering(values, 64),
    });
    (mixed, velocity)
}

/// `y + sum of c_i v_i` over one to four velocities of y's shape: any stage or step of an explicit solver.
#[track_caller]
pub fn ode_combine(y: &Tensor, velocities: &[(&Tensor, f32)]) -> Tensor {
    assert!((1..=4).contains(&velocities.len()), "ode_combine: {} velocities", velocities.len());
    let next = Tensor::empty_f32(y.gpu(), y.shape());
    let quads = y.len().div_ceil(4);
    let mut params = vec![quads as u32];
    let mut bindings = vec![y];
    for (velocity, coefficient) in velocities {
        assert_eq!(y.len(), velocity.len(), "ode_combine: {y:?} and {velocity:?}");
        params.push(coefficient.to_bits());
        bindings.push(velocity);
    }
    bindings.push(&next);
    y.gpu().launch(&Launch {
        kernel: &ODE_COMBINE,
        constants: &[("velocities", velocities.len() as u32)],
        params: bytemuck::cast_slice(&params),
        bindings: &bindings,
        grid: Grid::covering(quads, 64),
    });
    next
}

/// `y + dt v` with `v = v_u + guidance (v_c - v_u)` (Ho and Salimans 2022, arXiv 2207.12598), or `v = v_c` without an
/// unconditional velocity. One dispatch.
#[track_caller]
pub fn euler_step(y: &Tensor, v_cond: &Tensor, v_uncond: Option<&Tensor>, guidance: f32, dt: f32) -> Tensor {
    match v_uncond {
        Some(v_uncond) => ode_combine(y, &[(v_cond, dt * guidance), (v_uncond, dt * (1.0 - guidance))]),
        None => ode_combine(y, &[(v_cond, dt)]),
    }
}

/// `(x - mean) / deviation` per channel of `[.., C]`; mean and deviation `[C]`.
#[track_caller]
pub fn standardise(x: &Tensor, mean: &Tensor, deviation: &Tensor) -> Tensor {
    by_channel(x, mean, deviation, 0)
}

/// `deviation x + mean` per channel of `[.., C]`, the inverse of [`standardise`].
#[track_caller]
pub fn unstandardise(x: &Tensor, mean: &Tensor, deviation: &Tensor) -> Tensor {
    by_channel(x, mean, deviation, 1)
}

#[track_caller]
fn by_channel(x: &Tensor, mean: &Tensor, deviation: &Tensor, inverse: u32) -> Tensor {
    let channels = x.channels();
    assert!(
        mean.len() == channels && deviation.len() == channels,
        "standardise: {x:?}, mean {mean:?}, deviation {deviation:?}"
    );
    let y = Tensor::empty_f32(x.gpu(), x.shape());
    let vector = vector(channels);
    let values = x.len() / vector;
    x.gpu().launch(&Launch {
        kernel: &STANDARDISE,
        constants: &[("vector", vector as u32), ("inverse", inverse)],
        params: bytemuck::bytes_of(&StandardiseParams { length: values as u32, channels: (channels / vector) as u32 }),
        bindings: &[x, mean, deviation, &y],
        grid: Grid::covering(values, 64),
    });
    y
}

/// For each latent `[N, ..]` the nearest (Euclidean) of its k candidate noises `[N k, ..]`, the first on ties: k-NN
/// immiscible diffusion. The candidates of latent n are `n k` to `n k + k - 1`.
#[track_caller]
pub fn pair_nearest(latents: &Tensor, candidates: &Tensor) -> Tensor {
    let n = latents.shape()[0];
    let k = candidates.len() / latents.len().max(1);
    assert!(k > 0 && candidates.len() == k * latents.len(), "pair_nearest: {latents:?}, candidates {candidates:?}");
    let noise = Tensor::empty_f32(latents.gpu(), latents.shape());
    let elements = latents.sample_len();
    let vector = vector(elements);
    let turns = (elements / vector).div_ceil(latents.gpu().tuning().reduction.invocations as usize) + 1;
    let params = PairParams { latents: n as u32, candidates: k as u32, values: (elements / vector) as u32 };
    latents.gpu().launch(&Launch {
        kernel: &PAIR_NEAREST,
        constants: &[&reduction(latents.gpu())[..], &[("vector", vector as u32)]].concat(),
        params: bytemuck::bytes_of(&params),
        bindings: &[latents, candidates, &noise],
        grid: Grid::linear(n).looping((k + 1) * (turns + REDUCTION_TURNS + 1)),
    });
    noise
}
