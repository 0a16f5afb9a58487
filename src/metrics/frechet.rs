//! The Fréchet distance of two sets of points, each modelled as a Gaussian.
//!
//! `|mu_a - mu_b|^2 + Tr(S_a + S_b - 2 (S_a S_b)^(1/2))`, from Dowson and Landau, "The Frechet distance between multivariate
//! normal distributions" (1982); as a measure of generators from Heusel et al. 2017, arXiv 1706.08500. Distances are only
//! comparable for points of the same space: the latents of one codec.

/// Count, sum and sum of outer products of points, which determine mean and covariance.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    count: f64,
    sum: Vec<f64>,
    /// `[D, D]`.
    products: Vec<f64>,
}

impl Moments {
    /// Of an empty set of points in `dimension` dimensions.
    pub fn new(dimension: usize) -> Self {
        Self { count: 0.0, sum: vec![0.0; dimension], products: vec![0.0; dimension * dimension] }
    }

    /// Of points stored consecutively, `[count, dimension]`.
    pub fn of(points: &[f32], dimension: usize) -> Self {
        let mut moments = Self::new(dimension);
        points.chunks_exact(dimension).for_each(|point| moments.push(point));
        moments
    }

    /// Adds a point.
    pub fn push(&mut self, point: &[f32]) {
        self.count += 1.0;
        for (row, &x) in point.iter().enumerate() {
            let x = f64::from(x);
            self.sum[row] += x;
            let products = &mut self.products[row * point.len()..(row + 1) * point.len()];
            products.iter_mut().zip(point).for_each(|(product, &y)| *product += x * f64::from(y));
        }
    }

    /// Adds the points of `other`, each `weight` times.
    pub fn add(&mut self, other: &Self, weight: f64) {
        self.count += weight * other.count;
        let add = |mine: &mut [f64], theirs: &[f64]| mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += weight * b);
        add(&mut self.sum, &other.sum);
        add(&mut self.products, &other.products);
    }

    /// The same points, each `weight` times.
    pub fn times(&self, weight: f64) -> Self {
        let mut moments = Self::new(self.sum.len());
        moments.add(self, weight);
        moments
    }

    /// The mean.
    pub fn mean(&self) -> Vec<f64> {
        self.sum.iter().map(|sum| sum / self.count.max(1.0)).collect()
    }

    /// The covariance `[D, D]`, divided by the number of points minus one.
    fn covariance(&self) -> Vec<f64> {
        let (mean, d) = (self.mean(), self.sum.len());
        let divisor = (self.count - 1.0).max(1.0);
        let entry = |(i, product): (usize, &f64)| (product - self.count * mean[i / d] * mean[i % d]) / divisor;
        self.products.iter().enumerate().map(entry).collect()
    }
}

/// The squared Fréchet distance of the Gaussians with these moments; never negative.
///
/// # Panics
/// If the dimensions differ.
#[track_caller]
pub fn distance(a: &Moments, b: &Moments) -> f64 {
    let d = a.sum.len();
    assert_eq!(d, b.sum.len(), "points of different dimensions compared");
    let means: f64 = a.mean().iter().zip(b.mean()).map(|(a, b)| (a - b).powi(2)).sum();
    let (a, b) = (a.covariance(), b.covariance());
    let trace = |matrix: &[f64]| (0..d).map(|i| matrix[i * d + i]).sum::<f64>();
    // (S_a S_b)^(1/2) has the trace of (R S_b R)^(1/2) with R = S_a^(1/2), which is symmetric.
    let root = square_root(&a, d);
    let inner = product(&product(&root, &b, d), &root, d);
    let cross: f64 = eigen(&inner, d).0.into_iter().map(|value| value.max(0.0).sqrt()).sum();
    (means + trace(&a) + trace(&b) - 2.0 * cross).max(0.0)
}

/// The symmetric square root of a positive semidefinite matrix.
fn square_root(matrix: &[f64], d: usize) -> Vec<f64> {
    let (values, vectors) = eigen(matrix, d);
    let mut root = vec![0.0; d * d];
    for (k, value) in values.iter().enumerate() {
        let scale = value.max(0.0).sqrt();
        for i in 0..d {
            for j in 0..d {
                root[i * d + j] += scale * vectors[i * d + k] * vectors[j * d + k];
            }
        }
    }
    root
}

fn product(a: &[f64], b: &[f64], d: usize) -> Vec<f64> {
    let mut c = vec![0.0; d * d];
    for i in 0..d {
        for k in 0..d {
            let x = a[i * d + k];
            for j in 0..d {
                c[i * d + j] += x * b[k * d + j];
            }
        }
    }
    c
}

/// Eigenvalues of a symmetric matrix, and its eigenvectors as columns, by the cyclic Jacobi method: rotations until the
/// off-diagonal elements are negligible.
fn eigen(matrix: &[f64], d: usize) -> (Vec<f64>, Vec<f64>) {
    const SWEEPS: usize = 60;
    let mut a = matrix.to_vec();
    let mut vectors: Vec<f64> = (0..d * d).map(|i| f64::from(u8::from(i / d == i % d))).collect();
    let size: f64 = a.iter().map(|x| x * x).sum();
    for _ in 0..SWEEPS {
        let off: f64 = (0..d).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i * d + j].powi(2)).sum();
        if off <= 1e-28 * size {
            break;
        }
        for p in 0..d {
            for q in p + 1..d {
                rotate(&mut a, &mut vectors, d, p, q);
            }
        }
    }
    ((0..d).map(|i| a[i * d + i]).collect(), vectors)
}

/// Rotates rows and columns p and q so that element (p, q) becomes 0.
fn rotate(a: &mut [f64], vectors: &mut [f64], d: usize, p: usize, q: usize) {
    let off_diagonal = a[p * d + q];
    if off_diagonal == 0.0 {
        return;
    }
    let theta = (a[q * d + q] - a[p * d + p]) / (2.0 * off_diagonal);
    let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    let rotate = |matrix: &mut [f64], x: usize, y: usize| {
        let (u, v) = (matrix[x], matrix[y]);
        (matrix[x], matrix[y]) = (cosine * u - sine * v, sine * u + cosine * v);
    };
    (0..d).for_each(|k| rotate(a, k * d + p, k * d + q));
    (0..d).for_each(|k| rotate(a, p * d + k, q * d + k));
    (0..d).for_each(|k| rotate(vectors, k * d + p, k * d + q));
}
