//! Cases of layer normalisation.

use super::differentiate::Differentiable;
use crate::bench::case::{Case, Input, Size};
use crate::ops::elementwise::multiply;
use crate::ops::layer_norm::layer_norm;
use crate::ops::norm::Modulation;
use crate::reference::{self, array::Array};
use crate::rng::Philox;

/// PyTorch's default, rounded to f32.
const EPS: f64 = 1e-5f32 as f64;

/// Channels that are multiples of four and others, fewer and more than a workgroup has invocations; one position and many.
pub fn cases(size: Size) -> Vec<Case> {
    let shapes: &[[usize; 4]] = match size {
        // Samples, positions, channels, column of the first scale.
        Size::Awkward => &[[1, 1, 4, 0], [2, 7, 5, 3], [3, 12, 64, 4], [5, 3, 129, 0], [2, 33, 192, 6], [1, 65, 36, 8]],
        Size::Shipped => &[[8, 64, 192, 4992 - 384]],
    };
    shapes.iter().flat_map(|&shape| [false, true].into_iter().flat_map(move |twice| of_shape(shape, twice))).collect()
}

/// With `twice`, x is used a second time, so that its gradient is a sum.
fn of_shape([samples, positions, channels, start]: [usize; 4], twice: bool) -> Vec<Case> {
    let mut rng = Philox::new(60, (samples * positions * channels) as u64);
    let shape = [samples, positions, channels];
    // The mean is far from zero, so that a variance computed as a difference of squares would fail.
    let x = if twice { Input::normal(&mut rng, &shape) } else { Input::uniform(&mut rng, &shape, 20.0, 24.0) };
    let columns = start..start + 2 * channels;
    let table = Input::normal(&mut rng, &[samples, columns.end]);
    let of_table = columns.clone();
    Differentiable {
        names: if twice { ["layer_norm_twice_fwd", "layer_norm_twice"] } else { ["layer_norm_fwd", "layer_norm"] },
        shape: format!("{samples}x{positions}x{channels} from column {start}"),
        flop: 8.0 * (samples * positions * channels) as f64,
        inputs: vec![x, table],
        leaves: 2,
        dy: Input::normal(&mut rng, &shape),
        forward: move |tape: &_, x: &[_]| {
            let y = layer_norm(tape, &x[0], Modulation { table: &x[1], start });
            if twice { multiply(tape, &y, &x[0]) } else { y }
        },
        reference: move |x: &[Array]| {
            let y = reference::layer_norm_fwd(&x[0], &x[1].columns(of_table.clone()), EPS);
            if twice { y.zip(&x[0], |y, x| y * x) } else { y }
        },
        gradients: move |x: &[Array]| {
            let table = x[1].columns(columns.clone());
            let dy = if twice { x[2].zip(&x[0], |dy, x| dy * x) } else { x[2].clone() };
            let (mut dx, dtable) = reference::layer_norm_bwd(&x[0], &table, EPS, &dy);
            if twice {
                let y = reference::layer_norm_fwd(&x[0], &table, EPS);
                dx = reference::add(&dx, &x[2].zip(&y, |dy, y| dy * y));
            }
            vec![dx, dtable.among_columns(start, x[1].channels())]
        },
    }
    .cases()
}
