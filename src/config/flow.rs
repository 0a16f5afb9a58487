//! The section `flow:`: the velocity network, its objective, and sampling.

use serde::{Deserialize, Serialize};

/// The velocity network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowArch {
    /// A U-Net with attention at every level, conditioned on a class.
    Unet,
    /// A transformer whose tokens are several rows of the latent, conditioned on a picture and attributes.
    Transformer,
}

/// The latents that the flow generates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Latents {
    /// The encoder's output before quantization.
    Encoder,
    /// The sum of the chosen codes.
    Quantized,
}

/// The class of a window, for a class-conditional flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Classes {
    /// The top-level folder of its song; one class per folder.
    Folder,
    /// The key of its notes; 12 classes, each a major key and its relative minor.
    Key,
}

/// Distribution of the time t in (0, 1) in training.
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

/// Pairing of noise and data within a batch. Only noise is permuted, never data or classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pairing {
    /// Independent, as drawn.
    None,
    /// The nearest of `flow.pairing_k` noise samples (k-NN immiscible diffusion).
    Nearest,
    /// The assignment of least total squared distance (minibatch optimal transport, Tong et al. 2023, arXiv 2302.00482),
    /// solved exactly on the host. Costs a readback of the noise and the latents at every step.
    Assignment,
}

/// The integrator of dy/dt = v(y, 999 t).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// One evaluation per step, first order.
    Euler,
    /// Two evaluations, second order.
    Midpoint,
    /// Two evaluations, second order.
    Heun,
    /// Four evaluations, fourth order.
    Rk4,
}

/// Sampling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    /// Solver steps from noise (t = 0) to music (t = 1).
    pub steps: usize,
    /// The integrator.
    pub method: Method,
    /// Scale s of classifier-free guidance, v_u + s (v_c - v_u); 1 is no guidance. Only with classes or conditions.
    pub guidance: f64,
    /// Time t up to which steps are guided; later steps use the conditional velocity alone, at half the cost (Kynkäänniemi et al.
    /// 2024, arXiv 2404.07724). 1 guides all steps.
    pub guided_until: f64,
    /// Scale of guidance, in all steps, where attributes of the new notes of a song are asked for, of which the given notes say otherwise.
    pub guidance_asked: f64,
    /// Candidates of each sample, from as much noise, of which the most typical is kept: the one that is most like the others. 1 takes it
    /// as it comes.
    pub candidates: usize,
    /// Time t up to which music that completes a song is on the path from noise to the passage of the song that it most likely repeats:
    /// 0 is new music, 1 the passage as the codec reproduces it.
    pub follow: f64,
    /// Quantize the latent before decoding.
    pub quantize: bool,
    /// Number of quantizer levels, from the first; 0 is all. Fewer levels give coarser but cleaner pictures early in
    /// training.
    pub levels: usize,
    /// Whether an orphaned sustain (without an onset before it) begins a note; otherwise it is dropped.
    pub open_orphans: bool,
    /// Share of the noise that bars with the same chords have in common, so that they return; only with conditions.
    pub repeat: f64,
    /// Largest strength of the push of onsets towards the sample's own rhythm, chosen for the groove that it should have; only with
    /// conditions.
    pub push: f64,
    /// Largest change of a bar's threshold towards the number of notes that it should have; only with conditions.
    pub counts: f64,
    /// Whether new music has a melody first, written note by note, which the flow accompanies; only of a flow that knows melodies.
    pub melody: bool,
}

impl Sampling {
    /// The same with other steps and guidance, where these are given.
    pub fn with(&self, steps: Option<usize>, guidance: Option<f64>) -> Self {
        let [guidance, guidance_asked] = [self.guidance, self.guidance_asked].map(|scale| guidance.unwrap_or(scale));
        Self { steps: steps.unwrap_or(self.steps), guidance, guidance_asked, ..self.clone() }
    }

    /// The same for new notes in a song, of which attributes are asked for.
    pub fn for_attributes(self) -> Self {
        Self { guidance: self.guidance_asked, guided_until: 1.0, ..self }
    }

    /// The same for music beside a melody, whose texture is told: guided as where attributes are asked for. A quarter of the steps is as good there,
    /// so that there are four candidates for each, at most in as many steps.
    pub fn beside_melody(self) -> Self {
        let parts = self.steps.clamp(1, 4);
        Self { steps: self.steps / parts, candidates: parts * self.candidates, ..self.for_attributes() }
    }

    /// Steps of the solver for a batch, of all its candidates.
    pub fn all_steps(&self) -> usize {
        self.steps * self.candidates
    }

    /// The same with another time up to which a passage is followed, if one is given.
    pub fn following(self, follow: Option<f64>) -> Self {
        Self { follow: follow.unwrap_or(self.follow), ..self }
    }

    /// The same with another number of candidates, if one is given.
    pub fn of_candidates(self, candidates: Option<usize>) -> Self {
        Self { candidates: candidates.unwrap_or(self.candidates), ..self }
    }
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            steps: 20,
            method: Method::Euler,
            guidance: 1.0,
            guided_until: 1.0,
            guidance_asked: 2.0,
            candidates: 1,
            follow: 0.5,
            quantize: true,
            levels: 0,
            open_orphans: false,
            repeat: 0.0,
            push: 0.0,
            counts: 0.0,
            melody: true,
        }
    }
}

/// The flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FlowConfig {
    /// The network: `dim` and `dim_mults` are for `unet`, `width` to `attributes` for `transformer`.
    pub arch: FlowArch,
    /// Width of the U-Net.
    pub dim: usize,
    /// Width of each level as a multiple of `dim`; height and width halve between levels.
    pub dim_mults: Vec<usize>,
    /// Channels of a token, a multiple of 32.
    pub width: usize,
    /// Blocks of the transformer.
    pub layers: usize,
    /// Rows of the latent that are joined to one token; divides the latent's height.
    pub rows: usize,
    /// Channels of the picture of conditions; 0 for a flow without one.
    pub picture: usize,
    /// Attributes of a window to condition on; 0 for a flow without them.
    pub attributes: usize,
    /// Channels of what is given at each latent position, to be completed; 0 for a flow that is not trained to complete.
    pub given: usize,
    /// Channels of the controls of new notes at each latent position; 0 for a flow without them.
    pub controls: usize,
    /// Whether notes get velocities: a small network, trained before the flow, and levels of loudness to draw from.
    pub dynamics: bool,
    /// Classes to condition on; 0 is none.
    pub n_classes: usize,
    /// Meaning of the classes.
    pub classes: Classes,
    /// Probability of dropping the class in training, required for guidance.
    pub class_dropout: f64,
    /// The latents that the flow generates.
    pub latents: Latents,
    /// Copies of each window in the latent cache: the original and random transpositions.
    pub augs_per: usize,
    /// Distribution of t in training.
    pub t_distribution: TimeDistribution,
    /// Parameter s of the `warped` distribution: the slope of the cubic at t = 1/2 (1 is uniform).
    pub warp: f64,
    /// Pairing of noise and data.
    pub pairing: Pairing,
    /// Noise samples per latent for `nearest`.
    pub pairing_k: usize,
    /// Sampling.
    pub sampling: Sampling,
}

impl Default for FlowConfig {
    fn default() -> Self {
        Self {
            arch: FlowArch::Unet,
            dim: 16,
            dim_mults: vec![1, 2, 4, 8],
            width: 192,
            layers: 4,
            rows: 3,
            picture: 0,
            attributes: 0,
            given: 0,
            controls: 0,
            dynamics: false,
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
