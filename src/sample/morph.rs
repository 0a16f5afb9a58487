//! Music between two pieces, through noise.
//!
//! The flow is solved backwards from both pieces to noise, and forwards from points between the two noises, which are those of a
//! sphere (slerp), since noise of many elements has about one norm.

use super::Generator;
use super::solver::{Guidance, Solver};
use crate::condition::{Row, Shown};
use crate::config::Sampling;
use crate::data::music::roll::Roll;
use crate::data::music::to_c;
use crate::data::picture::cells::Orphans;
use crate::data::picture::tensor::Layout;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::models::Conditioning;
use crate::tensor::Tensor;

/// `count` pieces from one of two windows to the other, of which the first and the last are these. `after_step` is called after each
/// of the `2 sampling.steps` steps of the solver.
///
/// # Errors
/// A flow without conditions; a failure of the device; an error of `after_step`.
pub fn morph(
    gpu: &Gpu,
    generator: &Generator,
    ends: [&Roll; 2],
    count: usize,
    sampling: &Sampling,
    after_step: &mut dyn FnMut() -> Result<()>,
) -> Result<Vec<Roll>> {
    let shifts = ends.map(|roll| to_c::shift(roll, roll));
    let in_c = [0, 1].map(|end| ends[end].clone().shifted(shifts[end]));
    let rows = [0, 1].map(|end| Row::of(&in_c[end], shifts[end]));
    let weights: Vec<f32> = (1..count.saturating_sub(1)).map(|i| i as f32 / (count - 1) as f32).collect();
    let between_rows: Vec<Row> = weights.iter().map(|&weight| mixed(&rows, weight)).collect();
    let mut rolls = vec![ends[0].clone()];
    if !weights.is_empty() {
        let latents = generator.encoder().encode(gpu, &[&in_c[0], &in_c[1]]);
        let noise = solve(gpu, generator, latents, &rows, ([1.0, 0.0], sampling), after_step)?;
        let values = noise.read_f32()?;
        let (from, to) = values.split_at(values.len() / 2);
        let points: Vec<f32> = weights.iter().flat_map(|&weight| between(from, to, weight)).collect();
        let shape = [&[weights.len()], &noise.shape()[1..]].concat();
        let points = Tensor::from_f32(gpu, &shape, &points);
        let latents = solve(gpu, generator, points, &between_rows, ([0.0, 1.0], sampling), after_step)?;
        let decoded = generator.vqvae.decode(&generator.statistics.unstandardise(&latents)).read_f32()?;
        let layout = Layout::of(&generator.config.data);
        let size = layout.size(generator.config.data.steps);
        let cells = layout.activate(decoded);
        let read = |(cells, row): (&[f32], &Row)| layout.read(cells, Orphans::Drop).shifted(-i32::from(row.shift));
        rolls.extend(cells.chunks(size).zip(&between_rows).map(read));
    }
    rolls.push(ends[1].clone());
    Ok(rolls.into_iter().map(|roll| roll.marked(true)).take(count).collect())
}

/// The solution between two times, without guidance, which would not lead back.
fn solve(
    gpu: &Gpu,
    generator: &Generator,
    x: Tensor,
    rows: &[Row],
    (times, sampling): ([f32; 2], &Sampling),
    after_step: &mut dyn FnMut() -> Result<()>,
) -> Result<Tensor> {
    let Some(table) = &generator.conditions else {
        return Err(Error::config("this flow was trained without conditions, which a morph needs"));
    };
    let shown: Vec<(&Row, Shown)> = rows.iter().map(|row| (row, Shown::ALL)).collect();
    let conditioning = Conditioning::Conditions(table.upload(gpu, &shown));
    let guidance = Guidance { conditioning, always: Conditioning::Nothing, scale: 1.0, until: 1.0 };
    let Sampling { method, steps, .. } = *sampling;
    let solver =
        Solver { field: &generator.field, method, times, steps, guidance: Some(&guidance), held: None, followed: None };
    solver.solve(x, |_| after_step())
}

/// The point on the arc between two vectors, at a share `weight` of its angle (Shoemake 1985).
fn between(from: &[f32], to: &[f32], weight: f32) -> Vec<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
    let cosine = dot(from, to) / (dot(from, from) * dot(to, to)).sqrt().max(f64::MIN_POSITIVE);
    let angle = cosine.clamp(-1.0, 1.0).acos();
    let weight = f64::from(weight);
    let shares = if angle.sin() < 1e-4 {
        [1.0 - weight, weight]
    } else {
        [((1.0 - weight) * angle).sin() / angle.sin(), (weight * angle).sin() / angle.sin()]
    };
    from.iter().zip(to).map(|(a, b)| (shares[0] * f64::from(*a) + shares[1] * f64::from(*b)) as f32).collect()
}

/// Conditions between two: the numbers are mixed, chords and key are those of the nearer one.
fn mixed(rows: &[Row; 2], weight: f32) -> Row {
    let [from, to] = rows;
    let mix = |a: f32, b: f32| a + weight * (b - a);
    let mut row = if weight < 0.5 { from.clone() } else { to.clone() };
    row.attributes = std::array::from_fn(|i| mix(from.attributes[i], to.attributes[i]));
    row.rhythm = std::array::from_fn(|i| mix(from.rhythm[i], to.rhythm[i]));
    for (bar, (a, b)) in row.bars.iter_mut().zip(from.bars.iter().zip(&to.bars)) {
        *bar = std::array::from_fn(|i| mix(a[i], b[i]));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_an_arc_keep_the_norm() {
        let norm = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>().sqrt();
        let (from, to) = ([3.0, 0.0, 4.0], [0.0, 5.0, 0.0]);
        for weight in [0.0, 0.3, 0.5, 1.0] {
            assert!((norm(&between(&from, &to, weight)) - 5.0).abs() < 1e-5);
        }
        assert_eq!(between(&from, &to, 0.0), from);
        assert!((between(&from, &from, 0.5)[2] - 4.0).abs() < 1e-6);
    }
}
