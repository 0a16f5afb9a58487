//! The secret in the URL of a server that other machines can reach.

use crate::error::{Error, Result};

/// Bytes of a token.
const LENGTH: usize = 16;

/// A random token.
#[derive(Debug, Clone)]
pub struct Token(String);

impl Token {
    /// A token of the system's random numbers.
    ///
    /// # Errors
    /// A system without random numbers.
    pub fn random() -> Result<Self> {
        let mut bytes = [0; LENGTH];
        getrandom::fill(&mut bytes)
            .map_err(|error| Error::config(format!("the system has no random numbers for a token: {error}")))?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// Its text, 32 hexadecimal digits.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether a text is this token. Hashes are compared, which takes the same time wherever they differ.
    pub fn is(&self, text: &str) -> bool {
        blake3::hash(self.0.as_bytes()) == blake3::hash(text.as_bytes())
    }
}
