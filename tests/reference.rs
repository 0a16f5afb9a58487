//! The reference's quantizer against results of PyTorch, from the golden files.

use std::path::Path;

use flocoder::reference::{
    Array, Codebook, codebook_accumulate, codebook_update, commitment, embedding_fwd, residual_quantize,
    rotation_gradient,
};
use safetensors::{Dtype, SafeTensors};

const FOLDERS: [&str; 2] = ["plain", "neighbourhood"];

/// One golden file's tensors, by name.
struct Golden(Vec<u8>);

impl Golden {
    fn open(folder: &str, file: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder).join(file);
        Self(std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    fn array(&self, name: &str) -> Array {
        let file = SafeTensors::deserialize(&self.0).expect("a safetensors file");
        let tensor = file.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let words = tensor.data().chunks_exact(4).map(|bytes| bytes.try_into().expect("four bytes"));
        let data = match tensor.dtype() {
            Dtype::F32 => words.map(|word| f64::from(f32::from_le_bytes(word))).collect(),
            Dtype::I32 => words.map(|word| f64::from(i32::from_le_bytes(word))).collect(),
            other => panic!("{name}: unexpected type {other:?}"),
        };
        Array::new(tensor.shape(), data)
    }

    /// The matrices of a tensor `[L, ..]`, one per level.
    fn levels(&self, name: &str) -> Vec<Array> {
        let whole = self.array(name);
        whole
            .data
            .chunks(whole.len() / whole.shape[0])
            .map(|data| Array::new(&whole.shape[1..], data.to_vec()))
            .collect()
    }
}

/// Fails unless the two agree to single precision.
#[track_caller]
fn assert_close(what: &str, ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len(), "{what}: lengths differ");
    let error: f64 = ours.iter().zip(theirs).map(|(a, b)| (a - b).powi(2)).sum();
    let size: f64 = theirs.iter().map(|b| b * b).sum();
    assert!(error <= 1e-12 * size, "{what}: normalised mean-square error {:e}", error / size);
}

/// Column `level` of indices `[.., L]`.
fn level_of(indices: &Array, level: usize) -> Vec<usize> {
    (0..indices.rows()).map(|n| indices.row(n)[level] as usize).collect()
}

#[test]
fn one_training_step_of_the_quantizer() {
    let (decay, eps, weight) = (0.95, 1e-5, 0.5);
    for folder in FOLDERS {
        let golden = Golden::open(folder, "quantizer_step.safetensors");
        let (z, books) = (golden.array("in.z"), golden.levels("in.codebooks"));
        let quantized = residual_quantize(&z, &books);
        assert_close("sum of codes", &quantized.sum.data, &golden.array("out.y").data);

        let mut gradient = Array::zeros(&z.shape);
        let (sizes, sums) = (golden.levels("in.cluster_size"), golden.levels("in.embed_sum"));
        for (level, codes) in books.into_iter().enumerate() {
            let (residual, index) = (&quantized.residuals[level], &quantized.indices[level]);
            assert_eq!(*index, level_of(&golden.array("out.indices"), level));

            let (loss, slope) = commitment(residual, &embedding_fwd(&codes, index), weight);
            assert_close("commitment", &[loss], &golden.array("out.commitment").data[level..=level]);
            gradient = gradient.zip(&slope, |a, b| a + b);

            let mut book = Codebook { codes, sizes: sizes[level].data.clone(), sums: sums[level].clone() };
            let (counts, batch_sums) = codebook_accumulate(residual, index, book.sizes.len());
            codebook_update(&mut book, &counts, &batch_sums, decay, eps);
            assert_close("cluster sizes", &book.sizes, &golden.levels("out.cluster_size")[level].data);
            assert_close("sums", &book.sums.data, &golden.levels("out.embed_sum")[level].data);
            assert_close("codebook", &book.codes.data, &golden.levels("out.codebooks")[level].data);
        }
        assert_close("commitment gradient", &gradient.data, &golden.array("out.commitment_grad_z").data);

        let rotated = rotation_gradient(&z, &quantized.sum, &golden.array("in.cotangent"));
        assert_close("rotation gradient", &rotated.data, &golden.array("out.rotation_grad_z").data);
    }
}

#[test]
fn quantizing_latents() {
    for folder in FOLDERS {
        let golden = Golden::open(folder, "quantize.safetensors");
        let (z, expected, indices) = (golden.array("in.z"), golden.array("out.y"), golden.array("out.indices"));
        let quantized = residual_quantize(&vectors(&z), &golden.levels("in.codebooks"));
        assert_close("sum of codes", &quantized.sum.data, &vectors(&expected).data);
        for (level, index) in quantized.indices.iter().enumerate() {
            assert_eq!(*index, level_of(&indices, level));
        }
    }
}

/// `[B, D, H, W]` -> vectors `[B H W, D]`.
fn vectors(x: &Array) -> Array {
    let [batch, channels, height, width] = x.shape[..] else { panic!("wanted four axes, got {:?}", x.shape) };
    let mut rows = Array::zeros(&[batch * height * width, channels]);
    for b in 0..batch {
        for c in 0..channels {
            for y in 0..height {
                for w in 0..width {
                    rows[[(b * height + y) * width + w, c]] = x[[b, c, y, w]];
                }
            }
        }
    }
    rows
}
