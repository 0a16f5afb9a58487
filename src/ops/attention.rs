//! Full attention: softmax(scale Q K^T) V per head, from products and a softmax over rows (Vaswani et al. 2017, section 3.2.1).

use super::matmul::{Operand, Size, matmul, matmul_nt, matmul_tn};
use super::softmax::{softmax_rows, softmax_rows_backward};
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

/// Sizes of an attention operation.
#[derive(Debug, Clone, Copy)]
struct Heads {
    batch: usize,
    length: usize,
    heads: usize,
    scale: f32,
}

/// One of Q, K, V or the output, which may be a part of a tensor's channels.
#[derive(Clone)]
struct Packed {
    tensor: Tensor,
    /// Channels of a head.
    width: usize,
    /// Channels of the tensor.
    row: usize,
    /// The first channel.
    base: usize,
}

impl Packed {
    fn whole(tensor: &Tensor, heads: usize) -> Self {
        let row = tensor.channels();
        Self { tensor: tensor.clone(), width: row / heads, row, base: 0 }
    }

    fn third(tensor: &Tensor, heads: usize, number: usize) -> Self {
        let row = tensor.channels();
        Self { tensor: tensor.clone(), width: row / (3 * heads), row, base: number * row / 3 }
    }

    fn operand(&self, length: usize) -> Operand<'_> {
        Operand { tensor: &self.tensor, row: self.row, outer: length * self.row, inner: self.width, base: self.base }
    }
}

impl Heads {
    fn size(&self, m: usize, n: usize, k: usize) -> Size {
        Size { m, n, k, batches: [self.batch, self.heads], add: false }
    }

    /// A matrix over all pairs of positions, `[batch, heads, length, length]`, as an operand.
    fn pairs<'a>(&self, tensor: &'a Tensor) -> Operand<'a> {
        let square = self.length * self.length;
        Operand { tensor, row: self.length, outer: self.heads * square, inner: square, base: 0 }
    }

    fn pairs_shape(&self) -> [usize; 4] {
        [self.batch, self.heads, self.length, self.length]
    }

    /// Writes the output and returns the probabilities. Scores are always f32, because softmax exponentiates them.
    fn forward(&self, [q, k, v]: [&Packed; 3], output: &Packed) -> Tensor {
        let length = self.length;
        let scores = Tensor::empty_f32(q.tensor.gpu(), &self.pairs_shape());
        matmul_nt(&self.size(length, length, q.width), q.operand(length), k.operand(length), None, self.pairs(&scores));
        let probabilities = softmax_rows(&scores, self.scale, q.tensor.dtype());
        let size = self.size(length, v.width, length);
        matmul(&size, self.pairs(&probabilities), v.operand(length), None, output.operand(length));
        probabilities
    }

    /// Writes the gradients of Q, K and V.
    fn backward(&self, [q, k, v]: [&Packed; 3], probabilities: &Tensor, dy: &Packed, [dq, dk, dv]: [&Packed; 3]) {
        let length = self.length;
        let size = self.size(length, v.width, length);
        matmul_tn(&size, self.pairs(probabilities), dy.operand(length), dv.operand(length));
        let dp = Tensor::empty_f32(probabilities.gpu(), &self.pairs_shape());
        matmul_nt(&self.size(length, length, v.width), dy.operand(length), v.operand(length), None, self.pairs(&dp));
        let ds = softmax_rows_backward(probabilities, &dp, self.scale, probabilities.dtype());
        let size = self.size(length, q.width, length);
        matmul(&size, self.pairs(&ds), k.operand(length), None, dq.operand(length));
        matmul_tn(&size, self.pairs(&ds), q.operand(length), dk.operand(length));
    }
}

/// Attention of `q [N, L, heads * d]` to `k [N, L, heads * d]` and `v [N, L, heads * e]`: `[N, L, heads * e]`.
#[track_caller]
pub fn attention(tape: &Tape, q: &Var, k: &Var, v: &Var, heads: usize, scale: f32) -> Var {
    let &[batch, length, width] = q.shape() else { panic!("attention: q {:?}", q.value) };
    assert!(
        k.shape() == q.shape()
            && matches!(*v.shape(), [n, l, channels] if [n, l] == [batch, length] && channels.is_multiple_of(heads))
            && width.is_multiple_of(heads),
        "attention: q {:?}, k {:?}, v {:?}, {heads} heads",
        q.value,
        k.value,
        v.value
    );
    let sizes = Heads { batch, length, heads, scale };
    let output = Tensor::empty_like(&q.value, v.shape());
    let packed = [q, k, v].map(|x| Packed::whole(&x.value, heads));
    let probabilities = sizes.forward(packed.each_ref(), &Packed::whole(&output, heads));
    let inputs = [q.clone(), k.clone(), v.clone()];
    tape.record(&[q, k, v], output, || Attention { sizes, inputs, probabilities })
}

struct Attention {
    sizes: Heads,
    inputs: [Var; 3],
    probabilities: Tensor,
}

impl Backward for Attention {
    fn backward(&self, dy: &Tensor, gradients: &mut Gradients) {
        let heads = self.sizes.heads;
        let inputs = self.inputs.each_ref().map(|x| Packed::whole(&x.value, heads));
        let outputs = self.inputs.each_ref().map(|x| Packed::whole(&Tensor::empty_like(dy, x.shape()), heads));
        let dy = Packed::whole(dy, heads);
        self.sizes.backward(inputs.each_ref(), &self.probabilities, &dy, outputs.each_ref());
        for (input, output) in self.inputs.iter().zip(outputs) {
            gradients.add(input, output.tensor);
        }
    }
}

/// The same on `qkv [N, L, 3 * heads * d]`, channels in the order 3, heads, d: `[N, L, heads * d]`.
#[track_caller]
pub fn attention_packed(tape: &Tape, qkv: &Var, heads: usize, scale: f32) -> Var {
    let &[batch, length, width] = qkv.shape() else { panic!("attention_packed: {:?}", qkv.value) };
    assert!(width.is_multiple_of(3 * heads), "attention_packed: {:?} for {heads} heads", qkv.value);
    let sizes = Heads { batch, length, heads, scale };
    let output = Tensor::empty_like(&qkv.value, &[batch, length, width / 3]);
    let packed = [0, 1, 2].map(|number| Packed::third(&qkv.value, heads, number));
    let probabilities = sizes.forward(packed.each_ref(), &Packed::whole(&output, heads));
    tape.record(&[qkv], output, || AttentionPacked { sizes, qkv: qkv.clone(), probabilities })
}

struct AttentionPacked {
    sizes: Heads,
    qkv: Var,
    probabilities: Tensor,
}

impl Backward for AttentionPacked {
    fn backward(&self, dy: &Tensor, gradients: &mut Gradients) {
        let heads = self.sizes.heads;
        let gradient = Tensor::empty_like(dy, self.qkv.shape());
        let inputs = [0, 1, 2].map(|number| Packed::third(&self.qkv.value, heads, number));
        let outputs = [0, 1, 2].map(|number| Packed::third(&gradient, heads, number));
        let dy = Packed::whole(dy, heads);
        self.sizes.backward(inputs.each_ref(), &self.probabilities, &dy, outputs.each_ref());
        drop(outputs);
        gradients.add(&self.qkv, gradient);
    }
}
