//! A request that is refused: a status and a sentence.

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The status of a response by HTTP.
    pub status: u16,
    /// One sentence.
    pub message: String,
}

impl Failure {
    /// A request that is not as it has to be.
    pub fn bad(message: impl Into<String>) -> Self {
        Self { status: 400, message: message.into() }
    }

    /// Something that does not exist.
    pub fn missing(message: impl Into<String>) -> Self {
        Self { status: 404, message: message.into() }
    }

    /// The failure as JSON.
    pub fn json(&self) -> String {
        serde_json::json!({ "error": self.message }).to_string()
    }
}

impl From<String> for Failure {
    /// A sentence about the music or the request.
    fn from(message: String) -> Self {
        Self::bad(message)
    }
}
