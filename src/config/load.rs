//! Parsing of YAML and `section.key=value` to a [`Config`], key by key, so that errors name the key.
//!
//! The defaults, as a tree of values, define the known keys. The given values are set in this tree one at a time. If the tree
//! then does not deserialize as a configuration, the last value has the wrong type.

use super::Config;
use crate::error::{Error, Result};
use serde_json::Value;
use std::io::Read;
use std::path::Path;

/// Limit on the size of a configuration file in bytes.
const MAX_BYTES: u64 = 256 << 10;

/// A value from a file or the command line.
struct Given {
    /// Its dotted key, such as `vqvae.weights.mse`.
    key: String,
    value: Value,
    /// Its original text, if it may have been meant as a string (a folder called `2024`).
    typed: Option<String>,
    /// `configs/small.yaml` or `command line`.
    origin: String,
}

impl Config {
    /// The defaults, overridden by a YAML file, then by overrides of the form `section.key=value`.
    ///
    /// # Errors
    /// A file that cannot be read, invalid YAML, an unknown key (with the nearest known one), a wrong type. Ranges and
    /// combinations of values are checked by [`Config::validate_codec`] and [`Config::validate_flow`].
    pub fn load(path: Option<&Path>, overrides: &[String]) -> Result<Self> {
        let base = match path {
            None => Self::default(),
            Some(path) => {
                let text = read(path).map_err(|e| Error::file(path, format!("cannot read this configuration: {e}")))?;
                Self::default().with_yaml(&text, &path.display().to_string())?
            }
        };
        base.with_overrides(overrides)
    }

    /// This configuration, overridden by a YAML text; `origin` names the text in errors.
    pub fn with_yaml(&self, text: &str, origin: &str) -> Result<Self> {
        let options = serde_saphyr::options! { with_snippet: false };
        let value = serde_saphyr::from_str_with_options(text, options)
            .map_err(|e| Error::config(format!("{origin} is not valid YAML: {}", one_line(&e.to_string()))))?;
        let known = self.to_value();
        let mut given = Vec::new();
        flatten("", value, &known, origin, &mut given)?;
        Self::set(known, given)
    }

    /// This configuration, overridden by `section.key=value` texts with values in YAML.
    pub fn with_overrides(&self, overrides: &[String]) -> Result<Self> {
        let known = self.to_value();
        let origin = "command line";
        let mut given = Vec::new();
        for text in overrides {
            let (key, typed) = text.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
                Error::config(format!(
                    "`{}` is not of the form section.key=value, such as train.steps=1000",
                    short(text)
                ))
            })?;
            let value = serde_saphyr::from_str(typed).unwrap_or_else(|_| Value::String(typed.to_owned()));
            let before = given.len();
            flatten(key, value, &known, origin, &mut given)?;
            if let [one] = &mut given[before..] {
                one.typed = (one.key == key).then(|| typed.to_owned());
            }
        }
        Self::set(known, given)
    }

    /// The complete configuration as YAML, which [`Config::load`] reads back to the same values.
    pub fn to_yaml(&self) -> String {
        serde_saphyr::to_string(self).expect("a configuration is plain data")
    }

    /// All known dotted keys: sections and leaves.
    pub fn keys() -> Vec<String> {
        keys("", &Self::default().to_value())
    }

    fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("a configuration is plain data")
    }

    fn set(mut tree: Value, given: Vec<Given>) -> Result<Self> {
        for Given { key, value, typed, origin } in given {
            let slot = find_mut(&mut tree, &key);
            if slot.is_object() {
                return Err(Error::config(format!(
                    "`{key}` ({origin}) is {}, but has to be a section of keys",
                    short(&value.to_string())
                )));
            }
            let wanted = if slot.is_u64() { whole(value.clone()) } else { value.clone() };
            *slot = wanted;
            let Err(error) = serde_json::from_value::<Self>(tree.clone()) else { continue };
            if let Some(typed) = typed {
                *find_mut(&mut tree, &key) = Value::String(typed);
                if serde_json::from_value::<Self>(tree.clone()).is_ok() {
                    continue;
                }
            }
            let wanted = in_words(&error.to_string());
            let value = short(&value.to_string());
            return Err(Error::config(format!("`{key}` ({origin}) is {value}, but has to be {wanted}")));
        }
        Ok(serde_json::from_value(tree).expect("checked after each key"))
    }
}

/// Collects the leaves of `value`, whose key is `prefix`, and refuses keys that are not in `known`.
fn flatten(prefix: &str, value: Value, known: &Value, origin: &str, given: &mut Vec<Given>) -> Result<()> {
    let Some(default) = find(known, prefix) else { return Err(unknown(prefix, known, origin)) };
    match value {
        Value::Object(entries) if default.is_object() => {
            for (name, value) in entries {
                let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
                flatten(&key, value, known, origin, given)?;
            }
        }
        // A section whose keys are all commented out.
        Value::Null if default.is_object() => {}
        _ if prefix.is_empty() => {
            return Err(Error::config(format!("{origin} has to hold sections such as `vqvae:` and `train:`")));
        }
        value => given.push(Given { key: prefix.to_owned(), value, typed: None, origin: origin.to_owned() }),
    }
    Ok(())
}

/// The value at a dotted key; the empty key is the root.
fn find<'a>(tree: &'a Value, key: &str) -> Option<&'a Value> {
    key.split('.').filter(|_| !key.is_empty()).try_fold(tree, |value, name| value.get(name))
}

/// The value at a dotted key that is known to exist.
fn find_mut<'a>(tree: &'a mut Value, key: &str) -> &'a mut Value {
    key.split('.').fold(tree, |value, name| &mut value[name])
}

/// All dotted keys below `prefix`: sections and leaves.
fn keys(prefix: &str, tree: &Value) -> Vec<String> {
    let Value::Object(entries) = tree else { return Vec::new() };
    let mut all = Vec::new();
    for (name, value) in entries {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        all.extend(keys(&key, value));
        all.push(key);
    }
    all
}

fn unknown(key: &str, known: &Value, origin: &str) -> Error {
    let key = short(key);
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    // A key may be misspelt, or correct but in the wrong section.
    let distance = |candidate: &String| {
        strsim::osa_distance(&key, candidate).min(1 + strsim::osa_distance(&last(&key), &last(candidate)))
    };
    let nearest = keys("", known).into_iter().min_by_key(distance).unwrap_or_default();
    Error::config(format!("unknown key `{key}` ({origin}); the nearest known key is `{nearest}`"))
}

/// Converts floats without fraction to integers: YAML reads `1e4` as a float.
fn whole(value: Value) -> Value {
    match value.as_f64() {
        Some(number) if number.fract() == 0.0 && (0.0..9e15).contains(&number) => Value::from(number as u64),
        _ => value,
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
        "a string" | "path string" | "string or map" => "text".to_owned(),
        other => other.to_owned(),
    }
}

/// A text shortened for quotation in a message.
fn short(text: &str) -> String {
    const QUOTED: usize = 80;
    let mut short: String = text.chars().take(QUOTED).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
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

/// The first line of a message; the others quote the text.
fn one_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}
