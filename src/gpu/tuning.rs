//! Every choice that depends on the device, in one value.
//!
//! [`Capabilities`] are facts; a [`Tuning`] holds the choices that follow from them: the product variant, the invocations that
//! share a sum, when a norm is split, how long a sum may be before it is split. Operations read it and
//! never ask for the device. So any tuning runs on any device that can run its kernels, and tests run that of GPUs on software
//! Vulkan.
//!
//! Numbers of [`Tuning::software`] were measured on llvmpipe (Mesa 22.3.6, 2 cores of an Intel Xeon, Sapphire Rapids, November 2026;
//! `docs/performance.md`). Numbers of [`Tuning::gpu`] that are called measured were measured on an NVIDIA H200 (November 2026); the
//! others follow from what GPUs have in common.

use super::capabilities::Capabilities;
use super::matrix_units::MatrixUnits;
use crate::error::{Error, Result};
use crate::shader::ParamsSpace;

/// The environment variable that sets the tuning: see [`Choice::parse`](super::choice::Choice::parse).
pub const TUNING_VARIABLE: &str = "FLOCODER_TUNING";

/// The variants of the matrix-product kernels, one per class of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Products {
    /// Workgroup-memory tiles and register tiles, for GPUs.
    Tile,
    /// The same on matrix units where both operands are stored in f16; other products in the tile variant.
    Matrix(MatrixUnits),
    /// One subgroup of so many lanes, 8 or 16, that share operands by `subgroupBroadcast`, for software Vulkan.
    Subgroup(u32),
}

impl Products {
    /// The name in reports and in [`TUNING_VARIABLE`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Tile => "tile",
            Self::Matrix(_) => "matrix",
            Self::Subgroup(_) => "subgroup",
        }
    }

    /// Lanes of the one subgroup that computes a product; `None` in the other variants.
    pub(crate) fn lanes(self) -> Option<usize> {
        match self {
            Self::Subgroup(lanes) => Some(lanes as usize),
            _ => None,
        }
    }
}

/// How the invocations of a workgroup reduce one value each (`shared/reduce.wgsl`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reduction {
    /// Invocations of the workgroup.
    pub invocations: u32,
    /// Whether they are one subgroup and reduce by subgroup operations; else they reduce in workgroup memory.
    pub one_subgroup: bool,
}

/// How a product with a long sum is split into partial sums (split-K).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SplitK {
    /// Target number of workgroups, over the partial sums of all tiles.
    pub workgroups: usize,
    /// With fewer partial sums than this per tile, the pass that adds them costs more than the split gains.
    pub fewest: usize,
    /// Fewest terms of a partial sum.
    pub shortest: usize,
    /// Most elements of both operands that a partial sum reads, so that they stay in a core's second-level cache.
    pub cached: usize,
}

/// When and how group norm splits a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Norm {
    /// A sample of at most this many elements is normalised in one pass: by one workgroup per group, in one dispatch.
    pub one_pass: usize,
    /// Target number of invocations of a sweep that writes one number per channel and chunk.
    pub reduce: usize,
    /// Target number of invocations of a sweep that writes one number per element.
    pub map: usize,
    /// Most chunks of a reducing sweep. Another kernel merges them.
    pub most_reduced: usize,
    /// Most chunks of a mapping sweep.
    pub most_mapped: usize,
    /// Whether chunks are interleaved, so that concurrent invocations read adjacent memory; else each is contiguous, so that a core
    /// streams through it.
    pub interleaved: bool,
}

/// Every choice that depends on the device.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuning {
    /// Its name, for reports.
    pub name: &'static str,
    /// The variant of the matrix-product kernels.
    pub products: Products,
    /// Rows and columns of the tile that every product takes; `None` chooses by size ([`crate::ops::product`]).
    pub tile: Option<[usize; 2]>,
    /// Rows and columns of the tile per invocation, or per subgroup on matrix units; `None` or a pair that does not fit leaves the
    /// tile's.
    pub own: Option<[usize; 2]>,
    /// Most terms of a sum per step of a tile; `None` or a number that does not fit leaves the tile's.
    pub chunk: Option<usize>,
    /// Whether a step of a tile loads the next step's terms; `None` leaves the tile's.
    pub ahead: Option<bool>,
    /// Whether an input gradient reads the weights transposed in place. Otherwise a kernel transposes them first, so that a product
    /// loads and stores four columns at a time.
    pub weights_in_place: bool,
    /// Workgroups that fill the device. With fewer, smaller tiles are chosen.
    pub full: usize,
    /// How long sums are split.
    pub split_k: SplitK,
    /// How workgroups reduce.
    pub reduction: Reduction,
    /// Invocations of a workgroup that streams through memory (column sums, losses).
    pub streaming: u32,
    /// Most columns of a streaming invocation. More than one avoids strided reads if a workgroup has few invocations.
    pub columns_per_invocation: usize,
    /// Group norm.
    pub norm: Norm,
    /// Workgroups that sum vectors per code, over all levels of a quantizer.
    pub codebook_workgroups: usize,
    /// Lanes of a subgroup, 8 or 16, where the kernels in `shaders/software/` run: nearest codes by broadcast, attention heads in the
    /// registers of a subgroup.
    pub software_kernels: Option<u32>,
    /// Where kernels find `Params`: in immediates, or in a uniform binding on adapters without.
    pub params: ParamsSpace,
    /// Whether kernels load and store pairs of f32 as integers of 64 bits ([`crate::shader::pairs`]).
    pub pairs: bool,
    /// Workgroups along one dimension of a grid; longer rows are folded.
    pub fold: usize,
    /// Most bytes of workgroup memory: the adapter's limit.
    pub workgroup_memory: usize,
    /// Most invocations of a workgroup: the adapter's limit.
    pub workgroup_invocations: usize,
}

/// The number of workgroups along one dimension of a grid that WebGPU guarantees.
pub(super) const FOLD: usize = 65_535;

impl Tuning {
    /// For software Vulkan with subgroups of 8 or 16 `lanes`. Measured; see the head of this file.
    pub fn software(lanes: u32) -> Self {
        Self {
            name: "software",
            products: Products::Subgroup(lanes),
            tile: None,
            own: None,
            chunk: None,
            ahead: None,
            // Measured: a lane loads four terms of a column as fast as four columns of a term.
            weights_in_place: true,
            // Unused: the subgroup variant has no tiles. As on GPUs.
            full: 256,
            // Measured: two partial sums per tile gain less than the second pass costs; 2^17 elements fit 2 MiB of cache along with
            // the result.
            split_k: SplitK { workgroups: 16, fewest: 3, shortest: 64, cached: 1 << 17 },
            // Measured: barriers and workgroup memory cost more than a larger workgroup saves.
            reduction: Reduction { invocations: lanes, one_subgroup: true },
            // Measured: a larger workgroup runs its invocations subgroup by subgroup, whose reads are then strided.
            streaming: lanes,
            columns_per_invocation: 4,
            // Measured: a sample of up to 2^16 elements stays in the cache of one core, whose lines its groups share.
            norm: Norm {
                one_pass: 1 << 16,
                reduce: 512,
                map: 512,
                most_reduced: 64,
                most_mapped: 64,
                interleaved: false,
            },
            codebook_workgroups: 8,
            software_kernels: Some(lanes),
            params: ParamsSpace::Immediate,
            pairs: false,
            fold: FOLD,
            workgroup_memory: 16 << 10,
            workgroup_invocations: 256,
        }
    }

    /// For GPUs, with matrix units if they have some.
    pub fn gpu(matrix: Option<MatrixUnits>) -> Self {
        Self {
            name: "gpu",
            products: matrix.map_or(Products::Tile, Products::Matrix),
            tile: None,
            own: None,
            chunk: None,
            ahead: None,
            // Measured: saves a dispatch per layer, 5 % of the training step of a U-Net of width 16.
            weights_in_place: true,
            // Not measured: large GPUs have 80 to 140 cores that run two or more of these workgroups each.
            full: 256,
            // Not measured: partial sums fill the device twice; no cache is assumed.
            split_k: SplitK { workgroups: 512, fewest: 1, shortest: 128, cached: usize::MAX },
            // Not measured: four subgroups of 32, or two of 64.
            reduction: Reduction { invocations: 128, one_subgroup: false },
            // Not measured: one or two subgroups.
            streaming: 64,
            columns_per_invocation: 1,
            // Not measured: up to 2^14 elements a few reads per invocation cover a group.
            norm: Norm {
                one_pass: 1 << 14,
                reduce: 1 << 15,
                map: 1 << 18,
                most_reduced: 64,
                most_mapped: usize::MAX,
                interleaved: true,
            },
            // Not measured.
            codebook_workgroups: 512,
            software_kernels: None,
            params: ParamsSpace::Immediate,
            pairs: false,
            fold: FOLD,
            workgroup_memory: 16 << 10,
            workgroup_invocations: 256,
        }
    }

    /// The tuning for a device.
    pub fn of(capabilities: &Capabilities) -> Self {
        match (capabilities.software, capabilities.subgroup_size) {
            // Measured: with Mesa 25, pairs take a quarter less time to compile and a tenth less to run; with Mesa 22, products take up to
            // twice as long.
            (true, Some(lanes @ (8 | 16))) => Self { pairs: capabilities.mesa >= Some(25), ..Self::software(lanes) },
            // The kernels of GPUs, with sums split for few cores. Not measured.
            (true, _) => {
                let Self { split_k, codebook_workgroups, .. } = Self::software(8);
                Self { name: "processor", split_k, codebook_workgroups, ..Self::gpu(None) }
            }
            (false, _) => Self::gpu(capabilities.matrix),
        }
    }

    /// The same with the limits of a device instead of those that WebGPU guarantees, and without immediates or pairs if it has none.
    pub(super) fn within(self, capabilities: &Capabilities) -> Self {
        let &Capabilities { workgroup_memory, invocations: workgroup_invocations, .. } = capabilities;
        let params = if capabilities.immediates { self.params } else { ParamsSpace::Uniform };
        Self { workgroup_memory, workgroup_invocations, params, pairs: self.pairs && capabilities.int64, ..self }
    }

    /// Refuses a tuning whose kernels the device cannot run.
    ///
    /// # Errors
    /// Says what the device lacks.
    pub fn check(&self, capabilities: &Capabilities) -> Result<()> {
        let Reduction { invocations, one_subgroup } = self.reduction;
        let of_products = self.products.lanes().map(|lanes| lanes as u32);
        let by_subgroup = of_products.or(self.software_kernels).or(one_subgroup.then_some(invocations));
        let lacks = match self.products {
            _ if by_subgroup.is_some() && capabilities.subgroup_size != by_subgroup => {
                format!("subgroups of {}", by_subgroup.unwrap_or_default())
            }
            Products::Matrix(units) if capabilities.subgroup_size != Some(units.lanes) && units.emulated => {
                "subgroups of one size".to_owned()
            }
            Products::Matrix(_) if !capabilities.f16 => "16-bit floats".to_owned(),
            Products::Matrix(units) if !units.emulated && capabilities.matrix != Some(units) => {
                "usable matrix units".to_owned()
            }
            _ => return Ok(()),
        };
        let (name, variant) = (&capabilities.name, self.products.name());
        Err(Error::device(format!(
            "the adapter {name} has no {lacks}, which the tuning {} with products by {variant} needs; unset {TUNING_VARIABLE}",
            self.name
        )))
    }
}
