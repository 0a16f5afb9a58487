//! The assignment of noise to latents of least total squared distance: minibatch optimal transport (Tong et al. 2023, arXiv
//! 2302.00482).

/// For each of the `n` latents the number of its noise, each noise used once, so that the sum of squared distances is least.
/// Both are `[n, ..]`, row-major.
///
/// # Panics
/// If the lengths differ or are not `n` samples.
#[track_caller]
pub fn assign(latents: &[f32], noise: &[f32], n: usize) -> Vec<usize> {
    assert!(
        latents.len() == noise.len() && latents.len().is_multiple_of(n.max(1)),
        "assign: {n} samples of unequal lengths"
    );
    if n == 0 {
        return Vec::new();
    }
    let elements = latents.len() / n;
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
    let sample = |all: &[f32], i: usize| -> Vec<f32> { all[i * elements..(i + 1) * elements].to_vec() };
    let noises: Vec<Vec<f32>> = (0..n).map(|j| sample(noise, j)).collect();
    // |x - e|^2 without |x|^2 and |e|^2, whose sums are the same for every assignment.
    let cost: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            let latent = sample(latents, i);
            noises.iter().map(|noise| -2.0 * dot(&latent, noise)).collect()
        })
        .collect();
    least_assignment(&cost)
}

/// For each row of a square matrix its column in the assignment of least total cost: shortest augmenting paths with dual
/// variables (the Hungarian method in the form of Jonker and Volgenant 1987), O(n^3).
fn least_assignment(cost: &[Vec<f64>]) -> Vec<usize> {
    let n = cost.len();
    // Row and column 0 stand for "none"; real ones count from 1.
    let (mut of_row, mut of_column) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    let mut row_at = vec![0; n + 1];
    for row in 1..=n {
        row_at[0] = row;
        let mut column = 0;
        let (mut least, mut came_from) = (vec![f64::INFINITY; n + 1], vec![0; n + 1]);
        let mut visited = vec![false; n + 1];
        while row_at[column] != 0 {
            visited[column] = true;
            let here = row_at[column];
            let (mut step, mut next) = (f64::INFINITY, 0);
            for j in (1..=n).filter(|&j| !visited[j]) {
                let reduced = cost[here - 1][j - 1] - of_row[here] - of_column[j];
                if reduced < least[j] {
                    (least[j], came_from[j]) = (reduced, column);
                }
                if least[j] < step {
                    (step, next) = (least[j], j);
                }
            }
            for j in 0..=n {
                if visited[j] {
                    of_row[row_at[j]] += step;
                    of_column[j] -= step;
                } else {
                    least[j] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            row_at[column] = row_at[came_from[column]];
            column = came_from[column];
        }
    }
    let mut columns = vec![0; n];
    for (column, &row) in row_at.iter().enumerate().skip(1) {
        columns[row - 1] = column - 1;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Philox;

    fn total(cost: &[Vec<f64>], columns: &[usize]) -> f64 {
        columns.iter().enumerate().map(|(row, &column)| cost[row][column]).sum()
    }

    /// Every order of `0..n`.
    fn orders(n: usize) -> Vec<Vec<usize>> {
        if n == 0 {
            return vec![Vec::new()];
        }
        let shorter = orders(n - 1);
        let insert = |order: &Vec<usize>, at: usize| [&order[..at], &[n - 1], &order[at..]].concat();
        shorter.iter().flat_map(|order| (0..n).map(move |at| insert(order, at))).collect()
    }

    #[test]
    fn no_other_assignment_costs_less() {
        let mut rng = Philox::new(1, 0);
        for n in [1, 2, 5, 6] {
            let cost: Vec<Vec<f64>> = (0..n).map(|_| (0..n).map(|_| rng.normal()).collect()).collect();
            let least = orders(n).iter().map(|order| total(&cost, order)).fold(f64::INFINITY, f64::min);
            assert!((total(&cost, &least_assignment(&cost)) - least).abs() < 1e-12);
        }
    }

    #[test]
    fn noise_that_was_shuffled_finds_its_latent() {
        let mut rng = Philox::new(2, 0);
        let (n, elements) = (40, 12);
        let latents: Vec<f32> = (0..n * elements).map(|_| rng.normal() as f32).collect();
        let mut order: Vec<usize> = (0..n).collect();
        rng.shuffle(&mut order);
        let sample = |i: usize| latents[i * elements..(i + 1) * elements].iter().map(|x| x + 0.01);
        let noise: Vec<f32> = order.iter().flat_map(|&i| sample(i)).collect();
        let found = assign(&latents, &noise, n);
        assert!((0..n).all(|i| order[found[i]] == i));
    }
}
