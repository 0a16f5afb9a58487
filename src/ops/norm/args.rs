//! Settings and arguments of a group normalisation.

use crate::tensor::Tensor;

/// Settings of a normalisation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupNorm {
    /// Number of groups; divides the channels.
    pub groups: usize,
    /// Added to the variance.
    pub eps: f32,
    /// Whether SiLU follows.
    pub silu: bool,
}

/// Arguments of [`group_norm`](super::group_norm): of type `&Var` for its callers, `Var` on the tape, `&Tensor` for the kernels.
#[derive(Debug, Clone, Copy)]
pub struct Args<T> {
    /// `[N, .., C]`.
    pub x: T,
    /// Scale of each channel, `[C]`.
    pub gamma: T,
    /// Shift of each channel, `[C]`.
    pub beta: T,
    /// A scale and shift of each sample's channels, before the activation.
    pub modulation: Option<Modulation<T>>,
    /// Added after the activation; of the shape of x.
    pub residual: Option<T>,
}

/// Scales and shifts in 2 C columns of a table: C scales from column `start` on, then C shifts.
///
/// Adaptive group normalisation (Dhariwal and Nichol 2021, arXiv 2105.05233). Several normalisations can share a table, each with
/// its own columns.
#[derive(Debug, Clone, Copy)]
pub struct Modulation<T> {
    /// `[N, any]`.
    pub table: T,
    /// Column of the first scale.
    pub start: usize,
}

impl Args<&Tensor> {
    /// Columns of the table of scales and shifts, and that of the first scale; zeros without a modulation.
    pub(super) fn modulation_columns(&self) -> [usize; 2] {
        self.modulation.map_or([0; 2], |Modulation { table, start }| [table.channels(), start])
    }
}

impl<T> Args<T> {
    pub(super) fn as_ref(&self) -> Args<&T> {
        Args {
            x: &self.x,
            gamma: &self.gamma,
            beta: &self.beta,
            modulation: self.modulation.as_ref().map(|&Modulation { ref table, start }| Modulation { table, start }),
            residual: self.residual.as_ref(),
        }
    }

    pub(super) fn map<U>(self, f: impl Fn(T) -> U) -> Args<U> {
        Args {
            x: f(self.x),
            gamma: f(self.gamma),
            beta: f(self.beta),
            modulation: self.modulation.map(|Modulation { table, start }| Modulation { table: f(table), start }),
            residual: self.residual.map(f),
        }
    }

    /// Those that are given.
    pub(super) fn all(self) -> Vec<T> {
        let table = self.modulation.map(|modulation| modulation.table);
        [self.x, self.gamma, self.beta].into_iter().chain(table).chain(self.residual).collect()
    }
}
