//! A block of the transformer: attention and a multi-layer perceptron, each a gated residual of a modulated norm.

use crate::nn::{Layer, Linear, Pass, Scope};
use crate::ops::activation::gelu_tanh;
use crate::ops::attention::attention_packed;
use crate::ops::elementwise::gate;
use crate::ops::layer_norm::layer_norm;
use crate::ops::norm::Modulation;
use crate::tape::Var;

/// Channels of a head.
pub const HEAD: usize = 32;

/// `y = x + (1 + g1) attention(norm(x))`, `y + (1 + g2) mlp(norm(y))`.
pub struct Block {
    heads: usize,
    qkv: Linear,
    out: Linear,
    up: Linear,
    down: Linear,
    /// First of the block's columns in the table of modulations: scale, shift and gate of the attention, then of the MLP.
    start: usize,
}

impl Block {
    /// Columns of a block in the table, per channel.
    pub const COLUMNS: usize = 6;

    /// The name of the layer that computes the columns of block `i`.
    pub fn modulations(i: usize) -> String {
        format!("blocks.{i}.modulation")
    }

    /// A block on tokens of `dim` channels, a multiple of [`HEAD`].
    pub fn new(mut scope: Scope<'_>, dim: usize, start: usize) -> Self {
        Self {
            heads: dim / HEAD,
            qkv: Linear::without_bias(scope.at("qkv"), dim, 3 * dim),
            out: Linear::new(scope.at("out"), dim, dim),
            up: Linear::new(scope.at("up"), dim, 4 * dim),
            down: Linear::new(scope.at("down"), 4 * dim, dim),
            start,
        }
    }

    /// Tokens `[N, L, dim]` to the same shape; `table` `[N, columns]` holds the modulations of all blocks.
    pub fn forward(&self, pass: &Pass<'_>, x: &Var, table: &Var) -> Var {
        let (tape, dim) = (pass.tape, x.value.channels());
        let column = |i| self.start + i * dim;

        let normed = layer_norm(tape, x, Modulation { table, start: column(0) });
        let qkv = self.qkv.forward(pass, &normed);
        let attended = attention_packed(tape, &qkv, self.heads, (HEAD as f32).sqrt().recip());
        let y = gate(tape, x, &self.out.forward(pass, &attended), table, column(2));

        let normed = layer_norm(tape, &y, Modulation { table, start: column(3) });
        let hidden = gelu_tanh(tape, &self.up.forward(pass, &normed));
        gate(tape, &y, &self.down.forward(pass, &hidden), table, column(5))
    }
}
