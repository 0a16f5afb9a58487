//! The tuning that the user asks for, by a variable of the environment.

use crate::error::{Error, Result};
use crate::gpu::capabilities::Capabilities;
use crate::gpu::tuning::{FOLD, SplitK, TUNING_VARIABLE, Tuning};
use crate::shader::ParamsSpace;

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
    params: Option<ParamsSpace>,
    pairs: Option<bool>,
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
    /// `fold=WORKGROUPS`, `params=immediate` or `uniform`, `pairs=true` or `false`.
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
                Some(("pairs", pairs)) => pairs.parse().map(|pairs| choice.pairs = Some(pairs)).is_ok(),
                Some(("params", space)) => {
                    choice.params = parse_space(space);
                    choice.params.is_some()
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
            Base::Software if capabilities.subgroup_size == Some(16) => Tuning::software(16),
            Base::Software => Tuning::software(8),
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
            params: self.params.unwrap_or(tuning.params),
            pairs: self.pairs.unwrap_or(tuning.pairs),
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

fn parse_space(name: &str) -> Option<ParamsSpace> {
    match name {
        "immediate" => Some(ParamsSpace::Immediate),
        "uniform" => Some(ParamsSpace::Uniform),
        _ => None,
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
            params: Some(ParamsSpace::Uniform),
            pairs: Some(true),
        };
        assert_eq!(
            Choice::parse(
                "gpu, tile=128x64, own=8x4, chunk=32, ahead=false, in_place=true, full=100, split=200, fold=3, params=uniform, pairs=true"
            )
            .unwrap(),
            gpu
        );
        assert!(!Choice::parse("tile").unwrap().may_use_matrix_units() && gpu.may_use_matrix_units());
        for wrong in ["fast", "gpu,tile=big", "gpu,fold=0", "gpu,software", "gpu,speed=2", "auto,params=here"] {
            let error = Choice::parse(wrong).unwrap_err().to_string();
            assert!(error.contains("FLOCODER_TUNING has no setting"), "{error}");
        }
    }
}
