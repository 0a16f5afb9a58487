//! From YAML and `section.key=value` to a [`Config`], key by key, so that an error can name the key.
//!
//! The defaults, as a tree of values, say which keys exist. Given values are set in it one at a time; the first after
//! which the tree is no configuration any more has the wrong type.

use super::Config;
use crate::error::{Error, Result};
use serde_json::Value;
use std::io::Read;
use std::path::Path;

/// Bytes of the longest configuration file that is read.
const LONGEST: u64 = 256 << 10;

/// One value that somebody gave, and where.
struct Given {
    /// Its path, such as `vqvae.weights.mse`.
    key: String,
    value: Value,
    /// What was typed, where the value may have been meant as text (a folder called `2024`).
    typed: Option<String>,
    /// `configs/small.yaml` or `command line`.
    origin: String,
}

impl Config {
    /// The defaults, changed by a YAML file, changed by overrides of the form `section.key=value`.
    ///
    /// # Errors
    /// A file that cannot be read, YAML that is none, an unknown key (with the nearest known one), a wrong type.
    /// Sizes that do not fit together are left to [`Config::validate_codec`] and [`Config::validate_flow`].
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

    /// This configuration, changed by a YAML text; `origin` names the text in errors.
    pub fn with_yaml(&self, text: &str, origin: &str) -> Result<Self> {
        let options = serde_saphyr::options! { with_snippet: false };
        let value = serde_saphyr::from_str_with_options(text, options)
            .map_err(|e| Error::config(format!("{origin} is not YAML as expected: {}", one_line(&e.to_string()))))?;
        let known = self.to_value();
        let mut given = Vec::new();
        flatten("", value, &known, origin, &mut given)?;
        Self::set(known, given)
    }

    /// This configuration, changed by overrides of the form `section.key=value`, the value written as in YAML.
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

    /// The whole configuration as YAML, which [`Config::load`] reads back to the same values.
    pub fn to_yaml(&self) -> String {
        serde_saphyr::to_string(self).expect("a configuration is plain data")
    }

    /// Every known key: sections and leaves, dotted.
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
                    "`{key}` ({origin}) is {}, but is a section with keys of its own",
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

/// Collects the leaves of `value`, which stands at `prefix`, and refuses keys that `known` does not have.
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

/// The value at a dotted key; the empty key is the whole.
fn find<'a>(tree: &'a Value, key: &str) -> Option<&'a Value> {
    key.split('.').filter(|_| !key.is_empty()).try_fold(tree, |value, name| value.get(name))
}

/// The value at a dotted key that is known to exist.
fn find_mut<'a>(tree: &'a mut Value, key: &str) -> &'a mut Value {
    key.split('.').fold(tree, |value, name| &mut value[name])
}

/// Every dotted key below `prefix`: sections and leaves.
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
    // A key may be misspelt where it is, or be well spelt in the wrong section.
    let distance = |candidate: &String| {
        strsim::osa_distance(&key, candidate).min(1 + strsim::osa_distance(&last(&key), &last(candidate)))
    };
    let nearest = keys("", known).into_iter().min_by_key(distance).unwrap_or_default();
    Error::config(format!("unknown key `{key}` ({origin}); the nearest known key is `{nearest}`"))
}

/// `1e4` is a whole number to everybody but YAML.
fn whole(value: Value) -> Value {
    match value.as_f64() {
        Some(number) if number.fract() == 0.0 && (0.0..9e15).contains(&number) => Value::from(number as u64),
        _ => value,
    }
}

/// What serde expected, in words.
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

/// What a message quotes of a text of any length.
fn short(text: &str) -> String {
    const QUOTED: usize = 80;
    let mut short: String = text.chars().take(QUOTED).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}

/// The text of a configuration file, unless it is too long to be one.
fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(std::io::Error::other(format!("it is longer than {} KiB", LONGEST >> 10)));
    }
    Ok(text)
}

/// Only the first line of a message that draws a picture of the text.
fn one_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}
