//! Cases of the residual quantizer.
//!
//! In searches, vectors and codes are multiples of 1/8. Squared distances are then exact in f32, so that indices can be compared,
//! and many of them are equal, which checks the rule for ties.

use crate::bench::case::{BACKWARD, Case, FORWARD, Input, Size};
use crate::ops::quantize::{
    Among, Codebooks, codebook_accumulate, codebook_update, draw_vectors, nearest_code, replace_dead_codes,
    residual_quantize, residual_quantize_training, rotation_gradient,
};
use crate::reference;
use crate::reference::array::Array;
use crate::rng::{Philox, philox};
use crate::tensor::Tensor;

/// Vectors, codes, dimension; or levels, codes, dimension.
type Shape = [usize; 3];

/// Dimensions that are multiples of four, and others; one code; numbers of vectors around a multiple of a workgroup's.
pub fn cases(size: Size) -> Vec<Case> {
    let shapes: &[Shape] = match size {
        Size::Awkward => &[[1, 1, 1], [7, 3, 2], [33, 17, 3], [65, 96, 4], [131, 31, 16], [40, 13, 37], [70, 9, 64]],
        Size::Shipped => &[[4096, 256, 16], [8192, 1024, 8]],
    };
    let levels = if size == Size::Awkward { 3 } else { 8 };
    shapes
        .iter()
        .flat_map(|&shape| {
            [
                nearest_case(shape),
                residual_case(shape, levels),
                training_case(shape, levels),
                accumulate_case(shape, levels),
                update_case(shape, levels),
                draw_case(shape, levels),
                replace_case(shape, levels),
                rotation_case(shape),
            ]
        })
        .collect()
}

fn on_grid(rng: &mut Philox, shape: &[usize]) -> Input {
    Input::drawn(rng, shape, |rng, _| f64::from(rng.between(-16, 16)) / 8.0)
}

fn as_array(shape: &[usize], data: Vec<f64>) -> Array {
    Array { shape: shape.to_vec(), data }
}

/// The matrices of `[L, .., ..]`.
fn levels_of(x: &Array) -> Vec<Array> {
    let each = x.data.len() / x.shape[0];
    x.data.chunks(each).map(|data| as_array(&x.shape[1..], data.to_vec())).collect()
}

/// Joins one array per level.
fn joined<'a>(levels: impl IntoIterator<Item = &'a [f64]>) -> Array {
    let data: Vec<f64> = levels.into_iter().flatten().copied().collect();
    as_array(&[data.len()], data)
}

/// Indices per level `[L][N]` as `[N, L]`.
fn by_vector(indices: &[Vec<usize>]) -> Array {
    let vectors = indices[0].len();
    let data = (0..vectors).flat_map(|n| indices.iter().map(move |level| level[n] as f64)).collect();
    as_array(&[vectors, indices.len()], data)
}

fn nearest_case([n, k, d]: Shape) -> Case {
    let mut rng = Philox::new(5, (n * k * d) as u64);
    Case {
        kernel: "nearest_code",
        shape: format!("{n} x {d}, {k} codes"),
        flop: 3.0 * (n * k * d) as f64,
        bytes: 4.0 * ((n + k) * d + n) as f64,
        bound: FORWARD,
        inputs: vec![on_grid(&mut rng, &[n, d]), on_grid(&mut rng, &[k, d])],
        run: Box::new(|_, inputs| vec![nearest_code(&inputs[0], &inputs[1])]),
        reference: (n * k * d < 1 << 22).then(|| -> crate::bench::case::Reference {
            Box::new(|inputs| {
                let indices = reference::nearest_code(&inputs[0], &inputs[1]);
                vec![as_array(&[indices.len()], indices.iter().map(|&i| i as f64).collect())]
            })
        }),
    }
}

fn residual_case([n, k, d]: Shape, levels: usize) -> Case {
    let mut rng = Philox::new(6, (n * k * d) as u64);
    let single = nearest_case([n, k, d]);
    Case {
        kernel: "residual_quantize",
        shape: format!("{n} x {d}, {levels} x {k} codes"),
        flop: levels as f64 * single.flop,
        bytes: 4.0 * ((2 * n + levels * k) * d + levels * n) as f64,
        inputs: vec![on_grid(&mut rng, &[n, d]), on_grid(&mut rng, &[levels, k, d])],
        run: Box::new(|_, inputs| {
            let quantized = residual_quantize(&inputs[0], &inputs[1]);
            vec![quantized.sum, quantized.indices]
        }),
        reference: single.reference.is_some().then(|| -> crate::bench::case::Reference {
            Box::new(|inputs| {
                let quantized = reference::residual_quantize(&inputs[0], &levels_of(&inputs[1]));
                vec![quantized.sum, by_vector(&quantized.indices)]
            })
        }),
        ..single
    }
}

fn training_case(shape: Shape, levels: usize) -> Case {
    const WEIGHT: f64 = 0.25;
    let without = residual_case(shape, levels);
    Case {
        kernel: "residual_quantize_training",
        bytes: without.bytes + 4.0 * ((levels + 1) * shape[0] * shape[2]) as f64,
        run: Box::new(|_, inputs| {
            let training = residual_quantize_training(&inputs[0], &inputs[1], WEIGHT as f32);
            vec![
                training.quantized.sum,
                training.quantized.indices,
                training.residuals,
                training.commitment,
                training.commitment_gradient,
            ]
        }),
        reference: without.reference.is_some().then(|| -> crate::bench::case::Reference {
            Box::new(|inputs| {
                let books = levels_of(&inputs[1]);
                let quantized = reference::residual_quantize(&inputs[0], &books);
                let mut gradient = Array::zeros(&inputs[0].shape);
                let mut values = Vec::new();
                for ((residual, book), index) in quantized.residuals.iter().zip(&books).zip(&quantized.indices) {
                    let (value, slope) =
                        reference::commitment(residual, &reference::embedding_fwd(book, index), WEIGHT);
                    values.push(value);
                    gradient = gradient.zip(&slope, |a, b| a + b);
                }
                let residuals = joined(quantized.residuals.iter().map(|residual| &residual.data[..]));
                let values = as_array(&[values.len()], values);
                vec![quantized.sum, by_vector(&quantized.indices), residuals, values, gradient]
            })
        }),
        ..without
    }
}

fn accumulate_case([n, k, d]: Shape, levels: usize) -> Case {
    let mut rng = Philox::new(7, (n * k * d) as u64);
    Case {
        kernel: "codebook_accumulate",
        shape: format!("{levels} x {n} x {d}, {k} codes"),
        flop: (levels * n * d) as f64,
        bytes: 4.0 * (levels * (n * (d + 1) + k * d)) as f64,
        bound: FORWARD,
        inputs: vec![Input::normal(&mut rng, &[levels, n, d]), Input::indices(&mut rng, &[n, levels], k)],
        run: Box::new(move |_, inputs| {
            let (counts, sums) = codebook_accumulate(&inputs[0], &inputs[1], k);
            vec![counts, sums]
        }),
        reference: Some(Box::new(move |inputs| {
            let levels = inputs[0].shape[0];
            let of_level = |(level, vectors): (usize, &Array)| {
                let indices: Vec<usize> =
                    inputs[1].data.iter().skip(level).step_by(levels).map(|&i| i as usize).collect();
                reference::codebook_accumulate(vectors, &indices, k)
            };
            let each: Vec<_> = levels_of(&inputs[0]).iter().enumerate().map(of_level).collect();
            vec![
                joined(each.iter().map(|(counts, _)| &counts[..])),
                joined(each.iter().map(|(_, sums)| &sums.data[..])),
            ]
        })),
    }
}

/// Codes, sizes, some of them below 1, and sums of all levels.
fn books(rng: &mut Philox, [levels, k, d]: Shape) -> Vec<Input> {
    let sizes = Input::uniform(rng, &[levels, k], 0.0, 4.0);
    vec![Input::normal(rng, &[levels, k, d]), sizes, Input::normal(rng, &[levels, k, d])]
}

/// Copies of the books, which a kernel may write.
fn copies(inputs: &[Tensor]) -> [Tensor; 3] {
    [0, 1, 2].map(|i| {
        let copy = Tensor::zeros(inputs[i].gpu(), inputs[i].shape());
        copy.copy_from(&inputs[i]);
        copy
    })
}

fn reference_books(inputs: &[Array]) -> Vec<reference::Codebook> {
    let [codes, sizes, sums] = [0, 1, 2].map(|i| levels_of(&inputs[i]));
    codes
        .into_iter()
        .zip(sizes)
        .zip(sums)
        .map(|((codes, sizes), sums)| reference::Codebook { codes, sizes: sizes.data, sums })
        .collect()
}

fn flattened(books: &[reference::Codebook]) -> Vec<Array> {
    vec![
        joined(books.iter().map(|book| &book.codes.data[..])),
        joined(books.iter().map(|book| &book.sizes[..])),
        joined(books.iter().map(|book| &book.sums.data[..])),
    ]
}

fn update_case([_, k, d]: Shape, levels: usize) -> Case {
    let mut rng = Philox::new(8, (k * d) as u64);
    let mut inputs = books(&mut rng, [levels, k, d]);
    inputs.push(Input::indices(&mut rng, &[levels, k], 5));
    inputs[3].dtype = crate::dtype::Dtype::F32;
    inputs.push(Input::normal(&mut rng, &[levels, k, d]));
    Case {
        kernel: "codebook_update",
        shape: format!("{levels} x {k} x {d}"),
        flop: 4.0 * (levels * k * d) as f64,
        bytes: 16.0 * (levels * k * d) as f64,
        bound: FORWARD,
        inputs,
        run: Box::new(|_, inputs| {
            let [codes, sizes, sums] = copies(inputs);
            let books = Codebooks { codes: &codes, sizes: &sizes, sums: &sums };
            codebook_update(books, &inputs[3], &inputs[4], 0.75, 1e-5);
            vec![codes, sizes, sums]
        }),
        reference: Some(Box::new(|inputs| {
            let mut books = reference_books(inputs);
            for (book, (counts, sums)) in books.iter_mut().zip(levels_of(&inputs[3]).iter().zip(levels_of(&inputs[4])))
            {
                reference::codebook_update(book, &counts.data, &sums, 0.75, f64::from(1e-5f32));
            }
            flattened(&books)
        })),
    }
}

/// Vectors that are drawn from the second half of a batch, of whose first half the row is not held.
fn draw_case([n, k, d]: Shape, levels: usize) -> Case {
    const SEED: u64 = 0x1234_5678_9abc_def0;
    const STEP: u64 = 1 << 33 | 5;
    let mut rng = Philox::new(9, (n * k * d) as u64);
    Case {
        kernel: "draw_vectors",
        shape: format!("{levels} x {k} x {d}, {n} rows"),
        flop: 0.0,
        bytes: 8.0 * (levels * k * d) as f64,
        bound: FORWARD,
        inputs: vec![Input::normal(&mut rng, &[levels, n, d])],
        run: Box::new(move |_, inputs| vec![draw_vectors(&inputs[0], k, Among { first: n, all: 2 * n }, SEED, STEP)]),
        reference: Some(Box::new(move |inputs| {
            let mut drawn = Array::zeros(&[levels, k, d]);
            for (level, vectors) in levels_of(&inputs[0]).iter().enumerate() {
                for code in 0..k {
                    let counter = [code as u32, level as u32, STEP as u32, (STEP >> 32) as u32];
                    let word = philox(counter, [SEED as u32, (SEED >> 32) as u32])[0];
                    let row = ((u64::from(word) * 2 * n as u64) >> 32) as usize;
                    if let Some(held) = row.checked_sub(n) {
                        drawn.row_mut(level * k + code).copy_from_slice(vectors.row(held));
                    }
                }
            }
            vec![drawn]
        })),
    }
}

fn replace_case([_, k, d]: Shape, levels: usize) -> Case {
    let mut rng = Philox::new(9, (k * d) as u64);
    let mut inputs = books(&mut rng, [levels, k, d]);
    inputs.push(Input::normal(&mut rng, &[levels, k, d]));
    Case {
        kernel: "replace_dead_codes",
        shape: format!("{levels} x {k} x {d}"),
        flop: 0.0,
        bytes: 4.0 * (levels * k) as f64,
        bound: FORWARD,
        inputs,
        run: Box::new(|_, inputs| {
            let [codes, sizes, sums] = copies(inputs);
            replace_dead_codes(Codebooks { codes: &codes, sizes: &sizes, sums: &sums }, &inputs[3], 1.5);
            vec![codes, sizes, sums]
        }),
        reference: Some(Box::new(|inputs| {
            let mut books = reference_books(inputs);
            for (level, (book, drawn)) in books.iter_mut().zip(levels_of(&inputs[3])).enumerate() {
                for k in (0..book.sizes.len()).filter(|&k| inputs[1].row(level)[k] < 1.5) {
                    book.sizes[k] = 1.5;
                    book.codes.row_mut(k).copy_from_slice(drawn.row(k));
                    book.sums.row_mut(k).iter_mut().zip(drawn.row(k)).for_each(|(sum, value)| *sum = 1.5 * value);
                }
            }
            flattened(&books)
        })),
    }
}

fn rotation_case([n, _, d]: Shape) -> Case {
    let mut rng = Philox::new(10, (n * d) as u64);
    // One vector is zero: it has no direction, and the gradient passes unchanged.
    let vectors = Input::drawn(&mut rng, &[n, d], move |rng, i| if i / d == n / 2 { 0.0 } else { rng.normal() });
    let inputs = vec![vectors, Input::normal(&mut rng, &[n, d]), Input::normal(&mut rng, &[n, d])];
    Case {
        kernel: "rotation_gradient",
        shape: format!("{n} x {d}"),
        flop: 20.0 * (n * d) as f64,
        bytes: 16.0 * (n * d) as f64,
        // Square roots and quotients with the errors that WGSL permits come to 1.04e-8.
        bound: 2.0 * BACKWARD,
        inputs,
        run: Box::new(|_, inputs| vec![rotation_gradient(&inputs[0], &inputs[1], &inputs[2])]),
        reference: Some(Box::new(|inputs| vec![reference::rotation_gradient(&inputs[0], &inputs[1], &inputs[2])])),
    }
}
