//! Validation of ranges and of sizes that have to match, before anything is allocated.

use super::conditions::{BEATS_PER_BAR, CONTROLS, STEPS_PER_BAR, WINDOW_ATTRIBUTES, given_channels, picture_channels};
use super::{Arch, Classes, Config, FlowArch, Norm, Pitches, VqvaeConfig};
use crate::error::{Error, Result};
use crate::text::count;

/// Number of classes of `flow.classes: key`.
const KEYS: usize = 12;
/// Heads and window side of the codec's neighbourhood attention.
const NEIGHBOURHOOD: (usize, usize) = (8, 7);
/// Groups of the U-Net's group norm.
const UNET_GROUPS: usize = 4;
/// Channels of a head of the transformer.
const HEAD: usize = 32;
/// Limit on sizes: more than any adapter can hold, and small enough that products of sizes do not overflow.
const MAX_SIZE: usize = 1 << 16;
/// Largest dimension of a code that the quantizer's kernels support.
const MAX_CODE_DIMENSION: usize = 64;
/// Limit on counts of blocks, levels and copies, which multiply the work of a step.
const MAX_COUNT: usize = 256;

impl Config {
    /// Checks the sections that a codec uses: `data`, `vqvae`, `train`.
    pub fn validate_codec(&self) -> Result<()> {
        self.data.validate()?;
        self.validate_train()?;
        self.validate_quantizer()?;
        self.validate_codec_network()
    }

    /// Checks the sections that a flow uses: `data`, `vqvae`, `flow`, `train`.
    pub fn validate_flow(&self) -> Result<()> {
        self.data.validate()?;
        self.validate_train()?;
        self.validate_codec_network()?;
        self.validate_objective()?;
        match self.flow.arch {
            FlowArch::Unet => self.validate_unet(),
            FlowArch::Transformer => self.validate_transformer(),
        }
    }

    /// Height, width and channels of the latent of one window.
    pub fn latent_shape(&self) -> [usize; 3] {
        let [pitches, steps] = self.vqvae.downsampling();
        [self.data.pitches.count() / pitches, self.data.steps / steps, self.vqvae.latent]
    }

    fn validate_train(&self) -> Result<()> {
        let train = &self.train;
        positive("train.steps", train.steps as usize)?;
        size("train.batch", train.batch, MAX_SIZE)?;
        positive("train.micro_batches", train.micro_batches)?;
        if !train.batch.is_multiple_of(train.micro_batches) {
            return Err(Error::config(format!(
                "train.micro_batches is {}, which does not divide train.batch = {}; make it a divisor of the batch",
                train.micro_batches, train.batch
            )));
        }
        if train.messages > 0 && !train.micro_batches.is_multiple_of(train.messages) {
            return Err(Error::config(format!(
                "train.messages is {}, which does not divide train.micro_batches = {}; make it a divisor, or 0 for one of each part",
                train.messages, train.micro_batches
            )));
        }
        positive("train.checkpoint_every", train.checkpoint_every as usize)?;
        positive("train.keep_last", train.keep_last)?;
        positive("train.validate_every", train.validate_every as usize)?;
        positive("train.log_every", train.log_every as usize)?;
        within("train.learning_rate", train.learning_rate, f64::MIN_POSITIVE, f64::MAX, "above 0")?;
        fraction("train.beta2", train.beta2)?;
        within("train.clip", train.clip, 0.0, f64::MAX, "0 (off) or above")?;
        fraction("train.ema", train.ema)
    }

    fn validate_quantizer(&self) -> Result<()> {
        let vqvae = &self.vqvae;
        size("vqvae.levels", vqvae.levels, MAX_COUNT)?;
        size("vqvae.codes", vqvae.codes, MAX_SIZE)?;
        fraction("vqvae.decay", vqvae.decay)?;
        within("vqvae.epsilon", vqvae.epsilon, 0.0, 1.0, "between 0 and 1")?;
        within("vqvae.dead_code_threshold", vqvae.dead_code_threshold, 0.0, f64::MAX, "0 or above")?;
        within("vqvae.dead_code_fraction", vqvae.dead_code_fraction, 0.0, f64::MAX, "0 or above")?;
        within("vqvae.focal_alpha", vqvae.focal_alpha, 0.0, 1.0, "between 0 and 1")?;
        within("vqvae.focal_gamma", vqvae.focal_gamma, 0.0, f64::MAX, "0 or above")?;
        let w = &vqvae.weights;
        let weights = [("mse", w.mse), ("l1", w.l1), ("bce", w.bce), ("focal", w.focal), ("commitment", w.commitment)];
        for (name, weight) in weights {
            within(&format!("vqvae.weights.{name}"), weight, 0.0, f64::MAX, "0 or above")?;
        }
        if w.mse + w.l1 + w.bce + w.focal == 0.0 {
            return Err(Error::config("vqvae.weights has no reconstruction term; set bce, mse, l1 or focal above 0"));
        }
        Ok(())
    }

    fn validate_codec_network(&self) -> Result<()> {
        let vqvae = &self.vqvae;
        one_of("vqvae.patch", vqvae.patch, &[1, 2, 4, 8])?;
        one_of("vqvae.columns", vqvae.columns, &[1, 2, 4, 8])?;
        size("vqvae.hidden", vqvae.hidden, MAX_SIZE)?;
        size("vqvae.latent", vqvae.latent, MAX_CODE_DIMENSION)?;
        fraction("vqvae.dropout", vqvae.dropout)?;
        fraction("vqvae.channel_dropout", vqvae.channel_dropout)?;
        within("vqvae.noise_injection", vqvae.noise_injection, 0.0, f64::MAX, "0 or above")?;
        within("vqvae.latent_noise", vqvae.latent_noise, 0.0, 4.0, "at least 0 and at most 4 standard deviations")?;
        if vqvae.latent_noise > 0.0 && !vqvae.standardise {
            return Err(Error::config(
                "vqvae.latent_noise is in standard deviations of the latents; set vqvae.standardise to true, or leave the noise at 0",
            ));
        }
        within("vqvae.output_bias", vqvae.output_bias.unwrap_or(0.0), -100.0, 100.0, "between -100 and 100")?;
        match vqvae.arch {
            Arch::Patch => {
                one_of("vqvae.kernel", vqvae.kernel, &[1, 3])?;
                at_most("vqvae.blocks", vqvae.blocks, MAX_COUNT)?;
            }
            Arch::Resnet if vqvae.norm == Norm::Position || vqvae.output_bias.is_some() => {
                return Err(Error::config(
                    "vqvae.norm: position and vqvae.output_bias are for the patch codec; leave them out, or set vqvae.arch to patch",
                ));
            }
            Arch::Resnet => {
                size("vqvae.internal", vqvae.internal, MAX_SIZE)?;
                one_of("vqvae.downsamples", vqvae.downsamples, &[1, 2, 3, 4, 5, 6, 7])?;
            }
        }
        self.validate_image()?;
        if vqvae.arch == Arch::Resnet && vqvae.neighbourhood { self.validate_neighbourhood() } else { Ok(()) }
    }

    fn validate_image(&self) -> Result<()> {
        let (steps, pitches, factors) = (self.data.steps, self.data.pitches.count(), self.vqvae.downsampling());
        if pitches.is_multiple_of(factors[0]) && steps.is_multiple_of(factors[1]) {
            return Ok(());
        }
        if steps.is_multiple_of(factors[1]) && self.data.pitches != Pitches::ALL {
            return Err(Error::config(format!(
                "data.pitches are {pitches} pitches, but the codec takes multiples of {} of them; change the range",
                factors[0]
            )));
        }
        let columns = if self.vqvae.columns == 1 { "" } else { " x vqvae.columns" };
        let halvings = match self.vqvae.arch {
            Arch::Patch => "",
            Arch::Resnet => " x 2^vqvae.downsamples",
        };
        Err(Error::config(format!(
            "a picture of {pitches} x {steps} ({pitches} pitches x data.steps) is not divisible by vqvae.patch{columns}{halvings} = {}; \
             change one of them",
            factors[1]
        )))
    }

    fn validate_neighbourhood(&self) -> Result<()> {
        let (heads, window) = NEIGHBOURHOOD;
        let VqvaeConfig { hidden, internal, .. } = self.vqvae;
        for (key, channels) in [("vqvae.hidden", hidden), ("vqvae.internal", internal)] {
            if !channels.is_multiple_of(heads) {
                return Err(Error::config(format!(
                    "{key} = {channels} is not divisible by the {heads} heads of vqvae.neighbourhood; make it a multiple of {heads}"
                )));
            }
        }
        let [height, width, _] = self.latent_shape();
        if height.min(width) < window {
            return Err(Error::config(format!(
                "the latent is {height} x {width}, smaller than the {window} x {window} window of vqvae.neighbourhood; \
                 lower vqvae.downsamples or vqvae.patch"
            )));
        }
        Ok(())
    }

    fn validate_objective(&self) -> Result<()> {
        let flow = &self.flow;
        size("flow.augs_per", flow.augs_per, MAX_COUNT)?;
        size("flow.pairing_k", flow.pairing_k, MAX_SIZE)?;
        at_most("flow.n_classes", flow.n_classes, MAX_SIZE)?;
        if flow.arch == FlowArch::Unet && flow.classes == Classes::Key && flow.n_classes != KEYS {
            return Err(Error::config(format!(
                "flow.n_classes is {}, but flow.classes is key, which has {KEYS} classes; set it to {KEYS}",
                flow.n_classes
            )));
        }
        positive("flow.sampling.steps", flow.sampling.steps)?;
        positive("flow.sampling.candidates", flow.sampling.candidates)?;
        if flow.sampling.levels > self.vqvae.levels {
            return Err(Error::config(format!(
                "flow.sampling.levels is {}, but the codec has {}; it takes 1 to {}, or 0 for all",
                flow.sampling.levels,
                count(self.vqvae.levels, "level"),
                self.vqvae.levels
            )));
        }
        if flow.dynamics && self.data.velocity {
            return Err(Error::config(
                "flow.dynamics gives notes velocities, which with data.velocity the codec's cells hold already; set it to false",
            ));
        }
        fraction("flow.class_dropout", flow.class_dropout)?;
        within("flow.warp", flow.warp, f64::MIN_POSITIVE, 1.5, "above 0 and at most 1.5, so that t is monotonic")?;
        within("flow.sampling.repeat", flow.sampling.repeat, 0.0, 0.95, "from 0 to 0.95")?;
        within("flow.sampling.push", flow.sampling.push, 0.0, 100.0, "from 0 to 100")?;
        within("flow.sampling.counts", flow.sampling.counts, 0.0, 100.0, "from 0 to 100")?;
        within("flow.sampling.guidance", flow.sampling.guidance, 0.0, f64::MAX, "0 or above")?;
        within("flow.sampling.follow", flow.sampling.follow, 0.0, 1.0, "from 0 to 1")?;
        within("flow.sampling.guidance_asked", flow.sampling.guidance_asked, 0.0, f64::MAX, "0 or above")?;
        within("flow.sampling.guided_until", flow.sampling.guided_until, 0.0, 1.0, "from 0 to 1")?;
        let has_conditions = flow.arch == FlowArch::Transformer && flow.picture + flow.attributes > 0;
        if flow.sampling.guidance != 1.0 && flow.n_classes == 0 && !has_conditions {
            return Err(Error::config(
                "flow.sampling.guidance needs classes, but flow.n_classes is 0; leave guidance at 1 or set flow.n_classes",
            ));
        }
        Ok(())
    }

    fn validate_transformer(&self) -> Result<()> {
        let flow = &self.flow;
        size("flow.width", flow.width, MAX_SIZE / 8)?;
        if !flow.width.is_multiple_of(HEAD) {
            return Err(Error::config(format!(
                "flow.width is {}, but heads of attention have {HEAD} channels; make it a multiple of {HEAD}",
                flow.width
            )));
        }
        size("flow.layers", flow.layers, MAX_COUNT)?;
        at_most("flow.picture", flow.picture, MAX_COUNT)?;
        at_most("flow.attributes", flow.attributes, MAX_COUNT)?;
        at_most("flow.given", flow.given, MAX_COUNT)?;
        at_most("flow.controls", flow.controls, MAX_COUNT)?;
        positive("flow.rows", flow.rows)?;
        let [height, ..] = self.latent_shape();
        if !height.is_multiple_of(flow.rows) {
            return Err(Error::config(format!(
                "flow.rows is {}, which does not divide the {height} rows of the latent; make it a divisor of {height}",
                flow.rows
            )));
        }
        self.validate_conditions()?;
        if flow.n_classes > 0 {
            return Err(Error::config(format!(
                "flow.n_classes is {}, but flow.arch is transformer, which has no classes; set it to 0",
                flow.n_classes
            )));
        }
        Ok(())
    }

    /// Conditions are those of music in 4/4, aligned with a latent whose columns are bars.
    fn validate_conditions(&self) -> Result<()> {
        let flow = &self.flow;
        if flow.picture + flow.attributes == 0 {
            if let Some(key) = [("given", flow.given), ("controls", flow.controls)].iter().find(|key| key.1 > 0) {
                return Err(Error::config(format!(
                    "flow.{} is for a flow with conditions; set flow.picture and flow.attributes, or this to 0",
                    key.0
                )));
            }
            return Ok(());
        }
        let [pitches, steps] = self.vqvae.downsampling();
        if steps != STEPS_PER_BAR {
            return Err(Error::config(format!(
                "a flow with conditions needs a latent whose columns are bars of {STEPS_PER_BAR} steps, but those of the codec are {steps} steps; \
                 train a codec with configs/octave_vqvae.yaml, or set flow.picture and flow.attributes to 0"
            )));
        }
        let picture = picture_channels(pitches, BEATS_PER_BAR);
        if flow.picture != 0 && flow.picture != picture {
            return Err(Error::config(format!(
                "flow.picture is {}, but the picture of conditions has {picture} channels with this codec; set it to {picture}, or to 0 for none",
                flow.picture
            )));
        }
        let given = given_channels(self.vqvae.latent, pitches, BEATS_PER_BAR);
        if flow.given != 0 && flow.given != given {
            return Err(Error::config(format!(
                "flow.given is {}, but what is given has {given} channels with this codec; set it to {given}, or to 0 for none",
                flow.given
            )));
        }
        if ![0, 2 * CONTROLS].contains(&flow.controls) {
            return Err(Error::config(format!(
                "flow.controls is {}, but controls have {} channels; set it to {}, or to 0 for none",
                flow.controls,
                2 * CONTROLS,
                2 * CONTROLS
            )));
        }
        if ![0, WINDOW_ATTRIBUTES, WINDOW_ATTRIBUTES + STEPS_PER_BAR].contains(&flow.attributes) {
            return Err(Error::config(format!(
                "flow.attributes is {}; it takes {WINDOW_ATTRIBUTES}, {} with those of the rhythm, or 0 for none",
                flow.attributes,
                WINDOW_ATTRIBUTES + STEPS_PER_BAR
            )));
        }
        Ok(())
    }

    fn validate_unet(&self) -> Result<()> {
        let (dim, mults) = (self.flow.dim, &self.flow.dim_mults);
        size("flow.dim", dim, MAX_SIZE)?;
        if mults.is_empty() || mults.len() > 8 || mults.contains(&0) {
            return Err(Error::config(format!(
                "flow.dim_mults is {mults:?}, but has to be one to eight numbers above 0"
            )));
        }
        for mult in mults {
            at_most("flow.dim times the largest of flow.dim_mults", dim.saturating_mul(*mult), MAX_SIZE)?;
        }
        if !dim.is_multiple_of(UNET_GROUPS) {
            return Err(Error::config(format!(
                "flow.dim = {dim} is not divisible by the {UNET_GROUPS} groups of its group norm; make it a multiple of {UNET_GROUPS}"
            )));
        }
        let ([height, width, _], halvings) = (self.latent_shape(), mults.len() - 1);
        if !height.is_multiple_of(1 << halvings) || !width.is_multiple_of(1 << halvings) {
            return Err(Error::config(format!(
                "the latent is {height} x {width}, which flow.dim_mults {mults:?} would halve {halvings} times; \
                 shorten flow.dim_mults or change data.steps, vqvae.patch or vqvae.downsamples"
            )));
        }
        Ok(())
    }
}

fn positive(key: &str, value: usize) -> Result<()> {
    if value == 0 { Err(Error::config(format!("{key} is 0, but has to be at least 1"))) } else { Ok(()) }
}

fn at_most(key: &str, value: usize, most: usize) -> Result<()> {
    if value > most { Err(Error::config(format!("{key} is {value}, but has to be at most {most}"))) } else { Ok(()) }
}

fn size(key: &str, value: usize, most: usize) -> Result<()> {
    positive(key, value)?;
    at_most(key, value, most)
}

fn one_of(key: &str, value: usize, allowed: &[usize]) -> Result<()> {
    let list: Vec<String> = allowed.iter().map(usize::to_string).collect();
    if allowed.contains(&value) {
        return Ok(());
    }
    Err(Error::config(format!("{key} is {value}, but has to be one of {}", list.join(", "))))
}

/// Checks for the half-open interval [0, 1).
fn fraction(key: &str, value: f64) -> Result<()> {
    within(key, value, 0.0, 1.0 - f64::EPSILON, "at least 0 and below 1")
}

fn within(key: &str, value: f64, low: f64, high: f64, wanted: &str) -> Result<()> {
    // NaN fails this comparison and is refused.
    if value >= low && value <= high {
        Ok(())
    } else {
        Err(Error::config(format!("{key} is {value}, but has to be {wanted}")))
    }
}
