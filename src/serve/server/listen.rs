//! Listening: connections, their number and their time.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, Semaphore};

use super::access::Access;
use super::app::App;
use super::clients::Clients;
use super::jobs::Jobs;
use super::options::Options;
use super::router::router;
use super::timed::Timed;
use super::token::Token;
use super::worker::{self, Opener};
use crate::error::{Error, Result};

/// The usual port.
const PORT: u16 = 7737;
/// Most connections.
const CONNECTIONS: usize = 128;
/// How long the head of a request may take, and a connection may be idle.
const PATIENCE: Duration = Duration::from_secs(15);
/// Most bytes of a request's head.
const HEAD: usize = 32 << 10;
/// Threads for work of the CPU.
const WORKERS: usize = 4;
/// How long to wait if the system accepts no connection, as without free file handles.
const PAUSE: Duration = Duration::from_millis(100);

/// A server that listens.
pub struct Server {
    app: Arc<App>,
    host: String,
    address: SocketAddr,
    listener: TcpListener,
    runtime: Runtime,
    worker: JoinHandle<()>,
    stop: Stop,
}

/// Ends a server from another thread.
#[derive(Clone, Default)]
pub struct Stop(Arc<Notify>);

impl Stop {
    /// Ends it. Jobs are cancelled.
    pub fn now(&self) {
        self.0.notify_one();
    }
}

impl Server {
    /// Listens, and opens the engine. A host that other machines reach needs a token.
    ///
    /// # Errors
    /// A host or port that cannot be used; an engine that cannot be opened.
    pub fn open(options: &Options, engine: Opener) -> Result<Self> {
        let (listener, address) = listen(options)?;
        let token = (!address.ip().is_loopback()).then(Token::random).transpose()?;
        let runtime = Builder::new_current_thread().enable_io().enable_time().max_blocking_threads(WORKERS).build();
        let runtime = runtime.map_err(|error| Error::device(format!("the system starts no threads: {error}")))?;
        let clients = Arc::new(Clients::default());
        let jobs = Arc::new(Jobs::new(Arc::clone(&clients)));
        let (about, worker) = worker::start(engine, Arc::clone(&jobs), Arc::clone(&clients))?;
        let access = Access::new(&options.host, address, token);
        let app = Arc::new(App::new(access, about, (clients, jobs), options));
        let (host, stop) = (options.host.clone(), Stop::default());
        Ok(Self { app, host, address, listener, runtime, worker, stop })
    }

    /// The address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether other machines reach it.
    pub fn is_public(&self) -> bool {
        self.app.access.token().is_some()
    }

    /// The URL of the page, with the token if one is needed.
    pub fn url(&self) -> String {
        let name = match self.address {
            address if address.ip().is_unspecified() => "localhost".to_owned(),
            SocketAddr::V6(address) if self.host.contains(':') => format!("[{}]", address.ip()),
            _ => self.host.clone(),
        };
        let token = self.app.access.token().map(|token| format!("?token={}", token.text())).unwrap_or_default();
        format!("http://{name}:{}/{token}", self.address.port())
    }

    /// What ends it.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Serves until it is ended.
    ///
    /// # Errors
    /// A system that does not let it listen.
    pub fn run(self) -> Result<()> {
        let Self { app, listener, runtime, worker, stop, .. } = self;
        let jobs = Arc::clone(&app.jobs);
        let served = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).map_err(cannot_listen)?;
            let accepting = tokio::spawn(accept(listener, router(app)));
            stop.0.notified().await;
            accepting.abort();
            Ok(())
        });
        runtime.shutdown_background();
        jobs.close();
        // A panic of the thread was printed.
        let _ = worker.join();
        served
    }
}

fn listen(options: &Options) -> Result<(TcpListener, SocketAddr)> {
    let bind = |port: u16| -> std::io::Result<(TcpListener, SocketAddr)> {
        let addresses: Vec<SocketAddr> = (options.host.as_str(), port).to_socket_addrs()?.collect();
        let listener = TcpListener::bind(&addresses[..])?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    let bound = options.port.map_or_else(|| bind(PORT).or_else(|_| bind(0)), bind);
    bound.map_err(|error| {
        let port = options.port.map(|port| format!(", port {port}")).unwrap_or_default();
        Error::config(format!("cannot listen on {}{port}: {error}; choose others by --host and --port", options.host))
    })
}

fn cannot_listen(error: std::io::Error) -> Error {
    Error::device(format!("can no longer accept connections: {error}"))
}

/// Accepts connections. One beyond the limit is closed at once, so that none waits.
async fn accept(listener: tokio::net::TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
                    let router = router.clone();
                    tokio::spawn(async move {
                        connection(stream, router).await;
                        drop(place);
                    });
                }
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Serves a connection to its end.
async fn connection(stream: TcpStream, router: Router) {
    let _ = stream.set_nodelay(true);
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(Timed::new(stream)), TowerToHyperService::new(router));
    // The peer's errors are its own.
    let _ = served.await;
}
