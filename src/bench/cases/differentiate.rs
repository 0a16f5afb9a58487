//! Cases that use the tape: a forward pass alone, and forward and backward together.

use crate::bench::case::{BACKWARD, Case, FORWARD, Input};
use crate::reference::array::Array;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;

/// A differentiable operation, of which the cases are made.
pub(super) struct Differentiable<F, R, G> {
    /// Names of the forward pass alone and of both passes.
    pub names: [&'static str; 2],
    /// The shape in words.
    pub shape: String,
    /// Floating-point operations of the forward pass.
    pub flop: f64,
    /// The operation's inputs.
    pub inputs: Vec<Input>,
    /// How many of them are leaves. The rest are constants.
    pub leaves: usize,
    /// Gradient of the output.
    pub dy: Input,
    /// The operation.
    pub forward: F,
    /// The operation in f64.
    pub reference: R,
    /// Gradients of all leaves in f64, from the inputs and, last, the gradient of the output.
    pub gradients: G,
}

impl<F, R, G> Differentiable<F, R, G>
where
    F: Fn(&Tape, &[Var]) -> Var + Clone + 'static,
    R: Fn(&[Array]) -> Array + 'static,
    G: Fn(&[Array]) -> Vec<Array> + 'static,
{
    /// Two cases: the forward pass, and both passes with all gradients as outputs.
    pub fn cases(self) -> Vec<Case> {
        let Self { names, shape, flop, inputs, leaves, dy, forward, reference, gradients } = self;
        let elements = |inputs: &[Input]| inputs.iter().map(Input::len).sum::<usize>() as f64;
        let (read, written) = (elements(&inputs), dy.len() as f64);
        let inference = forward.clone();
        let alone = Case {
            kernel: names[0],
            shape: shape.clone(),
            flop,
            bytes: 4.0 * (read + written),
            bound: FORWARD,
            inputs: inputs.clone(),
            run: Box::new(move |_, tensors| {
                let vars: Vec<Var> = tensors.iter().cloned().map(Var::constant).collect();
                vec![inference(&Tape::inference(), &vars).value]
            }),
            reference: Some(Box::new(move |arrays| vec![reference(arrays)])),
        };
        let both = Case {
            kernel: names[1],
            shape,
            flop: 3.0 * flop,
            bytes: 4.0 * (3.0 * read + 2.0 * written),
            bound: BACKWARD,
            inputs: [inputs, vec![dy]].concat(),
            run: Box::new(move |_, tensors| differentiate(tensors, leaves, &forward)),
            reference: Some(Box::new(gradients)),
        };
        vec![alone, both]
    }
}

/// The gradients of the first `leaves` of `tensors`, the last of which is the gradient of the output.
fn differentiate(tensors: &[Tensor], leaves: usize, forward: impl Fn(&Tape, &[Var]) -> Var) -> Vec<Tensor> {
    let (dy, inputs) = tensors.split_last().expect("the gradient of the output");
    let tape = Tape::recording();
    let wrap = |(i, x): (usize, &Tensor)| if i < leaves { tape.leaf(x.clone()) } else { Var::constant(x.clone()) };
    let vars: Vec<Var> = inputs.iter().enumerate().map(wrap).collect();
    let y = forward(&tape, &vars);
    let mut gradients = tape.backward([(y, dy.clone())]);
    vars[..leaves].iter().map(|leaf| gradients.take(leaf).expect("a leaf's gradient")).collect()
}
