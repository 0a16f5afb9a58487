//! The endpoints: read a request, call one function, answer.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::app::App;
use super::body::{self, Large};
use super::event_stream::EventStream;
use super::jobs::{PER_CLIENT, WAITING};
use super::query::parameter;
use super::response::json;
use super::runs;
use crate::data::music::roll::PITCHES;
use crate::serve::described::Described;
use crate::serve::export::Export;
use crate::serve::failure::Failure;
use crate::serve::request;
use crate::serve::state;
use crate::serve::task::Task;

/// Most characters of a client's name.
const CLIENT: usize = 64;
/// How long a request for a large response waits for others.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a browser may keep a string's sound.
const KEPT: &str = "private, max-age=86400";

/// An answer or a refusal.
pub type Answer = Result<Response, Failure>;

/// `GET /api/about`.
pub async fn about(State(app): State<Arc<App>>) -> Response {
    let engine = &app.about;
    json(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "adapter": engine.adapter,
        "model": engine.model,
        "conditions": engine.conditions,
        "dynamics": engine.dynamics,
        "runs": app.runs.is_some(),
        "run": app.run,
        "limits": { "song_bytes": body::SONG, "variants": request::VARIANTS, "jobs": PER_CLIENT, "all_jobs": WAITING },
    }))
}

/// `POST /api/songs`.
pub async fn songs(State(app): State<Arc<App>>, request: Request) -> Answer {
    let bytes = body::read(request, body::SONG).await?;
    let keep = Arc::clone(&app);
    let described = work(&app.readers, move || {
        let (id, song) = keep.songs.add(&bytes)?;
        Ok(Described::of(id, &song))
    });
    Ok(json(&described.await?))
}

/// `POST /api/jobs?client=ID`.
pub async fn jobs(State(app): State<Arc<App>>, request: Request) -> Answer {
    let client = client(request.uri())?;
    let unheard = || Failure::new(StatusCode::CONFLICT, "this client does not listen; open /api/events first");
    if !app.clients.has(&client) {
        return Err(unheard());
    }
    let request: request::Request = body::read_json(request).await?;
    let asked = Arc::clone(&app);
    let id = work(&app.readers, move || {
        let draft = request.state.draft(&asked.songs)?;
        // The task is made again when it is its turn: the queue holds requests only, and errors come at once.
        Task::of(&request, &draft)?;
        let id = asked.jobs.add(&client, request, draft).map_err(Failure::busy)?;
        // A client that has left meanwhile has left this job behind.
        if !asked.clients.has(&client) {
            asked.jobs.cancel_all_of(&client);
            return Err(unheard());
        }
        Ok(id)
    });
    let mut response = json(&json!({ "job": id.await? }));
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

/// `DELETE /api/jobs/ID`.
pub async fn cancel(State(app): State<Arc<App>>, Path(id): Path<String>) -> Answer {
    match app.jobs.cancel(&id) {
        true => Ok(StatusCode::NO_CONTENT.into_response()),
        false => Err(Failure::missing("there is no such job, or it is done")),
    }
}

/// `GET /api/events?client=ID`.
pub async fn events(State(app): State<Arc<App>>, uri: Uri) -> Answer {
    let stream = EventStream::open(&app, client(&uri)?);
    let stream = stream.ok_or_else(|| Failure::busy("too many pages are open; close some and reload"))?;
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], Body::new(stream)).into_response())
}

/// The body of an export.
#[derive(Deserialize)]
struct Exported {
    state: state::State,
}

/// `POST /api/export?as=mid|wav|png`.
pub async fn export(State(app): State<Arc<App>>, request: Request) -> Answer {
    let export = parameter(request.uri(), "as").and_then(Export::of);
    let export = export.ok_or_else(|| Failure::bad("a piece is exported as mid, wav or png"))?;
    let Exported { state } = body::read_json(request).await?;
    let kept = Arc::clone(&app);
    let write = move || Ok(export.bytes(&state.draft(&kept.songs)?)?);
    let body = match export {
        Export::Wav => {
            let large = large(&app).await?;
            Large::body(work(&app.renderers, write).await?, large)
        }
        Export::Mid | Export::Png => Body::from(work(&app.readers, write).await?),
    };
    Ok(([(header::CONTENT_TYPE, export.content_type())], body).into_response())
}

/// `GET /api/string/PITCH.wav`.
pub async fn string(State(app): State<Arc<App>>, Path(name): Path<String>) -> Answer {
    let pitch = name.strip_suffix(".wav").and_then(|pitch| pitch.parse().ok());
    let pitch: u8 = pitch.filter(|&pitch| usize::from(pitch) < PITCHES).ok_or_else(nothing)?;
    let rendered = match app.strings.rendered(pitch) {
        Some(rendered) => rendered,
        None => {
            let kept = Arc::clone(&app);
            let render = move || kept.strings.render(pitch).map_err(|error| Failure::bad(error.to_string()));
            work(&app.renderers, render).await?
        }
    };
    let mut response = ([(header::CONTENT_TYPE, "audio/wav")], Body::from(rendered)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(KEPT));
    Ok(response)
}

/// `GET /api/runs`.
pub async fn runs(State(app): State<Arc<App>>) -> Answer {
    Ok(json(&of_runs(&app, |folder| Some(runs::list(folder))).await?))
}

/// `GET /api/runs/NAME`.
pub async fn run(State(app): State<Arc<App>>, Path(name): Path<String>) -> Answer {
    Ok(json(&of_runs(&app, move |folder| runs::run(folder, &name)).await?))
}

/// `GET /api/runs/NAME/FILE`.
pub async fn file_of_run(State(app): State<Arc<App>>, Path((run, name)): Path<(String, String)>) -> Answer {
    let large = large(&app).await?;
    let (kind, bytes) = of_runs(&app, move |folder| runs::file(folder, &run, &name)).await?;
    Ok(([(header::CONTENT_TYPE, kind)], Large::body(bytes, large)).into_response())
}

/// What is read in the folder of runs.
async fn of_runs<T: Send + 'static>(
    app: &App,
    read: impl FnOnce(&std::path::Path) -> Option<T> + Send + 'static,
) -> Result<T, Failure> {
    let folder = app.runs.clone();
    let folder =
        folder.ok_or_else(|| Failure::missing("no training runs are shown; start the server with --runs DIR"))?;
    work(&app.readers, move || read(&folder).ok_or_else(nothing)).await
}

/// The files of the page; all other paths are unknown.
pub async fn page(State(app): State<Arc<App>>, method: Method, uri: Uri) -> Answer {
    let file = app.page.file(uri.path()).filter(|_| method == Method::GET || method == Method::HEAD);
    let (kind, bytes) = file.ok_or_else(nothing)?;
    Ok(([(header::CONTENT_TYPE, kind)], Body::from(bytes.into_owned())).into_response())
}

/// A path that is known, but not with this method.
pub async fn wrong_method() -> Failure {
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "this path has no such method")
}

fn nothing() -> Failure {
    Failure::missing("there is nothing here")
}

/// A permit for a large response, once others have been read.
async fn large(app: &App) -> Result<OwnedSemaphorePermit, Failure> {
    let permit = tokio::time::timeout(PATIENCE, Arc::clone(&app.large).acquire_owned()).await;
    let busy = || Failure::busy("several files are being downloaded; try again when they are done");
    permit.map_err(|_| busy())?.map_err(|_| busy())
}

/// The client's name in a URL.
fn client(uri: &Uri) -> Result<String, Failure> {
    let is_name = |name: &&str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=CLIENT).contains(&name.len()) && name.bytes().all(is_plain)
    };
    let name = parameter(uri, "client").filter(is_name);
    let sentence = "a client has a name of letters and digits: ?client=NAME";
    name.map(str::to_owned).ok_or_else(|| Failure::bad(sentence))
}

/// Does work of the CPU outside of the thread of the connections, as many at a time as a semaphore has permits.
async fn work<T: Send + 'static>(
    semaphore: &Semaphore,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let failed =
        || Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the program has failed at this request, which is a bug");
    let _permit = semaphore.acquire().await.map_err(|_| failed())?;
    tokio::task::spawn_blocking(work).await.map_err(|_| failed())?
}
