//! Explicit solvers of dy/dt = v(y, t) from t = 0 to 1, or a part of it, with classifier-free guidance as part of the update of y.

use super::given::{Followed, Held};
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
    /// What is not hidden from the unconditional velocity either: nothing, or what is given of the music.
    pub always: Conditioning,
    /// 0 ignores them, 1 is the velocity with them, more extrapolates.
    pub scale: f32,
    /// Time from which on the velocity is the conditional one alone (Kynkäänniemi et al. 2024, arXiv 2404.07724).
    pub until: f32,
}

/// The guided velocity as a weighted sum: of one velocity, or of the conditional and the unconditional.
struct Velocity(Vec<(Tensor, f32)>);

/// How to solve.
pub struct Solver<'a> {
    /// The velocity.
    pub field: &'a VelocityField,
    /// The integrator.
    pub method: Method,
    /// Times between which it is solved, each in [0, 1]. The first may be the larger one.
    pub times: [f32; 2],
    /// Equal steps from one time to the other.
    pub steps: usize,
    /// Without it the velocity is the unconditional one.
    pub guidance: Option<&'a Guidance>,
    /// What is held in its place after each step.
    pub held: Option<&'a Held<'a>>,
    /// Music that is followed at first.
    pub followed: Option<&'a Followed>,
}

impl Solver<'_> {
    /// Integrates from `x [N, h, w, D]`. After each step, `after_step` is given the end of the straight path through the step's
    /// beginning, which is recorded when it is called.
    ///
    /// # Errors
    /// An error of `after_step`, or of the device.
    pub fn solve(&self, x: Tensor, mut after_step: impl FnMut(&dyn Fn() -> Tensor) -> Result<()>) -> Result<Tensor> {
        let [begin, end] = self.times;
        let dt = (end - begin) / self.steps as f32;
        let mut y = self.held.map_or(x.clone(), |held| held.start(&x, begin));
        for step in 0..self.steps {
            let t = begin + step as f32 * dt;
            if let Some(followed) = self.followed {
                if followed.is_all(t + dt) {
                    after_step(&|| followed.latents.clone())?;
                    continue;
                }
                let on_path = followed.at(&y, t);
                y = self.held.map_or(on_path.clone(), |held| held.start(&on_path, t));
            }
            let again = self.held.map_or(0, |held| if step > 0 { held.resamplings } else { 0 });
            let mut path = None;
            for number in (0..=again).rev() {
                let (next, first) = self.step(&y, t, dt);
                let next = match self.held {
                    None => next,
                    Some(held) => {
                        // The ends of the straight path through y: x1 = y + (1 - t) v, x0 = y - t v.
                        let ends = || [1.0 - t, -t].map(|c| advance(&y, &[(&first, c)]));
                        let next = held.after_step(&next, t + dt, ends)?;
                        if number > 0 { held.renoised(&next, [t, t + dt], step, number) } else { next }
                    }
                };
                path = Some((std::mem::replace(&mut y, next), first));
            }
            // The device computes this step while the next is recorded.
            y.gpu().flush()?;
            if let Some((x, velocity)) = path {
                after_step(&|| advance(&x, &[(&velocity, end - t)]))?;
            }
        }
        Ok(y)
    }

    /// One step from time t, and the velocity at its beginning.
    fn step(&self, y: &Tensor, t: f32, dt: f32) -> (Tensor, Velocity) {
        let at = |y: &Tensor, t: f32| self.velocity(y, t);
        let first = at(y, t);
        let next = match self.method {
            Method::Euler => advance(y, &[(&first, dt)]),
            Method::Midpoint => {
                let middle = at(&advance(y, &[(&first, dt / 2.0)]), t + dt / 2.0);
                advance(y, &[(&middle, dt)])
            }
            Method::Heun => {
                let second = at(&advance(y, &[(&first, dt)]), t + dt);
                advance(y, &[(&first, dt / 2.0), (&second, dt / 2.0)])
            }
            Method::Rk4 => {
                let second = at(&advance(y, &[(&first, dt / 2.0)]), t + dt / 2.0);
                let third = at(&advance(y, &[(&second, dt / 2.0)]), t + dt / 2.0);
                let fourth = at(&advance(y, &[(&third, dt)]), t + dt);
                advance(y, &[(&first, dt / 6.0), (&second, dt / 3.0), (&third, dt / 3.0), (&fourth, dt / 6.0)])
            }
        };
        (next, first)
    }

    fn velocity(&self, y: &Tensor, t: f32) -> Velocity {
        let nothing = Conditioning::Nothing;
        let Some(Guidance { conditioning, always, scale, until }) = self.guidance else {
            return Velocity(vec![(self.field.at(y, t, &nothing), 1.0)]);
        };
        let conditional = self.field.at(y, t, conditioning);
        if *scale == 1.0 || t >= *until {
            return Velocity(vec![(conditional, 1.0)]);
        }
        Velocity(vec![(conditional, *scale), (self.field.at(y, t, always), 1.0 - scale)])
    }
}

/// `y + sum of c_i v_i` with guided velocities. One dispatch takes at most four velocities.
fn advance(y: &Tensor, stages: &[(&Velocity, f32)]) -> Tensor {
    let terms: Vec<(&Tensor, f32)> = stages
        .iter()
        .flat_map(|(Velocity(parts), coefficient)| parts.iter().map(move |(v, weight)| (v, coefficient * weight)))
        .collect();
    terms.chunks(4).fold(y.clone(), |y, terms| ode_combine(&y, terms))
}
