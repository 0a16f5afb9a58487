//! The section `flow:`: the velocity network, its objective, and how it is sampled.

use serde::{Deserialize, Serialize};

/// What the flow learns to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Latents {
    /// The encoder's output before quantization.
    Encoder,
    /// The sum of the chosen codes.
    Quantized,
}

/// What a window's class is, for a flow that is conditioned on classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Classes {
    /// The first folder that its song lies in; as many classes as there are folders.
    Folder,
    /// The key of its notes; 12 classes, each a major key and its relative minor.
    Key,
}

/// How training draws t in (0, 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeDistribution {
    /// Uniform.
    Uniform,
    /// A uniform t through the cubic 4(1-s)t^3 + 6(s-1)t^2 + (3-2s)t, s = `flow.warp`.
    Warped,
    /// The logistic function of a standard normal (Esser et al. 2024, arXiv 2403.03206).
    LogitNormal,
}

/// How noise is paired with data within a batch. Only noise is permuted, never data or classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pairing {
    /// As drawn.
    None,
    /// The nearest of `flow.pairing_k` noises (k-NN immiscible diffusion).
    Nearest,
    /// The exact assignment of least total distance (Tong et al. 2023, arXiv 2302.00482).
    Assignment,
}

/// The integrator of dy/dt = v(y, 999 t).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// One evaluation per step.
    Euler,
    /// Two, second order.
    Midpoint,
    /// Two, second order.
    Heun,
    /// Four, fourth order.
    Rk4,
}

/// How samples are drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    /// Steps from noise (t = 0) to music (t = 1).
    pub steps: usize,
    /// The integrator.
    pub method: Method,
    /// Guidance scale s in v_u + s (v_c - v_u); 1 is none. Only with classes.
    pub guidance: f64,
    /// Replace the latent by its nearest codes before decoding.
    pub quantize: bool,
    /// Levels of codes that the latent is replaced by, from the first: 0 is all of them. Fewer give coarser, but cleaner
    /// pictures where the flow is still young.
    pub levels: usize,
    /// Whether a sustain without an onset before it opens a note; else it is dropped.
    pub open_orphans: bool,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { steps: 20, method: Method::Euler, guidance: 1.0, quantize: true, levels: 0, open_orphans: false }
    }
}

/// The flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FlowConfig {
    /// Width of the U-Net.
    pub dim: usize,
    /// Width of each level as a multiple of `dim`; height and width halve between levels.
    pub dim_mults: Vec<usize>,
    /// Classes to condition on; 0 is none.
    pub n_classes: usize,
    /// What the classes are.
    pub classes: Classes,
    /// Probability of hiding the class while training, which guidance needs.
    pub class_dropout: f64,
    /// What the flow learns to generate.
    pub latents: Latents,
    /// Transposed copies of each window in the cache of latents.
    pub augs_per: usize,
    /// How training draws t.
    pub t_distribution: TimeDistribution,
    /// The cubic's s where `t_distribution` is `warped`: its slope at t = 1/2 (1 is uniform).
    pub warp: f64,
    /// How noise is paired with data.
    pub pairing: Pairing,
    /// Noises that `nearest` chooses from.
    pub pairing_k: usize,
    /// How samples are drawn.
    pub sampling: Sampling,
}

impl Default for FlowConfig {
    fn default() -> Self {
        Self {
            dim: 16,
            dim_mults: vec![1, 2, 4, 8],
            n_classes: 0,
            classes: Classes::Folder,
            class_dropout: 0.1,
            latents: Latents::Encoder,
            augs_per: 4,
            t_distribution: TimeDistribution::LogitNormal,
            warp: 0.5,
            pairing: Pairing::None,
            pairing_k: 4,
            sampling: Sampling::default(),
        }
    }
}
