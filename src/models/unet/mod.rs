//! The velocity network v(x, t\[, class\]) of the flow: a U-Net with attention at every level.

mod attention;
mod block;
mod condition;
mod resample;

use attention::{Attention, Heads};
use block::ResBlock;
pub use condition::Classes;
use condition::Condition;
use resample::{Resample, Step};

use crate::config::FlowConfig;
use crate::gpu::Gpu;
use crate::nn::{Conv2d, Layer, Pass, Scope, StackedLinear};
use crate::ops::layout;
use crate::tape::Var;
use crate::tensor::Tensor;

/// Two residual blocks, attention, and a change of resolution.
struct Level {
    block1: ResBlock,
    block2: ResBlock,
    attention: Attention,
    resample: Resample,
}

/// `[N, H, W, channels]` to a velocity of the same shape. H and W are divisible by 2^(levels - 1).
pub struct Unet {
    init_conv: Conv2d,
    condition: Condition,
    modulations: StackedLinear,
    downs: Vec<Level>,
    mid_block1: ResBlock,
    mid_attn: Attention,
    mid_block2: ResBlock,
    ups: Vec<Level>,
    final_res_block: ResBlock,
    final_conv: Conv2d,
}

impl Unet {
    /// A network for latents of `channels` channels.
    pub fn new(mut scope: Scope<'_>, config: &FlowConfig, channels: usize) -> Self {
        let dim = config.dim;
        let widths: Vec<usize> = [1].iter().chain(&config.dim_mults).map(|mult| dim * mult).collect();
        let pairs: Vec<(usize, usize)> = widths.windows(2).map(|pair| (pair[0], pair[1])).collect();
        let last = pairs.len() - 1;
        let mid = widths[widths.len() - 1];
        let condition = Condition::new(&mut scope, dim, config.n_classes);
        let modulations = modulations(&mut scope, &pairs, mid, dim);
        let block = |scope: &mut Scope<'_>, name: String, c_in, c_out| {
            let start = modulations.start(&format!("{name}.mlp.1"));
            ResBlock::new(scope.at(name), c_in, c_out, start)
        };
        let down = |(i, &(a, b)): (usize, &(usize, usize))| {
            let place = format!("downs.{i}");
            let step = if i == last { Step::Same } else { Step::Half };
            Level {
                block1: block(&mut scope, format!("{place}.0"), a, a),
                block2: block(&mut scope, format!("{place}.1"), a, a),
                attention: Attention::new(scope.at(format!("{place}.2")), a, Heads::Linear),
                resample: Resample::new(scope.at(format!("{place}.3")), step, a, b),
            }
        };
        let downs = pairs.iter().enumerate().map(down).collect();
        let up = |(i, &(a, b)): (usize, &(usize, usize))| {
            let place = format!("ups.{i}");
            let step = if i == last { Step::Same } else { Step::Double };
            Level {
                block1: block(&mut scope, format!("{place}.0"), a + b, b),
                block2: block(&mut scope, format!("{place}.1"), a + b, b),
                attention: Attention::new(scope.at(format!("{place}.2")), b, Heads::Linear),
                resample: Resample::new(scope.at(format!("{place}.3")), step, b, a),
            }
        };
        let ups = pairs.iter().rev().enumerate().map(up).collect();
        Self {
            init_conv: Conv2d::new(scope.at("init_conv"), 1, channels, dim),
            downs,
            mid_block1: block(&mut scope, "mid_block1".to_owned(), mid, mid),
            mid_attn: Attention::new(scope.at("mid_attn"), mid, Heads::Full),
            mid_block2: block(&mut scope, "mid_block2".to_owned(), mid, mid),
            ups,
            final_res_block: block(&mut scope, "final_res_block".to_owned(), 2 * dim, dim),
            final_conv: Conv2d::new(scope.at("final_conv"), 1, dim, channels),
            condition,
            modulations,
        }
    }

    /// Uploads a batch's classes; `None` hides that sample's class.
    pub fn classes(&self, gpu: &Gpu, classes: &[Option<usize>]) -> Classes {
        self.condition.classes(gpu, classes)
    }

    /// The velocity at `x` `[N, H, W, channels]` and times `t` `[N]` in [0, 999]. Without `classes`, the class of every sample is
    /// hidden.
    pub fn forward(&self, pass: &Pass<'_>, x: &Var, t: &Tensor, classes: Option<&Classes>) -> Var {
        let table = self.modulations.forward(pass, &self.condition.forward(pass, t, classes));
        let first = self.init_conv.forward(pass, &pass.enter(x));
        let (mut x, mut skips) = (first.clone(), Vec::new());
        for level in &self.downs {
            x = level.block1.forward(pass, &x, &table);
            skips.push(x.clone());
            x = level.attention.forward(pass, &level.block2.forward(pass, &x, &table));
            skips.push(x.clone());
            x = level.resample.forward(pass, &x);
        }
        x = self.mid_block1.forward(pass, &x, &table);
        x = self.mid_block2.forward(pass, &self.mid_attn.forward(pass, &x), &table);
        let mut join = |x: &Var| {
            let skip = skips.pop().expect("each level pushes two skips and takes two");
            layout::concat(pass.tape, x, &skip)
        };
        for level in &self.ups {
            x = level.block1.forward(pass, &join(&x), &table);
            x = level.attention.forward(pass, &level.block2.forward(pass, &join(&x), &table));
            x = level.resample.forward(pass, &x);
        }
        let joined = layout::concat(pass.tape, &x, &first);
        pass.leave(&self.final_conv.forward(pass, &self.final_res_block.forward(pass, &joined, &table)))
    }
}

/// The layers that compute the scales and shifts of all residual blocks from the condition.
fn modulations(scope: &mut Scope<'_>, pairs: &[(usize, usize)], mid: usize, dim: usize) -> StackedLinear {
    let twice = |place: String, width: usize| [0, 1].map(|block| (format!("{place}.{block}"), width));
    let downs = pairs.iter().enumerate().flat_map(|(i, &(a, _))| twice(format!("downs.{i}"), a));
    let ups = pairs.iter().rev().enumerate().flat_map(|(i, &(_, b))| twice(format!("ups.{i}"), b));
    let others = [("mid_block1", mid), ("mid_block2", mid), ("final_res_block", dim)];
    let others = others.map(|(name, width)| (name.to_owned(), width));
    let layers = downs.chain(others).chain(ups).map(|(name, width)| (format!("{name}.mlp.1"), 2 * width));
    StackedLinear::new(scope, &layers.collect::<Vec<_>>(), Condition::width(dim))
}
