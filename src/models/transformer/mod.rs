//! The velocity network v(x, t, conditions) of the flow: a transformer whose tokens are octaves of bars.
//!
//! Several rows of the latent are joined to one token, so that 24 x 8 positions become 8 x 8 tokens of 12 pitches by a bar. Every block
//! attends to all of them. Time and conditions act in two ways: what has a place in the music (chords, say) is a picture whose channels
//! follow those of the latent; what holds for the whole window is embedded as one vector, from which the scales, shifts and gates of all
//! blocks are computed (adaptive layer norm, Peebles and Xie 2022, arXiv 2212.09748).

mod block;
mod condition;

use block::Block;
pub use condition::Conditions;
use condition::{Condition, or_zeros};

use crate::config::FlowConfig;
use crate::nn::{Init, Layer, Linear, Order, ParamId, Pass, Scope, StackedLinear};
use crate::ops::embed::grid_embedding;
use crate::ops::layer_norm::layer_norm;
use crate::ops::layout::{concat, join_rows, part_rows};
use crate::ops::norm::Modulation;
use crate::ops::precondition::{preconditioned, unit_deviation};
use crate::tape::Var;
use crate::tensor::Tensor;

/// Deviation of the initial embeddings of rows and columns.
const EMBEDDING: Init = Init::Normal { deviation: 0.1 };

/// `[N, H, W, channels]` to a velocity of the same shape, for latents of one size.
pub struct Transformer {
    /// Rows of the latent per token.
    joined: usize,
    /// Channels of the picture of conditions, of what is given, and of the controls.
    picture: usize,
    given: usize,
    controls: usize,
    condition: Condition,
    modulations: StackedLinear,
    input: Linear,
    rows: ParamId,
    columns: ParamId,
    blocks: Vec<Block>,
    /// First column of the last norm's scales.
    last: usize,
    output: Linear,
}

impl Transformer {
    /// A network for latents of `[height, width, channels]`; `flow.rows` divides the height. Its velocity before training is the best
    /// linear guess, since modulations and output start at 0.
    pub fn new(mut scope: Scope<'_>, config: &FlowConfig, [height, width, channels]: [usize; 3]) -> Self {
        let FlowConfig { width: dim, rows: joined, picture, given, controls, .. } = *config;
        let places = (0..config.layers).map(|i| (Block::modulations(i), Block::COLUMNS * dim));
        let layers: Vec<(String, usize)> = places.chain([("modulation".to_owned(), 2 * dim)]).collect();
        let modulations = StackedLinear::starting_at_zero(&mut scope, &layers, Condition::width(dim));
        let block = |scope: &mut Scope<'_>, i| {
            let start = modulations.start(&Block::modulations(i));
            Block::new(scope.at(format!("blocks.{i}")), dim, start)
        };
        Self {
            joined,
            picture,
            given,
            controls,
            condition: Condition::new(&mut scope, config),
            input: Linear::new(scope.at("input"), joined * (channels + picture + given + controls), dim),
            rows: scope.parameter("rows", &[height / joined, 1, dim], Order::Same, EMBEDDING),
            columns: scope.parameter("columns", &[1, width, dim], Order::Same, EMBEDDING),
            blocks: (0..config.layers).map(|i| block(&mut scope, i)).collect(),
            last: modulations.start("modulation"),
            output: Linear::starting_at_zero(scope.at("output"), dim, joined * channels),
            modulations,
        }
    }

    /// The velocity at `x` `[N, H, W, channels]` and times `t` `[N]` in [0, 1], under `conditions`.
    pub fn forward(&self, pass: &Pass<'_>, x: &Var, t: &Tensor, conditions: &Conditions) -> Var {
        let tape = pass.tape;
        let table = self.modulations.forward(pass, &self.condition.forward(pass, t, conditions));
        let positions = pass.enter(&unit_deviation(tape, x, t));
        let positions = with_channels(pass, positions, self.picture, conditions.picture.as_ref());
        let positions = with_channels(pass, positions, self.given, conditions.given.as_ref());
        let positions = with_channels(pass, positions, self.controls, conditions.controls.as_ref());
        let tokens = self.input.forward(pass, &join_rows(tape, &positions, self.joined));
        let tokens = grid_embedding(tape, &tokens, &pass.var(self.rows), &pass.var(self.columns));
        let [n, height, width, dim] = tokens.value.nhwc();
        let tokens = tape.reshape(&tokens, &[n, height * width, dim]);
        let tokens = self.blocks.iter().fold(tokens, |tokens, block| block.forward(pass, &tokens, &table));
        let normed = layer_norm(tape, &tokens, Modulation { table: &table, start: self.last });
        let output = self.output.forward(pass, &normed);
        let output = tape.reshape(&output, &[n, height, width, output.value.channels()]);
        let f = pass.leave(&part_rows(tape, &output, self.joined));
        preconditioned(tape, x, &f, t)
    }
}

/// The channels of each position, then those of a condition of the same grid, 0 if it is hidden.
fn with_channels(pass: &Pass<'_>, x: Var, channels: usize, condition: Option<&Tensor>) -> Var {
    if channels == 0 {
        return x;
    }
    let [n, height, width, _] = x.value.nhwc();
    let condition = or_zeros(condition, x.gpu(), &[n, height, width, channels]);
    concat(pass.tape, &x, &pass.enter(&Var::constant(condition)))
}
