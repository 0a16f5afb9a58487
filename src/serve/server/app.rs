//! What all handlers share.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::access::Access;
use super::clients::Clients;
use super::jobs::Jobs;
use super::options::Options;
use super::page::Page;
use super::strings::Strings;
use crate::serve::engine::About;
use crate::serve::songs::Songs;

/// Songs and drafts that are read at a time.
const READERS: usize = 2;
/// Sounds that are rendered at a time.
const RENDERERS: usize = 1;
/// Sounds that are held until their clients have read them.
const LARGE: usize = 4;

/// The server's state.
pub struct App {
    /// Who is let in.
    pub access: Access,
    /// What computes.
    pub about: About,
    /// The event streams.
    pub clients: Arc<Clients>,
    /// The queue.
    pub jobs: Arc<Jobs>,
    /// Dropped songs.
    pub songs: Songs,
    /// Notes of the synthesiser.
    pub strings: Strings,
    /// The page's files.
    pub page: Page,
    /// The folder of training runs.
    pub runs: Option<PathBuf>,
    /// The run that the page opens with.
    pub run: Option<String>,
    /// Permits to read songs and drafts.
    pub readers: Arc<Semaphore>,
    /// Permits to render sound.
    pub renderers: Arc<Semaphore>,
    /// Permits to hold a large response.
    pub large: Arc<Semaphore>,
}

impl App {
    /// The state of a server.
    pub fn new(access: Access, about: About, (clients, jobs): (Arc<Clients>, Arc<Jobs>), options: &Options) -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self {
            access,
            about,
            clients,
            jobs,
            songs: Songs::default(),
            strings: Strings::default(),
            page: options.page.as_deref().map_or(Page::Embedded, Page::of_folder),
            runs: options.runs.clone(),
            run: options.run.clone(),
            readers: semaphore(READERS),
            renderers: semaphore(RENDERERS),
            large: semaphore(LARGE),
        }
    }
}
