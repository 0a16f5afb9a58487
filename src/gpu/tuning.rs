//! Every choice that depends on the device, in one value.
//!
//! [`Capabilities`] are facts; a [`Tuning`] holds the choices that follow from them: the product variant, the invocations that
//! share a sum, when a norm is split, how long a sum may be before it is split, when work is submitted. Operations read it and
//! never ask for the device. So any tuning runs on any device that can run its kernels, and tests run that of GPUs on software
//! Vulkan.
//!
//! Numbers of [`Tuning::software`] were measured on llvmpipe (Mesa 22.3.6, 2 cores of an Intel Xeon, Sapphire Rapids, November
//! 2026;
//! `docs/performance.md`). Numbers of [`Tuning::gpu`] that are called measured were measured on an NVIDIA H200 (November 2026); the
//! others follow from what GPUs have in common.

use super::capabilities::Capabilities;
use super::matrix_units::MatrixUnits;
use crate::error::{Error, Result};

/// The environment variable that sets the tuning: see [`Choice::parse`].
pub const TUNING_VARIABLE: &str = "FLOCODER_TUNING";

/// The variants of the matrix-product kernels, one per class of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Products {
    /// Workgroup-memory tiles and register tiles, for GPUs.
    Tile,
    /// The same on matrix units where both operands are stored in f16; other products in the tile variant.
    Matrix(MatrixUnits),
    /// One subgroup of eight lanes that share operands by `subgroupBroadcast`, for software Vulkan.
    Subgroup,
}

impl Products {
    /// The name in reports and in [`TUNING_VARIABLE`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Tile => "tile",
            Self::Matrix(_) => "matrix",
            Self::Subgroup => "subgroup",
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
    /// Whether the kernels in `shaders/software/` run: nearest codes by broadcast, attention heads in the registers of a subgroup.
    pub software_kernels: bool,
    /// Dispatches after which recorded work is submitted, so that the device starts while the rest is being recorded.
    pub submit_every: usize,
    /// Workgroups along one dimension of a grid; longer rows are folded.
    pub fold: usize,
    /// Most bytes of workgroup memory: the adapter's limit.
    pub workgroup_memory: usize,
    /// Most invocations of a workgroup: the adapter's limit.
    pub workgroup_invocations: usize,
}

/// The number of workgroups along one dimension of a grid that WebGPU guarantees.
const FOLD: usize = 65_535;

impl Tuning {
    /// For software Vulkan with subgroups of eight. Measured; see the head of this file.
    pub fn software() -> Self {
        Self {
            name: "software",
            products: Products::Subgroup,
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
            reduction: Reduction { invocations: 8, one_subgroup: true },
            // Measured: a larger workgroup runs its invocations in groups of eight, whose reads are then strided.
            streaming: 8,
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
            software_kernels: true,
            submit_every: 128,
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
            software_kernels: false,
            // Not measured.
            submit_every: 128,
            fold: FOLD,
            workgroup_memory: 16 << 10,
            workgroup_invocations: 256,
        }
    }

    /// The tuning for a device.
    pub fn of(capabilities: &Capabilities) -> Self {
        match (capabilities.software, capabilities.subgroup_size) {
            (true, Some(8)) => Self::software(),
            // The kernels of GPUs, with sums split for few cores. Not measured.
            (true, _) => {
                let Self { split_k, codebook_workgroups, .. } = Self::software();
                Self { name: "processor", split_k, codebook_workgroups, ..Self::gpu(None) }
            }
            (false, _) => Self::gpu(capabilities.matrix),
        }
    }

    /// The same with the limits of a device instead of those that WebGPU guarantees.
    pub(super) fn within(self, capabilities: &Capabilities) -> Self {
        let &Capabilities { workgroup_memory, invocations: workgroup_invocations, .. } = capabilities;
        Self { workgroup_memory, workgroup_invocations, ..self }
    }

    /// Refuses a tuning whose kernels the device cannot run.
    ///
    /// # Errors
    /// Says what the device lacks.
    pub fn check(&self, capabilities: &Capabilities) -> Result<()> {
        let by_subgroup = self.products == Products::Subgroup || self.reduction.one_subgroup || self.software_kernels;
        let lacks = match self.products {
            _ if by_subgroup && capabilities.subgroup_size != Some(8) => "subgroups of 8",
            Products::Matrix(units) if capabilities.subgroup_size != Some(units.lanes) && units.emulated => {
                "subgroups of one size"
            }
            Products::Matrix(_) if !capabilities.f16 => "16-bit floats",
            Products::Matrix(units) if !units.emulated && capabilities.matrix != Some(units) => "usable matrix units",
            _ => return Ok(()),
        };
        let (name, variant) = (&capabilities.name, self.products.name());
        Err(Error::device(format!(
            "the adapter {name} has no {lacks}, which the tuning {} with products by {variant} needs; unset {TUNING_VARIABLE}",
            self.name
        )))
    }
}

/// The tuning that the user asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choice {
    base: Base,
    tile: Option<[usize; 2]>,
    own: Option<[usize; 2]>,
    chunk: Option<usize>,
    ahead: Option<bool>,
    in_place: Option<bool>,
    full: Option<usize>,
    split: Option<usize>,
    fold: Option<usize>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Base {
    #[default]
    Auto,
    Software,
    Gpu,
    Tile,
    Matrix,
}

impl Choice {
    /// The choice in [`TUNING_VARIABLE`].
    ///
    /// # Errors
    /// As [`Choice::parse`].
    pub fn from_environment() -> Result<Self> {
        Self::parse(&std::env::var(TUNING_VARIABLE).unwrap_or_default())
    }

    /// A name, then settings, separated by commas: `gpu,tile=128x64`.
    ///
    /// Names: `auto` (by the adapter, the default), `software`, `gpu` (with matrix units if there are usable ones), `tile` (`gpu`
    /// without matrix units), `matrix` (`gpu`, refused without matrix units). Settings, each a field of [`Tuning`]:
    /// `tile=ROWSxCOLUMNS`, `own=ROWSxCOLUMNS`, `chunk=TERMS`, `ahead=true` or `false`, `in_place=true` or `false` (of the
    /// weights), `full=WORKGROUPS`, `split=WORKGROUPS` (of [`SplitK`]),
    /// `fold=WORKGROUPS`.
    ///
    /// # Errors
    /// An unknown name or setting; lists the known ones.
    pub fn parse(text: &str) -> Result<Self> {
        let mut choice = Self::default();
        for (number, part) in text.split(',').map(str::trim).enumerate() {
            let known = match part.split_once('=') {
                None => number == 0 && Base::parse(part).map(|base| choice.base = base).is_some(),
                Some(("tile", sides)) => parse_sides(sides).map(|sides| choice.tile = Some(sides)).is_some(),
                Some(("own", sides)) => parse_sides(sides).map(|sides| choice.own = Some(sides)).is_some(),
                Some(("chunk", chunk)) => chunk.parse().map(|chunk| choice.chunk = Some(chunk)).is_ok(),
                Some(("ahead", ahead)) => ahead.parse().map(|ahead| choice.ahead = Some(ahead)).is_ok(),
                Some(("in_place", place)) => place.parse().map(|place| choice.in_place = Some(place)).is_ok(),
                Some(("full", full)) => full.parse().map(|full| choice.full = Some(full)).is_ok(),
                Some(("split", split)) => split.parse().map(|split| choice.split = Some(split)).is_ok(),
                Some(("fold", fold)) => {
                    choice.fold = fold.parse().ok().filter(|fold| (1..=FOLD).contains(fold));
                    choice.fold.is_some()
                }
                Some(_) => false,
            };
            if !known {
                return Err(Error::config(format!(
                    "{TUNING_VARIABLE} has no setting {part:?}; give auto, software, gpu, tile or matrix, then settings such as tile=128x64 or fold=1000, separated by commas"
                )));
            }
        }
        Ok(choice)
    }

    /// Whether the choice may use matrix units.
    pub(super) fn may_use_matrix_units(&self) -> bool {
        !matches!(self.base, Base::Software | Base::Tile)
    }

    /// The tuning of this choice for a device.
    ///
    /// # Errors
    /// Matrix units that the device does not have.
    pub(super) fn tuning(&self, capabilities: &Capabilities) -> Result<Tuning> {
        let tuning = match self.base {
            Base::Auto => Tuning::of(capabilities),
            Base::Software => Tuning::software(),
            Base::Gpu => Tuning::gpu(capabilities.matrix),
            Base::Tile => Tuning::gpu(None),
            Base::Matrix if capabilities.matrix.is_none() => {
                let name = &capabilities.name;
                return Err(Error::device(format!(
                    "the adapter {name} has no usable matrix units; unset {TUNING_VARIABLE}"
                )));
            }
            Base::Matrix => Tuning::gpu(capabilities.matrix),
        };
        let &Self { tile, own, chunk, ahead, .. } = self;
        let workgroups = self.split.unwrap_or(tuning.split_k.workgroups);
        Ok(Tuning {
            tile,
            own,
            chunk,
            ahead,
            weights_in_place: self.in_place.unwrap_or(tuning.weights_in_place),
            full: self.full.unwrap_or(tuning.full),
            split_k: SplitK { workgroups, ..tuning.split_k },
            fold: self.fold.unwrap_or(tuning.fold),
            ..tuning
        })
    }
}

impl Base {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "" | "auto" => Self::Auto,
            "software" => Self::Software,
            "gpu" => Self::Gpu,
            "tile" => Self::Tile,
            "matrix" => Self::Matrix,
            _ => return None,
        })
    }
}

/// The two numbers of `128x64`.
fn parse_sides(text: &str) -> Option<[usize; 2]> {
    let (rows, columns) = text.split_once('x')?;
    Some([rows.parse().ok()?, columns.parse().ok()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_a_name_and_settings() {
        let plain = Choice::default();
        assert_eq!(Choice::parse("").unwrap(), plain);
        assert_eq!(Choice::parse("auto").unwrap(), plain);
        let gpu = Choice {
            base: Base::Gpu,
            tile: Some([128, 64]),
            own: Some([8, 4]),
            chunk: Some(32),
            ahead: Some(false),
            in_place: Some(true),
            full: Some(100),
            split: Some(200),
            fold: Some(3),
        };
        assert_eq!(
            Choice::parse(
                "gpu, tile=128x64, own=8x4, chunk=32, ahead=false, in_place=true, full=100, split=200, fold=3"
            )
            .unwrap(),
            gpu
        );
        assert!(!Choice::parse("tile").unwrap().may_use_matrix_units() && gpu.may_use_matrix_units());
        for wrong in ["fast", "gpu,tile=big", "gpu,fold=0", "gpu,software", "gpu,speed=2"] {
            let error = Choice::parse(wrong).unwrap_err().to_string();
            assert!(error.contains("FLOCODER_TUNING has no setting"), "{error}");
        }
    }
}
