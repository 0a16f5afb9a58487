//! Explicit solvers of dy/dt = v(y, t) from t = 0 to 1, with classifier-free guidance as part of the update of y.

use crate::config::Method;
use crate::error::Result;
use crate::models::{Conditioning, VelocityField};
use crate::ops::flow::ode_combine;
use crate::tensor::Tensor;

/// Classifier-free guidance (Ho and Salimans 2022, arXiv 2207.12598): `v = v_u + scale (v_c - v_u)`, from the velocities without
/// and with the class or conditions of each sample.
pub struct Guidance {
    /// Classes or conditions.
    pub conditioning: Conditioning,
    /// 0 ignores them, 1 is the velocity with them, more extrapolates.
    pub scale: f32,
}

/// The guided velocity as a weighted sum: of one velocity, or of the conditional and the unconditional.
struct Velocity(Vec<(Tensor, f32)>);

/// Integrates from `noise [N, h, w, D]` at t = 0 to t = 1 in `steps` equal steps. `after_step` is given the result of each step.
///
/// # Errors
/// An error of `after_step`.
pub fn solve(
    field: &VelocityField,
    noise: Tensor,
    method: Method,
    steps: usize,
    guidance: Option<&Guidance>,
    mut after_step: impl FnMut(&Tensor) -> Result<()>,
) -> Result<Tensor> {
    let dt = 1.0 / steps as f32;
    let at = |y: &Tensor, t: f32| velocity(field, y, t, guidance);
    let mut y = noise;
    for step in 0..steps {
        let t = step as f32 * dt;
        let first = at(&y, t);
        y = match method {
            Method::Euler => advance(&y, &[(&first, dt)]),
            Method::Midpoint => {
                let middle = at(&advance(&y, &[(&first, dt / 2.0)]), t + dt / 2.0);
                advance(&y, &[(&middle, dt)])
            }
            Method::Heun => {
                let second = at(&advance(&y, &[(&first, dt)]), t + dt);
                advance(&y, &[(&first, dt / 2.0), (&second, dt / 2.0)])
            }
            Method::Rk4 => {
                let second = at(&advance(&y, &[(&first, dt / 2.0)]), t + dt / 2.0);
                let third = at(&advance(&y, &[(&second, dt / 2.0)]), t + dt / 2.0);
                let fourth = at(&advance(&y, &[(&third, dt)]), t + dt);
                advance(&y, &[(&first, dt / 6.0), (&second, dt / 3.0), (&third, dt / 3.0), (&fourth, dt / 6.0)])
            }
        };
        after_step(&y)?;
    }
    Ok(y)
}

fn velocity(field: &VelocityField, y: &Tensor, t: f32, guidance: Option<&Guidance>) -> Velocity {
    let unconditional = || field.at(y, t, &Conditioning::Nothing);
    let Some(Guidance { conditioning, scale }) = guidance else { return Velocity(vec![(unconditional(), 1.0)]) };
    let conditional = field.at(y, t, conditioning);
    if *scale == 1.0 {
        return Velocity(vec![(conditional, 1.0)]);
    }
    Velocity(vec![(conditional, *scale), (unconditional(), 1.0 - scale)])
}

/// `y + sum of c_i v_i` with guided velocities. One dispatch takes at most four velocities.
fn advance(y: &Tensor, stages: &[(&Velocity, f32)]) -> Tensor {
    let terms: Vec<(&Tensor, f32)> = stages
        .iter()
        .flat_map(|(Velocity(parts), coefficient)| parts.iter().map(move |(v, weight)| (v, coefficient * weight)))
        .collect();
    terms.chunks(4).fold(y.clone(), |y, terms| ode_combine(&y, terms))
}
