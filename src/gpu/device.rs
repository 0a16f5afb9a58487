//! Which adapters there are, which one is used and why, and what it can do.

use super::matrix::{self, MatrixUnits};
use crate::error::{Error, Result};
use wgpu::{Backends, DeviceType, Features};

/// The environment variable that names the adapter where `--device` does not.
pub const DEVICE_VARIABLE: &str = "FLOCODER_DEVICE";
/// The environment variable that forces a [`Body`] of the matrix-product core.
pub const BODY_VARIABLE: &str = "FLOCODER_BODY";
/// The environment variable that forces a tile of the tile body, as `128x64`, to compare them.
pub const TILE_VARIABLE: &str = "FLOCODER_TILE";

/// What every kernel needs from an adapter.
const REQUIRED: Features = Features::IMMEDIATES;
/// What is used where it is there.
const OPTIONAL: Features = Features::SUBGROUP.union(Features::SHADER_F16).union(Features::TIMESTAMP_QUERY);

/// The adapters of this machine, best first: discrete, integrated, virtual, software.
pub struct Adapters {
    adapters: Vec<wgpu::Adapter>,
}

impl Adapters {
    /// Asks Vulkan, Metal and DX12 for their adapters.
    pub fn list() -> Self {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = Backends::VULKAN | Backends::METAL | Backends::DX12;
        let instance = wgpu::Instance::new(descriptor);
        let mut adapters = pollster::block_on(instance.enumerate_adapters(Backends::all()));
        adapters.sort_by_key(|adapter| rank(adapter.get_info().device_type));
        Self { adapters }
    }

    /// Each adapter's number (as `--device` takes it) and itself.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &wgpu::Adapter)> {
        self.adapters.iter().enumerate()
    }

    /// The adapter that `wanted` names, by its number or by a part of its name; else what `FLOCODER_DEVICE` names; else the
    /// best one.
    ///
    /// # Errors
    /// There is none, or none of that name.
    pub fn choose(&self, wanted: Option<&str>) -> Result<Chosen> {
        let from_environment = std::env::var(DEVICE_VARIABLE).ok().filter(|name| !name.is_empty());
        let wanted = wanted.map(str::to_owned).or(from_environment);
        if self.adapters.is_empty() {
            return Err(Error::device(
                "no adapter found; install your GPU's Vulkan driver, or software Vulkan (Debian, Ubuntu: apt-get install mesa-vulkan-drivers)",
            ));
        }
        let index = match &wanted {
            None => Some(0),
            Some(name) => match name.parse::<usize>() {
                Ok(number) => Some(number).filter(|&number| number < self.adapters.len()),
                Err(_) => self.iter().find(|(_, adapter)| contains(&adapter.get_info().name, name)).map(|(i, _)| i),
            },
        };
        let name = |(i, adapter): (usize, &wgpu::Adapter)| format!("{i}: {}", adapter.get_info().name);
        index.map(|index| Chosen { adapter: self.adapters[index].clone(), index }).ok_or_else(|| {
            let known: Vec<String> = self.iter().map(name).collect();
            Error::device(format!(
                "no adapter is called {:?}; there are {} (see `flocoder devices`)",
                wanted.unwrap_or_default(),
                known.join(", ")
            ))
        })
    }
}

fn contains(name: &str, part: &str) -> bool {
    name.to_lowercase().contains(&part.to_lowercase())
}

fn rank(kind: DeviceType) -> u8 {
    match kind {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    }
}

/// An adapter that was chosen, and its number.
pub struct Chosen {
    /// The adapter.
    pub adapter: wgpu::Adapter,
    /// Its place in [`Adapters`].
    pub index: usize,
}

impl Chosen {
    /// Opens the device with every limit that the adapter has and the features that the kernels know how to use.
    ///
    /// # Errors
    /// Names the features that are missing.
    pub fn request_device(&self) -> Result<(wgpu::Device, wgpu::Queue)> {
        let name = self.adapter.get_info().name;
        let missing = REQUIRED - self.adapter.features();
        if !missing.is_empty() {
            return Err(Error::device(format!(
                "{name} lacks {missing}, which every kernel needs; update its driver or choose another adapter with --device"
            )));
        }
        let request = |experimental: Features| {
            // SAFETY: of what is experimental only cooperative matrices are asked for, and kernels that use them are not
            // launched before `matrix::usable` has tried them.
            let enabled = || unsafe { wgpu::ExperimentalFeatures::enabled() };
            let descriptor = wgpu::DeviceDescriptor {
                label: Some("flocoder"),
                required_features: REQUIRED | (self.adapter.features() & OPTIONAL) | experimental,
                required_limits: self.adapter.limits(),
                experimental_features: if experimental.is_empty() { Default::default() } else { enabled() },
                ..Default::default()
            };
            pollster::block_on(self.adapter.request_device(&descriptor))
        };
        let with_matrices = matrix::reported(&self.adapter).and_then(|_| request(matrix::FEATURE).ok());
        with_matrices
            .map_or_else(|| request(Features::empty()), Ok)
            .map_err(|error| Error::device(format!("{name} could not be opened: {error}")))
    }
}

/// The bodies of the matrix-product core, one per class of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Body {
    /// Workgroup-memory tiles and register tiles, for GPUs.
    Tile,
    /// The same on matrix units, where both operands are stored in f16; other products in the tile body.
    Matrix,
    /// One subgroup of eight lanes that hand values round by `subgroupBroadcast`, for software Vulkan.
    Subgroup,
}

impl Body {
    /// The name in file names, reports and `FLOCODER_BODY`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tile => "tile",
            Self::Matrix => "matrix",
            Self::Subgroup => "subgroup",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Tile, Self::Matrix, Self::Subgroup].into_iter().find(|body| body.name() == name)
    }
}

/// What replaces the engine's own choices in the matrix-product core, to test and to measure them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forced {
    /// The body, where the adapter can run it: [`Capabilities::body`] tells.
    pub body: Option<Body>,
    /// Rows and columns of the tile, where it is one of those that the body has.
    pub tile: Option<[usize; 2]>,
    /// Matrix units, in place of the adapter's, which have to be played.
    pub matrix: Option<MatrixUnits>,
}

impl Forced {
    /// What `FLOCODER_BODY` and `FLOCODER_TILE` (as `128x64`) say.
    pub fn from_environment() -> Self {
        let body = std::env::var(BODY_VARIABLE).ok();
        let tile = std::env::var(TILE_VARIABLE).ok();
        Self { body: body.and_then(|name| Body::named(&name)), tile: tile.and_then(|name| sides(&name)), matrix: None }
    }
}

/// The two numbers of `128x64`.
fn sides(name: &str) -> Option<[usize; 2]> {
    let (rows, columns) = name.split_once('x')?;
    Some([rows.parse().ok()?, columns.parse().ok()?])
}

/// What an opened device can do, as far as the engine asks.
#[derive(Debug, Clone)]
pub struct Capabilities {
    /// The adapter's name.
    pub name: String,
    /// Whether it is a processor that plays a GPU (software Vulkan).
    pub software: bool,
    /// Lanes of a subgroup, if subgroups are there and of one size only.
    pub subgroup_size: Option<u32>,
    /// Whether shaders may compute in f16.
    pub f16: bool,
    /// The matrix units, if the adapter has some that the kernels can use.
    pub matrix: Option<MatrixUnits>,
    /// Whether passes can be timed on the device.
    pub timestamps: bool,
    /// Bytes that one binding of a kernel may have.
    pub largest_binding: u64,
    /// Bytes that one buffer may have: a tensor larger than a binding is worked on in windows.
    pub largest_buffer: u64,
    /// Workgroups per grid dimension.
    pub max_workgroups: u32,
    /// Bytes of memory that a workgroup may share.
    pub workgroup_memory: usize,
    /// Invocations that a workgroup may have.
    pub invocations: usize,
    /// The body that the matrix-product core uses.
    pub body: Body,
    /// The rows and columns of the tile that is forced, instead of the one that suits a product.
    pub tile: Option<[usize; 2]>,
}

impl Capabilities {
    /// Reads them off an opened device. The body is the forced one where that can run, else what suits the device.
    pub fn of(chosen: &Chosen, device: &wgpu::Device, matrix: Option<MatrixUnits>, forced: Forced) -> Self {
        let (info, features, limits) = (chosen.adapter.get_info(), device.features(), device.limits());
        let one_size = info.subgroup_min_size == info.subgroup_max_size;
        let subgroup_size = (features.contains(Features::SUBGROUP) && one_size).then_some(info.subgroup_min_size);
        let software = info.device_type == DeviceType::Cpu;
        let subgroup_runs = subgroup_size == Some(8);
        let matrix = forced.matrix.or(matrix);
        let body = match forced.body {
            Some(Body::Tile) => Body::Tile,
            Some(Body::Matrix) if matrix.is_some() => Body::Matrix,
            Some(Body::Subgroup) if subgroup_runs => Body::Subgroup,
            _ if software && subgroup_runs => Body::Subgroup,
            _ if matrix.is_some() => Body::Matrix,
            _ => Body::Tile,
        };
        Self {
            name: info.name,
            software,
            subgroup_size,
            f16: features.contains(Features::SHADER_F16),
            matrix,
            timestamps: features.contains(Features::TIMESTAMP_QUERY),
            largest_binding: limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
            largest_buffer: limits.max_buffer_size,
            max_workgroups: limits.max_compute_workgroups_per_dimension,
            workgroup_memory: limits.max_compute_workgroup_storage_size as usize,
            invocations: limits.max_compute_invocations_per_workgroup as usize,
            body,
            tile: forced.tile,
        }
    }

    /// Refuses an adapter without 16-bit floats, before anything is stored in them.
    ///
    /// # Errors
    /// Names the adapter, and what to set.
    pub fn check_f16(&self) -> Result<()> {
        if self.f16 {
            return Ok(());
        }
        Err(Error::device(format!("the adapter {} has no 16-bit floats; set train.precision: f32", self.name)))
    }
}
