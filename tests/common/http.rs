//! A client of the program's server: requests byte by byte, so that malformed ones can be sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

/// When a test gives up. Nothing waits so long.
const PATIENCE: Duration = Duration::from_secs(240);

/// A response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Response {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    /// The sentence of an error of this status.
    #[track_caller]
    pub fn error(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{self:?}");
        self.json()["error"].as_str().unwrap().to_owned()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// A connection to a server.
pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends the page's request: with its header, and the server as host.
pub fn request(address: SocketAddr, line: &str, body: &[u8]) -> Response {
    raw(address, line, &format!("Host: {address}\r\nX-Flocoder: 1\r\n"), body).unwrap()
}

/// The same with JSON.
pub fn post(address: SocketAddr, path: &str, body: &Value) -> Response {
    request(address, &format!("POST {path}"), body.to_string().as_bytes())
}

/// Gets a path.
pub fn get(address: SocketAddr, path: &str) -> Response {
    request(address, &format!("GET {path}"), &[])
}

/// Sends a request with these headers; `None` if the server closes the connection instead of answering.
pub fn raw(address: SocketAddr, line: &str, headers: &str, body: &[u8]) -> Option<Response> {
    let mut stream = connect(address);
    let head = format!("{line} HTTP/1.1\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", body.len());
    // The server may answer, and close, before it has read everything.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    parse(&answer)
}

fn parse(answer: &[u8]) -> Option<Response> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = String::from_utf8(answer[..end].to_vec()).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Response { status, head, body: answer[end + 4..].to_vec() })
}

/// An open event stream.
pub struct Events {
    lines: BufReader<TcpStream>,
}

impl Events {
    /// Opens the stream of a client, and waits until it is heard.
    pub fn open(address: SocketAddr, client: &str) -> Self {
        let mut stream = connect(address);
        write!(stream, "GET /api/events?client={client} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
        let mut events = Self { lines: BufReader::new(stream) };
        while !events.line().starts_with(": listening") {}
        events
    }

    /// The next event: its name and data.
    pub fn next(&mut self) -> (String, Value) {
        let (mut name, begun) = (String::new(), Instant::now());
        loop {
            assert!(begun.elapsed() < PATIENCE, "no event comes");
            let line = self.line();
            if let Some(text) = line.strip_prefix("event: ") {
                name = text.to_owned();
            } else if let Some(text) = line.strip_prefix("data: ") {
                return (name, serde_json::from_str(text).unwrap());
            }
        }
    }

    /// The next event that is neither of the queue nor of progress.
    pub fn outcome(&mut self) -> (String, Value) {
        loop {
            let (name, data) = self.next();
            if name != "queued" && name != "progress" {
                return (name, data);
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let count = self.lines.read_line(&mut line).expect("the stream is open");
        assert!(count > 0, "the stream has ended");
        line.trim_end().to_owned()
    }
}
