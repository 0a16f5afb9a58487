//! Noticing ranks that are lost.
//!
//! MPI waits forever for a rank that does not answer. So each rank has a connection to rank 0 besides, over which both say every second
//! that they are alive. A connection that closes, or on which nothing is heard, is a lost rank. Rank 0 then says so in one sentence and
//! ends; so do the others, and the launcher ends whatever else there is. If rank 0 is lost, rank 1 says it.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::Link;
use crate::error::{Error, Result};
use crate::terminal::{note, silence, speak};

/// Time between two signs of life.
const BEAT: Duration = Duration::from_secs(1);
/// A rank that gives no sign of life for this long is lost.
const SILENCE: Duration = Duration::from_secs(5);
/// Time that rank 0 then leaves to the launcher to notice a broken network itself. When a rank ends first, Open MPI's waits for an answer
/// from the other host to its order to end, which never comes.
const LAUNCHER: Duration = Duration::from_secs(3);
/// Time for all ranks to connect.
const CONNECTING: Duration = Duration::from_secs(20);
/// Time for one attempt to connect.
const ATTEMPT: Duration = Duration::from_secs(2);
/// No checkpoint yet.
const NONE: u64 = u64::MAX;

/// Messages, each a byte; an error is followed by its length and text.
const ALIVE: u8 = b'.';
const DONE: u8 = b'D';
const ERROR: u8 = b'E';
const END: u8 = b'X';

/// The connections of this rank, and the threads that read and write them.
pub(super) struct Watch {
    state: Arc<State>,
}

struct State {
    rank: usize,
    hosts: Vec<String>,
    /// To all other ranks from rank 0, else to rank 0.
    connections: Vec<Mutex<TcpStream>>,
    step: AtomicU64,
    saved: AtomicU64,
    /// Whether the task is done, after which connections may close.
    is_done: AtomicBool,
    /// Whether an error was reported.
    has_spoken: AtomicBool,
}

/// Ends this process at once: functions that run at exit may wait for a lost rank.
pub(super) fn end_now() -> ! {
    // SAFETY: it has no preconditions.
    unsafe { libc::_exit(1) }
}

impl Watch {
    /// Connects the ranks of a link, on `hosts`.
    ///
    /// # Errors
    /// Ranks that cannot reach rank 0.
    pub fn start(link: &dyn Link, hosts: &[String]) -> Result<Self> {
        let (rank, size) = (link.rank(), link.size());
        let connections = if rank == 0 { accepted(link, size)? } else { vec![connected(link, hosts)?] };
        let state = State {
            rank,
            hosts: hosts.to_vec(),
            connections: connections
                .iter()
                .map(TcpStream::try_clone)
                .map(|c| c.map(Mutex::new))
                .collect::<io::Result<_>>()
                .map_err(broken)?,
            step: AtomicU64::new(0),
            saved: AtomicU64::new(NONE),
            is_done: AtomicBool::new(false),
            has_spoken: AtomicBool::new(false),
        };
        let state = Arc::new(state);
        for (index, connection) in connections.into_iter().enumerate() {
            let state = Arc::clone(&state);
            let other = if rank == 0 { index + 1 } else { 0 };
            thread::spawn(move || state.listen(connection, other));
        }
        let beating = Arc::clone(&state);
        thread::spawn(move || {
            loop {
                beating.tell_all(&[ALIVE]);
                thread::sleep(BEAT);
            }
        });
        Ok(Self { state })
    }

    /// Notes the step in which the task is, and that of its last checkpoint.
    pub fn at_step(&self, step: u64, saved: Option<u64>) {
        self.state.step.store(step, Ordering::Relaxed);
        self.state.saved.store(saved.unwrap_or(NONE), Ordering::Relaxed);
    }

    /// The task is done: the connections may close.
    pub fn done(&self) {
        self.state.is_done.store(true, Ordering::Relaxed);
        self.state.tell_all(&[DONE]);
    }

    /// Reports an error of this rank, and ends all ranks. On rank 0 it does not return.
    pub fn report(&self, error: &str) {
        if self.state.rank == 0 {
            self.state.end(error, Duration::ZERO);
        }
        let length = (error.len() as u32).to_le_bytes();
        self.state.tell_all(&[&[ERROR], &length[..], error.as_bytes()].concat());
    }
}

impl State {
    /// Reads what `other` says until it is done.
    fn listen(&self, mut connection: TcpStream, other: usize) {
        let _ = connection.set_read_timeout(Some(SILENCE));
        loop {
            match heard(&mut connection) {
                Ok(Message::Alive) => {}
                Ok(Message::Done) => return,
                Ok(Message::End) => end_now(),
                Ok(Message::Error(text)) => self.end(&text, Duration::ZERO),
                Err(_) if self.is_done.load(Ordering::Relaxed) => return,
                Err(error) => self.lost(other, &error),
            }
        }
    }

    /// Ends all ranks because `other` is lost.
    fn lost(&self, other: usize, error: &io::Error) -> ! {
        let step = self.step.load(Ordering::Relaxed);
        let (reason, patience) = match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                (format!("nothing was heard of it for {} s", SILENCE.as_secs()), LAUNCHER)
            }
            _ => ("its connection closed".to_owned(), Duration::ZERO),
        };
        let kept = match self.saved.load(Ordering::Relaxed) {
            NONE => "; start again".to_owned(),
            saved => format!("; the checkpoint of step {saved} is kept: continue with --resume"),
        };
        self.end(&format!("rank {other} on {} was lost at step {step}: {reason}{kept}", self.hosts[other]), patience)
    }

    /// Says why, if this rank is to speak and none has spoken, tells the others, and ends this process after some time.
    fn end(&self, error: &str, patience: Duration) -> ! {
        if self.has_spoken.swap(true, Ordering::Relaxed) {
            // Another thread is about to end the process.
            thread::sleep(SILENCE);
        } else if self.rank <= 1 {
            speak();
            note(format_args!("error: {error}"));
            silence();
        }
        self.tell_all(&[END]);
        thread::sleep(patience);
        end_now()
    }

    fn tell_all(&self, message: &[u8]) {
        for connection in &self.connections {
            // A broken connection is noticed by its reader.
            let _ = lock(connection).write_all(message);
        }
    }
}

fn lock(connection: &Mutex<TcpStream>) -> MutexGuard<'_, TcpStream> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

enum Message {
    Alive,
    Done,
    End,
    Error(String),
}

fn heard(connection: &mut TcpStream) -> io::Result<Message> {
    let mut kind = [0];
    connection.read_exact(&mut kind)?;
    Ok(match kind[0] {
        DONE => Message::Done,
        END => Message::End,
        ERROR => {
            let mut length = [0; 4];
            connection.read_exact(&mut length)?;
            let mut text = vec![0; u32::from_le_bytes(length).min(1 << 16) as usize];
            connection.read_exact(&mut text)?;
            Message::Error(String::from_utf8_lossy(&text).into_owned())
        }
        _ => Message::Alive,
    })
}

fn broken(error: io::Error) -> Error {
    Error::Ranks(format!("the connections that watch the ranks cannot be made: {error}"))
}

/// Word by which connections of this task are known.
fn token() -> Result<[u8; 8]> {
    let mut token = [0; 8];
    getrandom::fill(&mut token).map_err(|error| Error::Ranks(format!("no random numbers: {error}")))?;
    Ok(token)
}

/// On rank 0: the connections of all others, in order.
fn accepted(link: &dyn Link, size: usize) -> Result<Vec<TcpStream>> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).map_err(broken)?;
    let (port, token) = (listener.local_addr().map_err(broken)?.port(), token()?);
    let mut invitation = token.to_vec();
    invitation.extend(port.to_le_bytes());
    for address in addresses() {
        invitation.extend(address.octets());
    }
    link.gather(&invitation)?;
    listener.set_nonblocking(true).map_err(broken)?;
    let mut connections: Vec<Option<TcpStream>> = (1..size).map(|_| None).collect();
    let start = Instant::now();
    while let Some(missing) = connections.iter().position(Option::is_none) {
        match listener.accept() {
            Ok((connection, _)) => {
                if let Ok((rank, connection)) = greeted(connection, token)
                    && let Some(place) = rank.checked_sub(1).and_then(|place| connections.get_mut(place))
                {
                    *place = Some(connection);
                }
            }
            Err(_) if start.elapsed() < CONNECTING => thread::sleep(Duration::from_millis(5)),
            Err(_) => return Err(Error::Ranks(format!("rank {} did not connect to rank 0", missing + 1))),
        }
    }
    Ok(connections.into_iter().flatten().collect())
}

/// The rank that a connection is from.
fn greeted(mut connection: TcpStream, token: [u8; 8]) -> io::Result<(usize, TcpStream)> {
    connection.set_nonblocking(false)?;
    connection.set_read_timeout(Some(ATTEMPT))?;
    connection.set_nodelay(true)?;
    let mut greeting = [0; 12];
    connection.read_exact(&mut greeting)?;
    if greeting[..8] != token {
        return Err(io::ErrorKind::InvalidData.into());
    }
    connection.write_all(&[ALIVE])?;
    Ok((u32::from_le_bytes([greeting[8], greeting[9], greeting[10], greeting[11]]) as usize, connection))
}

/// On another rank: the connection to rank 0.
fn connected(link: &dyn Link, hosts: &[String]) -> Result<TcpStream> {
    let invitation = link.gather(&[])?.swap_remove(0);
    let (Some((token, rest)), rank) = (invitation.split_first_chunk::<8>(), link.rank()) else {
        return Err(Error::Ranks("rank 0 has sent no address".to_owned()));
    };
    let (port, rest) =
        rest.split_first_chunk::<2>().map_or((0, rest), |(port, rest)| (u16::from_le_bytes(*port), rest));
    let mut addresses: Vec<Ipv4Addr> = rest.chunks_exact(4).map(|a| Ipv4Addr::new(a[0], a[1], a[2], a[3])).collect();
    // Hosts may have equal names; then nothing listens, or something else.
    let here = (hosts[0] == hosts[rank]).then_some(Ipv4Addr::LOCALHOST);
    addresses.splice(0..0, here);
    let greet = |address: &Ipv4Addr| -> io::Result<TcpStream> {
        let mut connection = TcpStream::connect_timeout(&SocketAddr::new(IpAddr::V4(*address), port), ATTEMPT)?;
        connection.set_read_timeout(Some(ATTEMPT))?;
        connection.set_nodelay(true)?;
        connection.write_all(&[&token[..], &(rank as u32).to_le_bytes()].concat())?;
        connection.read_exact(&mut [0])?;
        Ok(connection)
    };
    addresses.iter().find_map(|address| greet(address).ok()).ok_or_else(|| {
        let tried: Vec<String> = addresses.iter().map(|address| format!("{address}:{port}")).collect();
        Error::Ranks(format!(
            "rank {rank} on {} does not reach rank 0 on {} at {}; let the hosts connect to each other",
            hosts[rank],
            hosts[0],
            tried.join(", ")
        ))
    })
}

/// The addresses of this host that others may reach.
fn addresses() -> Vec<Ipv4Addr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let address = |interface: if_addrs::Interface| match interface.ip() {
        IpAddr::V4(address) if !address.is_loopback() => Some(address),
        _ => None,
    };
    interfaces.into_iter().filter_map(address).collect()
}
