//! Cases of conversions to f16, which need an adapter with 16-bit floats whatever their inputs are stored in.

use super::differentiate::Differentiable;
use crate::bench::case::{Case, Input, STORED_IN_F16, Size};
use crate::dtype::Dtype;
use crate::ops::cast::cast;
use crate::reference::{self, array::Array};
use crate::rng::Philox;

/// Lengths around multiples of a vector of four and of a workgroup's length, and values beyond the range of f16.
pub fn cases(size: Size) -> Vec<Case> {
    match size {
        Size::Awkward => [1, 3, 1023, 1025, 5003].into_iter().flat_map(of_length).chain(overflow()).collect(),
        Size::Shipped => [1 << 16, 1 << 20].into_iter().flat_map(of_length).collect(),
    }
}

fn of_length(length: usize) -> Vec<Case> {
    let mut rng = Philox::new(10, length as u64);
    let [x, _, dy] = [0; 3].map(|_| Input::normal(&mut rng, &[length]));
    of_values(x, dy, format!("{length}"))
}

/// Loss scaling needs infinities: it halves its scale at a gradient that is not finite.
fn overflow() -> Vec<Case> {
    let values = |i: usize| [7e4, -7e4, 1e38, -1e38, 65_504.0, -65_504.0, 1.0, 0.0][i];
    let [x, dy] = [0; 2].map(|_| Input::from_fn(&[8], values));
    of_values(x, dy, "8, overflow".to_owned()).into_iter().take(1).collect()
}

fn of_values(x: Input, dy: Input, shape: String) -> Vec<Case> {
    let stored = Differentiable {
        names: ["cast", "cast_both"],
        shape,
        flop: 0.0,
        inputs: vec![x],
        leaves: 1,
        dy,
        forward: |tape: &_, x: &[_]| cast(tape, &x[0], Dtype::F16),
        reference: |x: &[Array]| reference::cast(&x[0]),
        gradients: |x: &[Array]| vec![x[1].clone()],
    };
    // The rounding mode depends on the adapter.
    stored.cases().into_iter().map(|case| Case { bound: STORED_IN_F16, ..case }).collect()
}
