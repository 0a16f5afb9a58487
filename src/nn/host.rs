//! Tensors in host memory, and the conversion between PyTorch's layouts and those used here.

/// A tensor in host memory, row-major.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HostTensor {
    /// Length of each dimension.
    pub shape: Vec<usize>,
    /// As many values as the product of `shape`.
    pub data: Vec<f32>,
}

impl HostTensor {
    /// A tensor from its shape and values.
    ///
    /// # Panics
    /// If the number of values is not the product of the shape.
    #[track_caller]
    pub fn new(shape: impl Into<Vec<usize>>, data: Vec<f32>) -> Self {
        let shape = shape.into();
        let count = data.len();
        assert_eq!(shape.iter().product::<usize>(), count, "a tensor of shape {shape:?} from {count} values");
        Self { shape, data }
    }
}

/// How the order of a parameter's dimensions here differs from PyTorch's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The same order.
    Same,
    /// `[in, out]` here, `[out, in]` there.
    Linear,
    /// `[kh, kw, in, out]` here, `[out, in, kh, kw]` there.
    Convolution,
}

impl Order {
    /// For each dimension in PyTorch's order, which dimension here it is.
    fn axes(self, rank: usize) -> Vec<usize> {
        match self {
            Self::Same => (0..rank).collect(),
            Self::Linear => vec![1, 0],
            Self::Convolution => vec![3, 2, 0, 1],
        }
    }

    /// The shape that PyTorch gives to a parameter whose shape here is `shape`.
    pub fn torch_shape(self, shape: &[usize]) -> Vec<usize> {
        self.axes(shape.len()).iter().map(|&axis| shape[axis]).collect()
    }

    /// Converts elements from the order used here to PyTorch's.
    pub fn to_torch(self, shape: &[usize], data: &[f32]) -> HostTensor {
        let data = match self {
            Self::Same => data.to_vec(),
            _ => self.sources(shape).map(|source| data[source]).collect(),
        };
        HostTensor { shape: self.torch_shape(shape), data }
    }

    /// Converts elements from PyTorch's order to the order used here, into `target` of shape `shape`.
    pub fn from_torch(self, shape: &[usize], data: &[f32], target: &mut [f32]) {
        match self {
            Self::Same => target.copy_from_slice(data),
            _ => self.sources(shape).zip(data).for_each(|(index, &value)| target[index] = value),
        }
    }

    /// For each element in PyTorch's order, its index here.
    fn sources(self, shape: &[usize]) -> impl Iterator<Item = usize> {
        let stride = |axis: usize| shape[axis + 1..].iter().product::<usize>();
        let axes: Vec<(usize, usize)> =
            self.axes(shape.len()).into_iter().map(|axis| (shape[axis], stride(axis))).collect();
        (0..shape.iter().product()).map(move |element| {
            let (mut rest, mut index) = (element, 0);
            for &(length, stride) in axes.iter().rev() {
                index += rest % length * stride;
                rest /= length;
            }
            index
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_is_transposed() {
        let torch = Order::Linear.to_torch(&[2, 3], &[0., 1., 2., 3., 4., 5.]);
        assert_eq!(torch, HostTensor { shape: vec![3, 2], data: vec![0., 3., 1., 4., 2., 5.] });
    }

    #[test]
    fn a_convolution_survives_the_round_trip() {
        let shape = [3, 2, 5, 4];
        let data: Vec<f32> = (0..120).map(|i| i as f32).collect();
        let torch = Order::Convolution.to_torch(&shape, &data);
        assert_eq!(torch.shape, [4, 5, 3, 2]);
        // [out 1, in 2, row 2, column 0] there is [row 2, column 0, in 2, out 1] here.
        assert_eq!(torch.data[((5 + 2) * 3 + 2) * 2], data[((2 * 2) * 5 + 2) * 4 + 1]);
        let mut back = vec![0.0; 120];
        Order::Convolution.from_torch(&shape, &torch.data, &mut back);
        assert_eq!(back, data);
    }
}
