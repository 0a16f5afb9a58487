//! Reductions: sums of elements, of rows and of squares.

use super::{Array, dot};

/// Sum of all elements.
pub fn sum(x: &Array) -> f64 {
    x.data.iter().sum()
}

/// Mean of all elements.
pub fn mean(x: &Array) -> f64 {
    sum(x) / x.len() as f64
}

/// Sum over all rows, `[.., C] -> [C]`, the gradient of a bias.
pub fn column_sum(x: &Array) -> Array {
    let mut y = Array::zeros(&[x.channels()]);
    for r in 0..x.rows() {
        for (total, value) in y.data.iter_mut().zip(x.row(r)) {
            *total += value;
        }
    }
    y
}

/// L2 norm of the array as one vector, `sqrt(sum x^2)`.
pub fn grad_norm(x: &Array) -> f64 {
    dot(&x.data, &x.data).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reductions_known_by_hand() {
        let x = Array::new(&[2, 1, 2], vec![1.0, 2.0, 2.0, 4.0]);
        assert_eq!((sum(&x), mean(&x), grad_norm(&x)), (9.0, 2.25, 5.0));
        assert_eq!(column_sum(&x).data, [3.0, 6.0]);
    }
}
