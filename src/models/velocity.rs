//! The flow: one of the two velocity networks, with its parameters.

use std::collections::BTreeMap;
use std::path::Path;

use super::transformer::{Conditions, Transformer};
use super::unet::{Classes, Unet};
use crate::config::{FlowArch, FlowConfig};
use crate::error::Result;
use crate::gpu::Gpu;
use crate::nn::{HostTensor, Layout, Params, Part, Pass, Scope};
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;

/// The U-Net's time input is t in [0, 1] times this.
const UNET_TIME_SCALE: f32 = 999.0;

/// What the velocities of a batch depend on besides x and the time.
#[derive(Default)]
pub enum Conditioning {
    /// Nothing: classes and conditions are hidden.
    #[default]
    Nothing,
    /// Classes, of a U-Net that has some.
    Classes(Classes),
    /// Conditions, of a transformer.
    Conditions(Conditions),
}

/// A velocity network.
pub enum Network {
    /// `flow.arch: unet`.
    Unet(Box<Unet>),
    /// `flow.arch: transformer`.
    Transformer(Box<Transformer>),
}

impl Network {
    /// A network for latents of `[height, width, channels]`.
    fn new(scope: Scope<'_>, config: &FlowConfig, latent: [usize; 3]) -> Self {
        match config.arch {
            FlowArch::Unet => Self::Unet(Box::new(Unet::new(scope, config, latent[2]))),
            FlowArch::Transformer => Self::Transformer(Box::new(Transformer::new(scope, config, latent))),
        }
    }

    /// Uploads a batch's times in [0, 1], as [`forward`](Self::forward) takes them.
    pub fn times(&self, gpu: &Gpu, times: &[f32]) -> Tensor {
        let scale = match self {
            Self::Unet(_) => UNET_TIME_SCALE,
            Self::Transformer(_) => 1.0,
        };
        let scaled: Vec<f32> = times.iter().map(|t| scale * t).collect();
        Tensor::from_f32(gpu, &[scaled.len()], &scaled)
    }

    /// Uploads a batch's classes; `None` hides that sample's class.
    ///
    /// # Panics
    /// If the network is no U-Net.
    #[track_caller]
    pub fn classes(&self, gpu: &Gpu, classes: &[Option<usize>]) -> Conditioning {
        match self {
            Self::Unet(unet) => Conditioning::Classes(unet.classes(gpu, classes)),
            Self::Transformer(_) => panic!("the transformer has no classes"),
        }
    }

    /// The velocity at `x` `[N, H, W, channels]` and the times `t` of [`times`](Self::times).
    ///
    /// # Panics
    /// If the conditioning is that of the other network.
    #[track_caller]
    pub fn forward(&self, pass: &Pass<'_>, x: &Var, t: &Tensor, conditioning: &Conditioning) -> Var {
        match (self, conditioning) {
            (Self::Unet(unet), Conditioning::Nothing) => unet.forward(pass, x, t, None),
            (Self::Unet(unet), Conditioning::Classes(classes)) => unet.forward(pass, x, t, Some(classes)),
            (Self::Transformer(network), Conditioning::Nothing) => network.forward(pass, x, t, &Conditions::default()),
            (Self::Transformer(network), Conditioning::Conditions(conditions)) => {
                network.forward(pass, x, t, conditions)
            }
            (Self::Unet(_), Conditioning::Conditions(_)) => panic!("the U-Net has classes and no other conditions"),
            (Self::Transformer(_), Conditioning::Classes(_)) => panic!("the transformer has no classes"),
        }
    }
}

/// A velocity field v(x, t\[, classes or conditions\]) over standardised latents `[N, h, w, D]`.
pub struct VelocityField {
    /// The network's parameters.
    pub params: Params,
    /// The network.
    pub network: Network,
}

impl VelocityField {
    /// A network for latents of `[height, width, channels]`, its weights drawn from `seed`.
    ///
    /// # Errors
    /// The adapter's memory or limits.
    pub fn new(gpu: &Gpu, config: &FlowConfig, latent: [usize; 3], seed: u64) -> Result<Self> {
        let (layout, network) = Self::declare(config, latent);
        Ok(Self { params: Params::new(gpu, layout, seed)?, network })
    }

    /// The network's parameters, for latents of `[height, width, channels]`.
    pub fn layout(config: &FlowConfig, latent: [usize; 3]) -> Layout {
        Self::declare(config, latent).0
    }

    fn declare(config: &FlowConfig, latent: [usize; 3]) -> (Layout, Network) {
        let mut layout = Layout::new();
        let network = Network::new(layout.root(), config, latent);
        (layout, network)
    }

    /// The network with the weights `tensors` of the file `path`. Nothing is allocated before these are checked.
    ///
    /// # Errors
    /// A tensor that is missing or of another shape; the adapter's memory or limits.
    pub fn open(
        gpu: &Gpu,
        config: &FlowConfig,
        latent: [usize; 3],
        tensors: &BTreeMap<String, HostTensor>,
        path: &Path,
    ) -> Result<Self> {
        Self::layout(config, latent).check(tensors, path)?;
        let field = Self::new(gpu, config, latent, 0)?;
        field.load(tensors, path)?;
        Ok(field)
    }

    /// The velocity at `x` and one time `t` in [0, 1] for all samples, without recording.
    pub fn at(&self, x: &Tensor, t: f32, conditioning: &Conditioning) -> Tensor {
        let times = self.network.times(x.gpu(), &vec![t; x.shape()[0]]);
        let tape = Tape::inference();
        self.network.forward(&Pass::new(&tape, &self.params), &Var::constant(x.clone()), &times, conditioning).value
    }

    /// One part of the parameters by name, in PyTorch's layouts.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn export(&self, part: Part) -> Result<BTreeMap<String, HostTensor>> {
        self.params.export(part)
    }

    /// Overwrites the weights and their EMA by `tensors` of the file `path`.
    ///
    /// # Errors
    /// A tensor that is missing or of another shape.
    pub fn load(&self, tensors: &BTreeMap<String, HostTensor>, path: &Path) -> Result<()> {
        self.params.load(Part::Weights, tensors, path)?;
        if self.params.has_ema() { self.params.load(Part::Ema, tensors, path) } else { Ok(()) }
    }
}
