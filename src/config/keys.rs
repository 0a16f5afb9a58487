//! Dotted keys such as `vqvae.weights.mse` in a tree of values.

use crate::error::{Error, Result};
use serde_json::Value;

/// Collects the leaves of `value`, whose key is `prefix`, and refuses keys that are not in `known`.
pub(super) fn flatten(
    prefix: &str,
    value: Value,
    known: &Value,
    origin: &str,
    leaves: &mut Vec<(String, Value)>,
) -> Result<()> {
    let Some(default) = find(known, prefix) else { return Err(unknown(prefix, known, origin)) };
    match value {
        Value::Object(entries) if default.is_object() => {
            for (name, value) in entries {
                let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
                flatten(&key, value, known, origin, leaves)?;
            }
        }
        // A section whose keys are all commented out.
        Value::Null if default.is_object() => {}
        _ if prefix.is_empty() => {
            return Err(Error::config(format!("{origin} has to hold sections such as `vqvae:` and `train:`")));
        }
        value => leaves.push((prefix.to_owned(), value)),
    }
    Ok(())
}

/// The value at a dotted key; the empty key is the root.
pub(super) fn find<'a>(tree: &'a Value, key: &str) -> Option<&'a Value> {
    key.split('.').filter(|_| !key.is_empty()).try_fold(tree, |value, name| value.get(name))
}

/// The value at a dotted key that is known to exist.
pub(super) fn find_mut<'a>(tree: &'a mut Value, key: &str) -> &'a mut Value {
    key.split('.').fold(tree, |value, name| &mut value[name])
}

/// All dotted keys below `prefix`: sections and leaves.
pub(super) fn keys(prefix: &str, tree: &Value) -> Vec<String> {
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

/// A text shortened for quotation in a message.
pub(super) fn short(text: &str) -> String {
    const QUOTED: usize = 80;
    let mut short: String = text.chars().take(QUOTED).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}
