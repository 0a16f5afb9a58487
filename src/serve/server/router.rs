//! The paths.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};

use super::access::EVENTS;
use super::app::App;
use super::guard::guard;
use super::handlers;

/// The endpoints and the page's files, behind the guard.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/api/about", get(handlers::about))
        .route("/api/songs", post(handlers::songs))
        .route("/api/jobs", post(handlers::jobs))
        .route("/api/jobs/{id}", delete(handlers::cancel))
        .route(EVENTS, get(handlers::events))
        .route("/api/export", post(handlers::export))
        .route("/api/string/{name}", get(handlers::string))
        .route("/api/runs", get(handlers::runs))
        .route("/api/runs/{name}", get(handlers::run))
        .route("/api/runs/{name}/{file}", get(handlers::file_of_run))
        .fallback(handlers::page)
        .method_not_allowed_fallback(handlers::wrong_method)
        .layer(from_fn_with_state(Arc::clone(&app), guard))
        .with_state(app)
}
