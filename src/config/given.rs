//! Settings as they are given, by a YAML file and by `section.key=value` texts, before they are set in a [`Config`].
//!
//! The defaults, as a tree of values, define the known keys. The given values are set in this tree one at a time. If the tree
//! then does not deserialize as a configuration, the last value has the wrong type, and the error names its key.

use super::keys::{find, find_mut, flatten, short};
use super::{Config, yaml};
use crate::error::{Error, Result};
use serde_json::Value;
use std::io::Read;
use std::path::Path;

/// Limit on the size of a configuration file in bytes.
const MAX_BYTES: u64 = 256 << 10;
/// The origin of settings that are no file's.
const COMMAND_LINE: &str = "command line";

/// A value from a file or the command line.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Its dotted key, such as `vqvae.weights.mse`.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// Its original text, which a key that takes any text gets (a folder called `2024` or `songs #1`).
    typed: Option<String>,
    /// `configs/small.yaml` or `command line`.
    pub origin: String,
}

/// Settings in the order in which they are set: those of a file, then those of the command line.
#[derive(Debug, Clone, Default)]
pub struct Given {
    settings: Vec<Setting>,
}

impl Setting {
    /// Whether it was given on the command line.
    pub fn is_override(&self) -> bool {
        self.origin == COMMAND_LINE
    }

    /// Its key and origin, for messages.
    pub fn named(&self) -> String {
        format!("`{}` ({})", self.key, self.origin)
    }

    /// Sets the value in the tree of a configuration.
    fn set(&self, tree: &mut Value) -> Result<()> {
        let slot = find_mut(tree, &self.key);
        if slot.is_object() {
            let value = short(&self.value.to_string());
            return Err(Error::config(format!("{} is {value}, but has to be a section of keys", self.named())));
        }
        let wanted = match slot {
            Value::Bool(_) => yaml::boolean(self.value.clone()),
            Value::Number(number) if number.is_u64() => whole(&self.value),
            _ => self.value.clone(),
        };
        if let Some(typed) = &self.typed {
            *slot = Value::String(typed.clone());
            if serde_json::from_value::<Config>(tree.clone()).is_ok() {
                return Ok(());
            }
        }
        *find_mut(tree, &self.key) = wanted;
        serde_json::from_value::<Config>(tree.clone()).map(drop).map_err(|error| {
            let (value, wanted) = (short(&self.value.to_string()), in_words(&error.to_string()));
            Error::config(format!("{} is {value}, but has to be {wanted}", self.named()))
        })
    }
}

impl Given {
    /// The settings of a file, then overrides of the form `section.key=value`.
    ///
    /// # Errors
    /// A file that cannot be read, invalid YAML, an unknown key (with the nearest known one).
    pub fn read(path: Option<&Path>, overrides: &[String]) -> Result<Self> {
        let mut given = match path {
            None => Self::default(),
            Some(path) => {
                let text = read(path).map_err(|e| Error::file(path, format!("cannot read this configuration: {e}")))?;
                Self::of_yaml(&text, &path.display().to_string())?
            }
        };
        given.settings.extend(Self::of_overrides(overrides)?.settings);
        Ok(given)
    }

    /// The settings of a YAML text; `origin` names the text in errors.
    ///
    /// # Errors
    /// As [`Given::read`].
    pub fn of_yaml(text: &str, origin: &str) -> Result<Self> {
        let value = yaml::parse(text, origin)?;
        let mut given = Self::default();
        given.add("", value, origin)?;
        Ok(given)
    }

    /// The settings of `section.key=value` texts. Where a key takes text, the value is taken as typed, otherwise it is YAML.
    ///
    /// # Errors
    /// A text of another form, or an unknown key.
    pub fn of_overrides(overrides: &[String]) -> Result<Self> {
        let mut given = Self::default();
        for text in overrides {
            let (key, typed) = text.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
                Error::config(format!(
                    "`{}` is not of the form section.key=value, such as train.steps=1000",
                    short(text)
                ))
            })?;
            let value = yaml::parse(typed, COMMAND_LINE).unwrap_or_else(|_| Value::String(typed.to_owned()));
            let before = given.settings.len();
            given.add(key, value, COMMAND_LINE)?;
            if let [one] = &mut given.settings[before..] {
                one.typed = (one.key == key && !typed.is_empty()).then(|| typed.to_owned());
            }
        }
        Ok(given)
    }

    fn add(&mut self, prefix: &str, value: Value, origin: &str) -> Result<()> {
        let mut leaves = Vec::new();
        flatten(prefix, value, &Config::default().to_value(), origin, &mut leaves)?;
        let setting = |(key, value)| Setting { key, value, typed: None, origin: origin.to_owned() };
        self.settings.extend(leaves.into_iter().map(setting));
        Ok(())
    }

    /// The settings, in order.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The settings of the command line alone.
    pub fn overrides(&self) -> Self {
        Self { settings: self.settings.iter().filter(|setting| setting.is_override()).cloned().collect() }
    }

    /// A configuration with these settings.
    ///
    /// # Errors
    /// A value of the wrong type.
    pub fn over(&self, base: &Config) -> Result<Config> {
        let mut tree = base.to_value();
        self.settings.iter().try_for_each(|setting| setting.set(&mut tree))?;
        Ok(serde_json::from_value(tree).expect("checked after each key"))
    }

    /// The first setting that changes a configuration, among those that `which` selects, and the value that it would replace.
    ///
    /// # Errors
    /// A value of the wrong type.
    pub fn first_change(&self, base: &Config, which: impl Fn(&Setting) -> bool) -> Result<Option<(&Setting, Value)>> {
        for setting in self.settings.iter().filter(|setting| which(setting)) {
            let (before, mut after) = (base.to_value(), base.to_value());
            setting.set(&mut after)?;
            if let (true, Some(value)) = (before != after, find(&before, &setting.key)) {
                return Ok(Some((setting, value.clone())));
            }
        }
        Ok(None)
    }
}

/// Converts floats without fraction to integers: YAML reads `1e4` as a float.
fn whole(value: &Value) -> Value {
    match value.as_f64() {
        Some(number) if number.fract() == 0.0 && (0.0..9e15).contains(&number) => Value::from(number as u64),
        _ => value.clone(),
    }
}

/// The type that serde expected, in plain words.
fn in_words(message: &str) -> String {
    let expected = message.rsplit_once("expected ").map_or(message, |(_, expected)| expected);
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list such as [1, 2, 4]".to_owned(),
        "an array of length 2" | "fewer elements in array" => "two whole numbers such as [16, 111]".to_owned(),
        "a string" | "path string" | "string or map" => "text; put it in quotes".to_owned(),
        other => other.to_owned(),
    }
}

/// The text of a configuration file of at most [`MAX_BYTES`].
fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(std::io::Error::other(format!("it is longer than {} KiB", MAX_BYTES >> 10)));
    }
    Ok(text)
}
