//! YAML to a tree of values, with errors that speak of the file.

use crate::error::{Error, Result};
use serde_json::Value;
use serde_saphyr::UserMessageFormatter;

/// Parses a YAML text; `origin` names it in errors. Only `true` and `false` are booleans, so that a track can be called `NO`.
///
/// # Errors
/// One sentence with line and column if the text is not valid YAML, gives a key twice or has several documents.
pub(super) fn parse(text: &str, origin: &str) -> Result<Value> {
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let place =
            error.location().map_or_else(String::new, |at| format!(" in line {}, column {}", at.line(), at.column()));
        Error::config(match &error {
            serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => {
                format!("{origin} gives the key `{key}` a second time{place}; remove one of them")
            }
            serde_saphyr::Error::DuplicateMappingKey { .. } => {
                format!("{origin} gives a key a second time{place}; remove one of them")
            }
            serde_saphyr::Error::MultipleDocuments { .. } => {
                format!("{origin} has a second document{place}; remove the line `---` before it, or the document")
            }
            other => {
                format!("{origin} is not valid YAML: {}", one_line(&other.render_with_formatter(&UserMessageFormatter)))
            }
        })
    })
}

/// The value that a text such as `yes` or `off` has for a key that is true or false.
pub(super) fn boolean(value: Value) -> Value {
    match value.as_str().map(str::to_ascii_lowercase).as_deref() {
        Some("yes" | "on" | "y" | "true") => Value::Bool(true),
        Some("no" | "off" | "n" | "false") => Value::Bool(false),
        _ => value,
    }
}

/// The first line of a message; the others quote the text.
fn one_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}
