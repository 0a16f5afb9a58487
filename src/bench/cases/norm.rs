//! Cases of group normalisation.

use super::differentiate::Differentiable;
use crate::bench::case::{Case, Input, Size};
use crate::ops::elementwise::multiply;
use crate::ops::norm::{Args, GroupNorm, Modulation, group_norm};
use crate::reference::{self, array::Array};
use crate::rng::Philox;

/// Settings of one case.
#[derive(Clone, Copy)]
struct Choice {
    shape: [usize; 4],
    groups: usize,
    modulated: bool,
    residual: bool,
    silu: bool,
    /// Whether x is a factor of the result too, so that its gradient is a sum.
    twice: bool,
}

/// Groups of a multiple of four channels and others, single positions in few samples and many (layer norm), samples small enough for one workgroup per group and larger
/// ones, fused modulation, SiLU and residual.
pub fn cases(size: Size) -> Vec<Case> {
    let choice = |shape, groups, [modulated, residual, silu]: [bool; 3]| {
        let twice = false;
        Choice { shape, groups, modulated, residual, silu, twice }
    };
    let twice = |shape, groups, silu| Choice { twice: true, ..choice(shape, groups, [false, false, silu]) };
    let choices = match size {
        Size::Awkward => vec![
            choice([1, 1, 2, 4], 1, [false, false, false]),
            choice([2, 3, 5, 6], 2, [true, false, true]),
            choice([3, 1, 7, 5], 5, [true, true, false]),
            choice([2, 9, 8, 16], 4, [true, false, true]),
            choice([1, 17, 13, 24], 8, [false, true, true]),
            choice([5, 4, 4, 7], 1, [false, false, false]),
            choice([2, 5, 3, 48], 1, [false, true, false]),
            choice([2, 3, 3, 144], 2, [true, true, true]),
            // One channel. The largest samples of one pass on a GPU and on software Vulkan, and some that are larger.
            choice([2, 3, 5, 1], 1, [true, true, true]),
            choice([2, 32, 32, 16], 4, [false, false, true]),
            choice([2, 5, 205, 16], 4, [false, false, true]),
            choice([1, 64, 64, 16], 4, [true, false, false]),
            choice([1, 17, 241, 16], 4, [true, false, false]),
            choice([1, 131, 127, 8], 2, [true, false, true]),
            choice([2, 121, 109, 5], 1, [false, true, false]),
            choice([1, 131, 127, 8], 2, [false, false, false]),
            choice([300, 1, 1, 20], 1, [false, false, false]),
            twice([2, 3, 5, 8], 2, false),
            twice([2, 3, 5, 6], 2, true),
            twice([1, 131, 127, 8], 2, false),
            twice([300, 1, 1, 20], 1, false),
        ],
        Size::Shipped => vec![
            choice([16, 16, 16, 16], 4, [true, false, true]),
            choice([16, 16, 16, 16], 4, [false, true, true]),
            choice([16, 16, 16, 16], 1, [false, false, false]),
            choice([16, 4, 4, 64], 4, [true, false, true]),
            choice([8, 32, 32, 64], 8, [false, false, true]),
            choice([2, 128, 128, 32], 8, [false, false, true]),
            choice([1536, 1, 1, 128], 1, [false, false, false]),
        ],
    };
    choices.into_iter().flat_map(of_choice).collect()
}

fn of_choice(choice: Choice) -> Vec<Case> {
    let Choice { shape, groups, modulated, residual, silu, twice } = choice;
    let mut rng = Philox::new(13, shape.iter().product::<usize>() as u64);
    let channels = shape[3];
    // The mean is far from zero, so that a variance computed as a difference of squares would fail.
    let x = if twice { Input::normal(&mut rng, &shape) } else { Input::uniform(&mut rng, &shape, 20.0, 24.0) };
    let dy = Input::normal(&mut rng, &shape);
    let mut inputs = vec![x, Input::normal(&mut rng, &[channels]), Input::normal(&mut rng, &[channels])];
    if modulated {
        inputs.push(Input::normal(&mut rng, &[shape[0], 2 * (channels + choice.margin())]));
    }
    if residual {
        inputs.push(Input::normal(&mut rng, &shape));
    }
    let residual_index = 3 + usize::from(modulated);
    Differentiable {
        names: if twice { ["group_norm_twice_fwd", "group_norm_twice"] } else { ["group_norm_fwd", "group_norm"] },
        shape: format!(
            "{shape:?} g{groups}{}{}{}",
            if modulated { " scale shift" } else { "" },
            if silu { " silu" } else { "" },
            if residual { " residual" } else { "" }
        ),
        flop: 10.0 * shape.iter().product::<usize>() as f64,
        leaves: inputs.len(),
        inputs,
        dy,
        forward: move |tape: &_, x: &[_]| {
            let args = Args {
                x: &x[0],
                gamma: &x[1],
                beta: &x[2],
                modulation: modulated.then(|| Modulation { table: &x[3], start: choice.margin() }),
                residual: residual.then(|| &x[residual_index]),
            };
            let y = group_norm(tape, args, &GroupNorm { groups, eps: 1e-5, silu });
            if twice { multiply(tape, &y, &x[0]) } else { y }
        },
        reference: move |x: &[Array]| {
            let table = modulated.then(|| x[3].columns(choice.columns()));
            let y = reference::group_norm_fwd(&x[0], &in_f64(choice, x, table.as_ref()));
            let y = if residual { reference::add(&y, &x[residual_index]) } else { y };
            if twice { y.zip(&x[0], |y, x| y * x) } else { y }
        },
        gradients: move |x: &[Array]| {
            let given = &x[x.len() - 1];
            let dy = if twice { given.zip(&x[0], |dy, x| dy * x) } else { given.clone() };
            let table = modulated.then(|| x[3].columns(choice.columns()));
            let norm = in_f64(choice, x, table.as_ref());
            let reference::GroupNormGradients { mut dx, dgamma, dbeta, dscale_dshift } =
                reference::group_norm_bwd(&x[0], &norm, &dy);
            if twice {
                let y = reference::group_norm_fwd(&x[0], &norm);
                dx = reference::add(&dx, &given.zip(&y, |dy, y| dy * y));
            }
            let dtable = dscale_dshift.map(|own| own.among_columns(choice.margin(), x[3].channels()));
            let dresidual = residual.then(|| dy.clone());
            [dx, dgamma, dbeta].into_iter().chain(dtable).chain(dresidual).collect()
        },
    }
    .cases()
}

impl Choice {
    /// Columns of the table before the scales and after the shifts: none, an odd number, a multiple of four.
    fn margin(&self) -> usize {
        [0, 3, 4][self.shape[0] % 3]
    }

    fn columns(&self) -> std::ops::Range<usize> {
        self.margin()..self.margin() + 2 * self.shape[3]
    }
}

fn in_f64<'a>(choice: Choice, x: &'a [Array], table: Option<&'a Array>) -> reference::GroupNorm<'a> {
    reference::GroupNorm {
        gamma: &x[1],
        beta: &x[2],
        groups: choice.groups,
        eps: f64::from(1e-5f32),
        scale_shift: table,
        silu: choice.silu,
    }
}
