//! The settings that belong to one of the two networks, and the refusal of them where the other one is trained.

use super::Config;
use super::given::{Given, Setting};
use crate::error::{Error, Result};

/// The keys of the data that a codec fixes for the flows that are trained on its latents.
const OF_CODEC: [&str; 4] = ["data.steps", "data.channels", "data.velocity", "data.pitches"];

fn is_codecs(key: &str) -> bool {
    is_in(key, "vqvae") || OF_CODEC.contains(&key)
}

fn is_in(key: &str, section: &str) -> bool {
    key.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Given {
    /// Refuses settings of a flow, where a codec is trained.
    ///
    /// # Errors
    /// A flow's configuration file, or an override of a flow's key.
    pub fn check_for_codec(&self) -> Result<()> {
        self.refuse_file("flow", "vqvae", "train-vqvae", "train-flow")?;
        match self.settings().iter().find(|setting| setting.is_override() && is_in(&setting.key, "flow")) {
            Some(setting) => Err(Error::config(format!(
                "{} belongs to the flow, which train-vqvae does not train; leave it out",
                setting.named()
            ))),
            None => Ok(()),
        }
    }

    /// Refuses settings of a codec, where a flow is trained on the latents of a `codec` of this configuration. In a file they
    /// may repeat what the codec was trained with.
    ///
    /// # Errors
    /// A codec's configuration file, an override of a codec's key, or a codec's key with another value in a file.
    pub fn check_for_flow(&self, codec: &Config) -> Result<()> {
        self.refuse_file("vqvae", "flow", "train-flow", "train-vqvae")?;
        let instead = "leave it out, or train another codec with it";
        if let Some(setting) = self.settings().iter().find(|setting| setting.is_override() && is_codecs(&setting.key)) {
            let named = setting.named();
            return Err(Error::config(format!("{named} belongs to the codec, which is trained already; {instead}")));
        }
        match self.first_change(codec, |setting| is_codecs(&setting.key))? {
            Some((setting, value)) => Err(Error::config(format!(
                "{} is {}, but the codec was trained with {value}; {instead}",
                setting.named(),
                setting.value
            ))),
            None => Ok(()),
        }
    }

    /// Refuses a file that has the section `other` and not `own`, with the command that takes it.
    fn refuse_file(&self, other: &str, own: &str, command: &str, takes_it: &str) -> Result<()> {
        let in_file = |section: &str| -> Option<&Setting> {
            self.settings().iter().find(|setting| !setting.is_override() && is_in(&setting.key, section))
        };
        match (in_file(other), in_file(own)) {
            (Some(Setting { origin, .. }), None) => Err(Error::config(format!(
                "{origin} has the section `{other}:` and no `{own}:`, so it is for {takes_it}; give {command} another file"
            ))),
            _ => Ok(()),
        }
    }
}
