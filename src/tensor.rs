//! Shape, element type and buffer handle; no arithmetic.
//!
//! Activations are `[N, H, W, C]`, so that a position is a row: most arithmetic is a matrix product on `[N * H * W, C]`.

use std::sync::Arc;

use half::f16;

use crate::dtype::Dtype;
use crate::error::Result;
#[cfg(not(target_arch = "wasm32"))]
use crate::gpu::Later;
use crate::gpu::{Bind, Gpu, Storage, View};

/// A dense, row-major array on the device: a view of a pooled buffer. Clones share the buffer.
#[derive(Clone)]
pub struct Tensor {
    gpu: Gpu,
    storage: Arc<Storage>,
    offset: u64,
    shape: Vec<usize>,
    dtype: Dtype,
}

impl Tensor {
    /// A tensor with undefined contents, to be written whole by the next dispatch.
    pub fn empty(gpu: &Gpu, shape: &[usize], dtype: Dtype) -> Self {
        // More elements than can be counted are more than any device holds, and are refused as such.
        let elements = shape.iter().fold(1u64, |elements, &length| elements.saturating_mul(length as u64));
        let bytes = elements.saturating_mul(dtype.bytes());
        Self { gpu: gpu.clone(), storage: gpu.storage(bytes), offset: 0, shape: shape.to_vec(), dtype }
    }

    /// An f32 tensor with undefined contents.
    pub fn empty_f32(gpu: &Gpu, shape: &[usize]) -> Self {
        Self::empty(gpu, shape, Dtype::F32)
    }

    /// A tensor with undefined contents and the element type of `other`: what an operation on `other` writes.
    pub fn empty_like(other: &Self, shape: &[usize]) -> Self {
        Self::empty(&other.gpu, shape, other.dtype)
    }

    /// A tensor of zeros.
    pub fn zeros(gpu: &Gpu, shape: &[usize]) -> Self {
        let tensor = Self::empty_f32(gpu, shape);
        tensor.clear();
        tensor
    }

    /// Uploads f32 values, row-major.
    #[track_caller]
    pub fn from_f32(gpu: &Gpu, shape: &[usize], values: &[f32]) -> Self {
        let tensor = Self::empty_f32(gpu, shape);
        tensor.write_f32(values);
        tensor
    }

    /// Uploads values rounded to f16, row-major.
    #[track_caller]
    pub fn from_f32_as_f16(gpu: &Gpu, shape: &[usize], values: &[f32]) -> Self {
        let tensor = Self::empty(gpu, shape, Dtype::F16);
        assert_eq!(tensor.len(), values.len(), "from_f32_as_f16: {shape:?} and the number of values");
        let mut rounded: Vec<f16> = values.iter().map(|&value| f16::from_f32(value)).collect();
        // Uploads take whole words of four bytes.
        rounded.resize(rounded.len().next_multiple_of(2), f16::ZERO);
        tensor.gpu.write(&tensor.storage, tensor.offset, bytemuck::cast_slice(&rounded));
        tensor
    }

    /// Uploads u32 values, row-major.
    #[track_caller]
    pub fn from_u32(gpu: &Gpu, shape: &[usize], values: &[u32]) -> Self {
        let tensor = Self::empty(gpu, shape, Dtype::U32);
        assert_eq!(tensor.len(), values.len(), "from_u32: {shape:?} and the number of values");
        tensor.gpu.write(&tensor.storage, tensor.offset, bytemuck::cast_slice(values));
        tensor
    }

    /// Overwrites the tensor from the host.
    #[track_caller]
    pub fn write_f32(&self, values: &[f32]) {
        assert_eq!(self.len(), values.len(), "write_f32: {:?} and the number of values", self.shape);
        assert_eq!(self.dtype, Dtype::F32, "write_f32: element type");
        self.gpu.write(&self.storage, self.offset, bytemuck::cast_slice(values));
    }

    /// Sets every element to zero.
    pub fn clear(&self) {
        self.gpu.clear(&self.storage, self.offset, self.bytes());
    }

    /// Copies `source`'s elements into this tensor.
    #[track_caller]
    pub fn copy_from(&self, source: &Self) {
        assert!(self.len() == source.len() && self.dtype == source.dtype, "copy_from: {self:?} from {source:?}");
        self.gpu.copy((&source.storage, source.offset), (&self.storage, self.offset), self.bytes());
    }

    /// Runs the recorded work and returns the values, row-major; f16 converts to f32 exactly.
    ///
    /// # Errors
    /// A failure of the device since the last one reported.
    #[track_caller]
    pub fn read_f32(&self) -> Result<Vec<f32>> {
        assert_ne!(self.dtype, Dtype::U32, "read_f32: element type");
        let bytes = self.gpu.read(&self.storage, self.offset, self.bytes())?;
        if self.dtype == Dtype::F16 {
            let values: Vec<f16> = bytemuck::pod_collect_to_vec(&bytes);
            return Ok(values.into_iter().map(f16::to_f32).collect());
        }
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }

    /// Runs the recorded work and returns the values, row-major.
    ///
    /// # Errors
    /// A failure of the device since the last one reported.
    #[track_caller]
    pub fn read_u32(&self) -> Result<Vec<u32>> {
        assert_eq!(self.dtype, Dtype::U32, "read_u32: element type");
        Ok(bytemuck::pod_collect_to_vec(&self.gpu.read(&self.storage, self.offset, self.bytes())?))
    }

    /// The same elements in another shape.
    #[track_caller]
    pub fn reshape(&self, shape: &[usize]) -> Self {
        assert_eq!(self.len(), shape.iter().product::<usize>(), "reshape: {:?} to {shape:?}", self.shape);
        Self { shape: shape.to_vec(), ..self.clone() }
    }

    /// `shape` elements from element `start` on, in the same buffer. A kernel takes it only if it begins on a multiple of 256 bytes of the
    /// buffer; copies, writes and readbacks take any multiple of 4.
    #[track_caller]
    pub fn view(&self, start: usize, shape: &[usize]) -> Self {
        let length: usize = shape.iter().product();
        assert!(start <= self.len() && length <= self.len() - start, "view: {start} + {shape:?} of {:?}", self.shape);
        let offset = self.offset + start as u64 * self.dtype.bytes();
        Self { offset, shape: shape.to_vec(), ..self.clone() }
    }

    /// The element of the buffer at which it begins.
    pub(crate) fn start(&self) -> usize {
        (self.offset / self.dtype.bytes()) as usize
    }

    /// Records a copy to the host, runs the recorded work without waiting for it, and returns what waits for the copy.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn read_later(&self) -> Later {
        self.gpu.read_later(&self.storage, self.offset, self.bytes())
    }

    /// The elements in order, in as few views as the adapter's largest binding allows for elements of four bytes: one, except in
    /// the largest networks. Tensors of equal length have equal windows, whatever their element types.
    pub fn windows(&self) -> Vec<Self> {
        let most = (self.gpu.capabilities().largest_binding / 4) as usize / 128 * 128;
        let starts = (0..self.len()).step_by(most);
        starts.map(|start| self.view(start, &[most.min(self.len() - start)])).collect()
    }

    /// The device that holds it.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Length of each dimension.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Element type.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Length of the last dimension (1 for a scalar).
    pub fn channels(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }

    /// Product of all dimensions but the last.
    pub fn rows(&self) -> usize {
        self.len() / self.channels().max(1)
    }

    /// Elements of a sample: those of one index of the first dimension.
    ///
    /// # Panics
    /// Without samples: operations refuse an empty batch.
    #[track_caller]
    pub fn sample_len(&self) -> usize {
        assert!(!self.is_empty(), "{self:?} is an empty batch");
        self.len() / self.shape[0]
    }

    /// `[N, H, W, C]` of a four-dimensional tensor.
    #[track_caller]
    pub fn nhwc(&self) -> [usize; 4] {
        self.shape.as_slice().try_into().unwrap_or_else(|_| panic!("[N, H, W, C] wanted, {:?} given", self.shape))
    }

    /// Whether no other tensor shares the buffer, so that it may be written in place.
    pub fn is_unique(&self) -> bool {
        Arc::strong_count(&self.storage) == 1
    }

    /// Bytes of all elements.
    pub fn bytes(&self) -> u64 {
        self.len() as u64 * self.dtype.bytes()
    }
}

impl Bind for Tensor {
    fn bound(&self) -> View<'_> {
        View { storage: &self.storage, offset: self.offset, bytes: self.bytes(), dtype: self.dtype }
    }
}

impl std::fmt::Debug for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tensor{:?} {:?}", self.shape, self.dtype)
    }
}
