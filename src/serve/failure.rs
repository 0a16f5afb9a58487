//! A request that is refused: a status and a sentence.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The status of the response.
    pub status: StatusCode,
    /// One sentence.
    pub message: String,
}

impl Failure {
    /// A refusal.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// A request that is not as it has to be.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Something that does not exist.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// More than the server does at once.
    pub fn busy(message: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, message)
    }
}

impl From<String> for Failure {
    /// A sentence about the music or the request.
    fn from(message: String) -> Self {
        Self::bad(message)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "error": self.message }).to_string();
        let mut response = (self.status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        // The rest of a refused body is not read.
        if self.status == StatusCode::PAYLOAD_TOO_LARGE || self.status == StatusCode::REQUEST_TIMEOUT {
            response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
        }
        response
    }
}

/// JSON as a response.
pub fn json(value: &impl serde::Serialize) -> Response {
    let body = serde_json::to_vec(value).expect("these values are JSON");
    ([(header::CONTENT_TYPE, "application/json")], Body::from(body)).into_response()
}
