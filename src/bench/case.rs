//! One kernel on one shape: random inputs, a run on the device, the reference result, and the amount of work.

use std::rc::Rc;

use crate::dtype::Dtype;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::reference::{self, Array};
use crate::rng::Philox;
use crate::tensor::Tensor;

/// The shapes of a list of cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Awkward on purpose and small enough for the f64 reference: 1, primes, tile +- 1, more workgroups than a grid row.
    Awkward,
    /// Those of the shipped configurations and of the peer programs: timed, and checked if the reference is fast enough.
    Shipped,
}

/// Largest normalised mean-square error of a forward pass.
pub const FORWARD: f64 = 1e-10;
/// Largest normalised mean-square error of a backward pass.
pub const BACKWARD: f64 = 1e-8;
/// Largest normalised mean-square error of either with tensors stored in f16: rounding alone changes an element by up to 2^-11 of
/// its value, a mean square of 8e-8.
pub const STORED_IN_F16: f64 = 1e-6;

/// Elements of tensors that no cache holds, 76 MiB in f32. Not a power of two: three tensors of 2^25 elements share the memory channels of an
/// NVIDIA H200 so badly that their sum runs at half the speed.
pub const LARGE: usize = 20_000_000;

/// Runs a case on the device.
pub type Run = Box<dyn Fn(&Gpu, &[Tensor]) -> Vec<Tensor>>;
/// Computes the expected outputs in f64.
pub type Reference = Box<dyn Fn(&[Array]) -> Vec<Array>>;

/// An input of a case. Its values are drawn when the case runs, so that a long list of cases costs nothing to make.
#[derive(Clone)]
pub struct Input {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Element type on the device; values of [`Dtype::U32`] are whole numbers.
    pub dtype: Dtype,
    values: Rc<dyn Fn() -> Vec<f64>>,
}

impl Input {
    /// Standard normal values, rounded to f32.
    pub fn normal(rng: &mut Philox, shape: &[usize]) -> Self {
        Self::drawn(rng, shape, |rng, _| rng.normal())
    }

    /// Uniform values in `low..high`, rounded to f32.
    pub fn uniform(rng: &mut Philox, shape: &[usize], low: f64, high: f64) -> Self {
        Self::drawn(rng, shape, move |rng, _| low + (high - low) * rng.uniform())
    }

    /// Random whole numbers below `n`.
    pub fn indices(rng: &mut Philox, shape: &[usize], n: usize) -> Self {
        let input = Self::drawn(rng, shape, move |rng, _| rng.below(n) as f64);
        Self { dtype: Dtype::U32, ..input }
    }

    /// Values of a function of random numbers and the element's index, rounded to f32. The random numbers have a separate stream,
    /// chosen by `rng`, so that the order in which inputs are drawn does not matter.
    pub fn drawn(rng: &mut Philox, shape: &[usize], value: impl Fn(&mut Philox, usize) -> f64 + 'static) -> Self {
        let stream = Philox::new(u64::from(rng.next_u32()), u64::from(rng.next_u32()));
        let length = shape.iter().product();
        let values = move || {
            let mut rng = stream.clone();
            (0..length).map(|i| f64::from(value(&mut rng, i) as f32)).collect()
        };
        Self { shape: shape.to_vec(), dtype: Dtype::F32, values: Rc::new(values) }
    }

    /// Values of a function of the element's index, rounded to f32.
    pub fn from_fn(shape: &[usize], value: impl Fn(usize) -> f64 + 'static) -> Self {
        Self::drawn(&mut Philox::new(0, 0), shape, move |_, i| value(i))
    }

    /// The same stored in f16 and rounded to it, unless the values are whole numbers.
    pub fn in_f16(self) -> Self {
        if self.dtype != Dtype::F32 {
            return self;
        }
        let values = self.values;
        let rounded = move || values().into_iter().map(reference::f16).collect();
        Self { dtype: Dtype::F16, values: Rc::new(rounded), ..self }
    }

    /// How many values it has.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its values, the same ones each time.
    pub fn array(&self) -> Array {
        Array { shape: self.shape.clone(), data: (self.values)() }
    }

    /// The input on the device.
    pub fn upload(&self, gpu: &Gpu) -> Tensor {
        let values = (self.values)();
        let floats = || values.iter().map(|&x| x as f32).collect::<Vec<_>>();
        match self.dtype {
            Dtype::F32 => Tensor::from_f32(gpu, &self.shape, &floats()),
            Dtype::F16 => Tensor::from_f32_as_f16(gpu, &self.shape, &floats()),
            Dtype::U32 => Tensor::from_u32(gpu, &self.shape, &values.iter().map(|&x| x as u32).collect::<Vec<_>>()),
        }
    }
}

/// One kernel on one shape.
pub struct Case {
    /// The kernel's name (`conv_fwd`), or that of a pass of several kernels (`conv`).
    pub kernel: &'static str,
    /// The shape in words; if a peer program times the same case, its name for it.
    pub shape: String,
    /// Floating-point operations of one run.
    pub flop: f64,
    /// Fewest bytes that one run reads and writes.
    pub bytes: f64,
    /// Normalised mean-square error allowed in each output.
    pub bound: f64,
    /// Inputs, in the order in which `run` and `reference` take them.
    pub inputs: Vec<Input>,
    /// Records the kernel.
    pub run: Run,
    /// The same in f64; `None` if that would take too long.
    pub reference: Option<Reference>,
}

/// The error of a case's outputs against the reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// The largest [`normalised_error`] of the outputs; infinite if a whole number is wrong.
    pub error: f64,
    /// The largest error allowed.
    pub bound: f64,
}

impl Outcome {
    /// Whether the error is within the bound.
    pub fn passed(&self) -> bool {
        self.error <= self.bound
    }
}

impl Case {
    /// The same with every input of floats stored in f16.
    pub fn in_f16(mut self) -> Self {
        self.inputs = self.inputs.into_iter().map(Input::in_f16).collect();
        self.bytes /= 2.0;
        self.bound = self.bound.max(STORED_IN_F16);
        self
    }

    /// The same with the inputs of at least `rank` dimensions stored in f16 and the others in f32, if there are both: networks store
    /// activations and weights in f16, but keep biases and gains in f32, and some tables of modulations. `None` also if no input has
    /// exactly `rank`.
    pub fn in_f16_from(mut self, rank: usize) -> Option<Self> {
        let in_f16 = |input: &Input| input.shape.len() >= rank;
        if self.inputs.iter().all(in_f16) || !self.inputs.iter().any(|input| input.shape.len() == rank) {
            return None;
        }
        self.inputs = self.inputs.into_iter().map(|x| if in_f16(&x) { x.in_f16() } else { x }).collect();
        self.shape = format!("{}, f16 from rank {rank}", self.shape);
        self.bound = self.bound.max(STORED_IN_F16);
        Some(self)
    }

    /// The same with only input `index` stored in f16.
    pub fn with_one_in_f16(mut self, index: usize) -> Self {
        self.inputs[index] = self.inputs[index].clone().in_f16();
        self.shape.push_str(", one in f16");
        self.bound = self.bound.max(STORED_IN_F16);
        self
    }

    /// The format in which its inputs are stored.
    pub fn precision(&self) -> Dtype {
        let f16 = self.inputs.iter().any(|input| input.dtype == Dtype::F16);
        if f16 { Dtype::F16 } else { Dtype::F32 }
    }

    /// Whether `filter` is empty or a part of the kernel's name or the shape.
    pub fn matches(&self, filter: &str) -> bool {
        format!("{} {}", self.kernel, self.shape).contains(filter)
    }

    /// Runs the kernel on poisoned memory and compares each output with the reference; `None` if the case has none.
    ///
    /// # Errors
    /// A failure of the device.
    #[track_caller]
    pub fn check(&self, gpu: &Gpu) -> Result<Option<Outcome>> {
        let Some(reference) = &self.reference else { return Ok(None) };
        let tensors: Vec<Tensor> = self.inputs.iter().map(|input| input.upload(gpu)).collect();
        gpu.poison_new_buffers(true);
        let outputs = (self.run)(gpu, &tensors);
        gpu.poison_new_buffers(false);
        let arrays: Vec<Array> = self.inputs.iter().map(Input::array).collect();
        let wanted = reference(&arrays);
        assert_eq!(outputs.len(), wanted.len(), "{} {}: number of outputs", self.kernel, self.shape);
        let mut error = 0.0f64;
        for (output, want) in outputs.iter().zip(&wanted) {
            assert_eq!(output.len(), want.data.len(), "{} {}: length of an output", self.kernel, self.shape);
            let got = read(output)?;
            error = error.max(output_error(output.dtype(), &got, &want.data));
        }
        Ok(Some(Outcome { error, bound: self.bound }))
    }
}

fn read(tensor: &Tensor) -> Result<Vec<f64>> {
    Ok(match tensor.dtype() {
        Dtype::F32 | Dtype::F16 => tensor.read_f32()?.into_iter().map(f64::from).collect(),
        Dtype::U32 => tensor.read_u32()?.into_iter().map(f64::from).collect(),
    })
}

/// How many times as far off as the root of the mean-square error an element may be: a few wrong elements do not show in a mean.
/// Of a million elements with normally distributed errors, the worst is five times as far off.
const WORST_ELEMENT: f64 = 64.0;

/// The error of an output: infinite if a whole number is wrong, else the [`normalised_error`].
pub fn output_error(dtype: Dtype, got: &[f64], want: &[f64]) -> f64 {
    if dtype == Dtype::U32 && got != want { f64::INFINITY } else { normalised_error(got, want) }
}

/// Mean square of the difference over mean square of the expected values, over those that are finite; infinite unless the others are
/// as expected. At least the square of the worst element's error, relative to its value plus the root mean square of all, over that
/// of `WORST_ELEMENT`.
pub fn normalised_error(got: &[f64], want: &[f64]) -> f64 {
    let pairs = || got.iter().zip(want);
    if pairs().any(|(g, w)| g != w && !(g.is_finite() && w.is_finite())) {
        return f64::INFINITY;
    }
    let finite = || pairs().filter(|(_, w)| w.is_finite());
    let difference: f64 = finite().map(|(g, w)| (g - w).powi(2)).sum();
    let scale: f64 = finite().map(|(_, w)| w * w).sum();
    if difference == 0.0 {
        return 0.0;
    }
    let root = (scale / finite().count() as f64).sqrt();
    let relative = |(g, w): (&f64, &f64)| (g - w).abs() / (root + w.abs()).max(f64::MIN_POSITIVE);
    let worst = finite().map(relative).fold(0.0, f64::max) / WORST_ELEMENT;
    (difference / scale.max(f64::MIN_POSITIVE)).max(worst * worst)
}

#[cfg(test)]
mod tests {
    use super::{STORED_IN_F16, normalised_error};

    #[test]
    fn a_wrong_element_among_millions_exceeds_every_bound() {
        let want = vec![1.0; 1 << 22];
        let mut got = want.clone();
        got[12345] = 1.5;
        assert!(normalised_error(&got, &want) > STORED_IN_F16);
        got[12345] = 1.0 + 1e-6;
        assert!(normalised_error(&got, &want) < 1e-10);
        got[12345] = f64::NAN;
        assert!(normalised_error(&got, &want).is_infinite());
    }
}
