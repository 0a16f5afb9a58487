//! The flow: the U-Net with its parameters.

use std::collections::BTreeMap;
use std::path::Path;

use super::Unet;
use crate::config::FlowConfig;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::nn::{HostTensor, Layout, Params, Part, Pass};
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;

/// The network's time input is t in [0, 1] times this.
pub const TIME_SCALE: f32 = 999.0;

/// A velocity field v(x, t[, class]) over standardised latents `[N, h, w, D]`.
pub struct VelocityField {
    /// The network's parameters.
    pub params: Params,
    /// The network.
    pub unet: Unet,
}

impl VelocityField {
    /// A network for latents of `channels` channels, its weights drawn from `seed`.
    ///
    /// # Errors
    /// The adapter's memory or limits.
    pub fn new(gpu: &Gpu, config: &FlowConfig, channels: usize, seed: u64) -> Result<Self> {
        let (layout, unet) = Self::declare(config, channels);
        Ok(Self { params: Params::new(gpu, layout, seed)?, unet })
    }

    /// The network's parameters, for latents of `channels` channels.
    pub fn layout(config: &FlowConfig, channels: usize) -> Layout {
        Self::declare(config, channels).0
    }

    fn declare(config: &FlowConfig, channels: usize) -> (Layout, Unet) {
        let mut layout = Layout::new();
        let unet = Unet::new(layout.root(), config, channels);
        (layout, unet)
    }

    /// The network with the weights `tensors` of the file `path`. Nothing is allocated before these are checked.
    ///
    /// # Errors
    /// A tensor that is missing or of another shape; the adapter's memory or limits.
    pub fn open(
        gpu: &Gpu,
        config: &FlowConfig,
        channels: usize,
        tensors: &BTreeMap<String, HostTensor>,
        path: &Path,
    ) -> Result<Self> {
        Self::layout(config, channels).check(tensors, path)?;
        let field = Self::new(gpu, config, channels, 0)?;
        field.load(tensors, path)?;
        Ok(field)
    }

    /// The velocity at `x` and one time `t` in [0, 1] for all samples, without recording; `classes` if the network has classes.
    pub fn at(&self, x: &Tensor, t: f32, classes: Option<&[Option<usize>]>) -> Tensor {
        let n = x.shape()[0];
        let times = Tensor::from_f32(x.gpu(), &[n], &vec![TIME_SCALE * t; n]);
        let classes = classes.map(|classes| self.unet.classes(x.gpu(), classes));
        let tape = Tape::inference();
        self.unet.forward(&Pass::new(&tape, &self.params), &Var::constant(x.clone()), &times, classes.as_ref()).value
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
        self.params.load(Part::Ema, tensors, path)
    }
}
