//! The guard before all paths, and the headers of all responses.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{Request, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::access::{Access, forbidden};
use super::app::App;

/// Lets a request in or refuses it, and adds the headers of all responses.
pub async fn guard(State(app): State<Arc<App>>, request: Request<Body>, next: Next) -> Response {
    let mut response = match app.access.check(request.method(), request.uri(), request.headers()) {
        Err(failure) => failure.into_response(),
        Ok(()) if !app.access.is_known(request.uri(), request.headers()) => {
            forbidden("the token is missing; use the whole URL that the server has printed").into_response()
        }
        // The token goes from the URL into a cookie, so that it is not in links and in the history.
        Ok(()) if request.uri().path() == "/" && app.access.is_in(request.uri()) => welcome(&app.access, request.uri()),
        Ok(()) => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Sets the cookie and goes on to the page. A browser keeps the fragment.
fn welcome(access: &Access, uri: &Uri) -> Response {
    let cookie = format!("{}; Path=/; HttpOnly; SameSite=Strict", access.cookie().unwrap_or_default());
    let others = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.starts_with("token="));
    let others = others.collect::<Vec<_>>().join("&");
    let location = if others.is_empty() { "/".to_owned() } else { format!("/?{others}") };
    (StatusCode::SEE_OTHER, [(header::LOCATION, location), (header::SET_COOKIE, cookie)]).into_response()
}

/// Headers of all responses.
const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
         font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
];
