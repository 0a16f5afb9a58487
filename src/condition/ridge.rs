//! Ridge regression: least squares with a penalty on the weights (Hoerl and Kennard 1970).

/// Weights `[1 + inputs, outputs]`, that of a constant input first, with which the weighted sums of `inputs` are nearest to `outputs`.
/// `penalty` times the squares of all weights but those of the constant is added to the squared errors; it is above 0.
///
/// # Panics
/// If there are not as many outputs as inputs, or rows of different lengths.
#[track_caller]
pub fn fit(inputs: &[Vec<f32>], outputs: &[Vec<f32>], penalty: f64) -> Vec<f32> {
    assert_eq!(inputs.len(), outputs.len(), "as many outputs as inputs");
    let (width, count) = (1 + inputs.first().map_or(0, Vec::len), outputs.first().map_or(0, Vec::len));
    // The normal equations A w = b.
    let (mut a, mut b) = (vec![0.0f64; width * width], vec![0.0f64; width * count]);
    for (input, output) in inputs.iter().zip(outputs) {
        assert!(1 + input.len() == width && output.len() == count, "rows of one length");
        let row: Vec<f64> = std::iter::once(1.0).chain(input.iter().map(|&value| f64::from(value))).collect();
        for (i, x) in row.iter().enumerate() {
            row.iter().enumerate().for_each(|(j, y)| a[i * width + j] += x * y);
            output.iter().enumerate().for_each(|(j, y)| b[i * count + j] += x * f64::from(*y));
        }
    }
    // A little on the constant too, so that there is a solution without any rows.
    (0..width).for_each(|i| a[i * width + i] += if i == 0 { 1e-9 } else { penalty });
    solve(&mut a, &mut b, width);
    b.into_iter().map(|value| value as f32).collect()
}

/// Solves A x = b in place by Cholesky's factors, A positive definite `[width, width]`, b `[width, columns]`.
fn solve(a: &mut [f64], b: &mut [f64], width: usize) {
    for i in 0..width {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| a[i * width + k] * a[j * width + k]).sum();
            let rest = a[i * width + j] - sum;
            a[i * width + j] = if i > j { rest / a[j * width + j] } else { rest.max(f64::MIN_POSITIVE).sqrt() };
        }
    }
    let columns = b.len() / width;
    for column in 0..columns {
        for i in 0..width {
            let sum: f64 = (0..i).map(|k| a[i * width + k] * b[k * columns + column]).sum();
            b[i * columns + column] = (b[i * columns + column] - sum) / a[i * width + i];
        }
        for i in (0..width).rev() {
            let sum: f64 = (i + 1..width).map(|k| a[k * width + i] * b[k * columns + column]).sum();
            b[i * columns + column] = (b[i * columns + column] - sum) / a[i * width + i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Philox;

    #[test]
    fn a_linear_map_is_found() {
        let mut random = Philox::new(1, 0);
        let inputs: Vec<Vec<f32>> = (0..200).map(|_| (0..3).map(|_| random.normal() as f32).collect()).collect();
        let map = |x: &Vec<f32>| vec![2.0 + x[0] - 3.0 * x[2], 0.5 * x[1]];
        let weights = fit(&inputs, &inputs.iter().map(map).collect::<Vec<_>>(), 1e-6);
        let wanted = [2.0, 0.0, 1.0, 0.0, 0.0, 0.5, -3.0, 0.0];
        assert!(weights.iter().zip(wanted).all(|(got, wanted)| (got - wanted).abs() < 1e-5), "{weights:?}");
    }

    #[test]
    fn a_penalty_keeps_the_mean_and_shrinks_the_rest() {
        let inputs = [vec![1.0], vec![-1.0]];
        // Of the sum of squares 2 and the penalty 2, half of the slope is left.
        let weights = fit(&inputs, &[vec![5.0], vec![1.0]], 2.0);
        assert!((weights[0] - 3.0).abs() < 1e-5 && (weights[1] - 1.0).abs() < 1e-5, "{weights:?}");
        assert_eq!(fit(&[], &[], 1.0), [] as [f32; 0]);
    }
}
