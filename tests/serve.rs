//! The server: who is let in, what is refused, the queue, and every endpoint, with an engine that writes what the tests expect; music
//! with the bundled flow.

mod common;

use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};

use common::http::{self, Events, get, post, raw, request};
use common::music::{self, off, on};
use common::program::Place;
use flocoder::audio::SAMPLE_RATE;
use flocoder::data::corpus;
use flocoder::data::music::midi::Document;
use flocoder::data::music::roll::Note;
use flocoder::data::picture::cells::Orphans;
use flocoder::data::picture::image;
use flocoder::error::{Error, Result};
use flocoder::serve::{About, Engine, Flow, Model, Options, Server, Stop, Task, Variant, Written};
use flocoder::song::SongFile;
use serde_json::{Value, json};

/// Seeds of requests at which the stand-in fails.
const PANICS: u64 = 1001;
const LOSES_THE_DEVICE: u64 = 1002;
/// Its steps.
const STEPS: usize = 20;

/// An engine that writes one note per variant, a step each time it is let.
struct StandIn {
    steps: Arc<Mutex<mpsc::Receiver<()>>>,
    /// Is told after each request whether it was stopped.
    stopped: mpsc::Sender<bool>,
}

impl Engine for StandIn {
    fn about(&self) -> About {
        let model = Model { steps: 128, lowest: 0, highest: 127 };
        About { adapter: "stand-in".to_owned(), model, conditions: true, dynamics: true }
    }

    fn write(&mut self, task: &Task, after_step: &mut dyn FnMut(usize, usize) -> Result<()>) -> Result<Written> {
        assert_ne!(task.seed, PANICS, "as the test wants it");
        if task.seed == LOSES_THE_DEVICE {
            return Err(Error::device("the device was lost"));
        }
        for step in 1..=STEPS {
            // Without a test that holds them, all steps are let.
            let _ = self.steps.lock().unwrap().recv();
            if let Err(error) = after_step(step, STEPS) {
                let _ = self.stopped.send(true);
                return Err(error);
            }
        }
        let _ = self.stopped.send(false);
        let variant = |number: usize| {
            let note = Note { start: 16, duration: 4, pitch: 60 + number as u8, velocity: 80 };
            Variant { notes: vec![note], harmony: None }
        };
        Ok(Written { variants: (0..task.variants).map(variant).collect(), harmony: None, key: Some(0) })
    }
}

/// A server that runs.
struct Running {
    address: SocketAddr,
    url: String,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
    /// Lets the stand-in make a step.
    step: Option<mpsc::Sender<()>>,
    stopped: mpsc::Receiver<bool>,
    /// How often the engine was opened.
    opened: Arc<AtomicUsize>,
}

impl Running {
    /// A server on a free port of this machine, whose engine makes its steps at once.
    fn start() -> Self {
        let mut running = Self::with(Options { port: Some(0), ..Options::default() });
        running.step = None;
        running
    }

    /// One whose engine waits for [`Running::step`].
    fn held() -> Self {
        Self::with(Options { port: Some(0), ..Options::default() })
    }

    fn with(options: Options) -> Self {
        let (step, steps) = mpsc::channel();
        let (stopping, stopped) = mpsc::channel();
        let (steps, opened) = (Arc::new(Mutex::new(steps)), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&opened);
        let open = move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Box::new(StandIn { steps: Arc::clone(&steps), stopped: stopping.clone() }) as Box<dyn Engine>)
        };
        let mut running = Self::of(Server::open(&options, Box::new(open)).unwrap());
        (running.step, running.stopped, running.opened) = (Some(step), stopped, opened);
        running
    }

    /// A server with the bundled flow; `None` without an adapter.
    fn bundled() -> Option<Self> {
        common::gpu()?;
        let open = || Flow::open(None, None).map(|flow| Box::new(flow) as Box<dyn Engine>);
        let options = Options { port: Some(0), ..Options::default() };
        Some(Self::of(Server::open(&options, Box::new(open)).unwrap()))
    }

    fn of(server: Server) -> Self {
        let (address, url, stop) = (server.address(), server.url(), server.stop());
        let thread = Some(thread::spawn(move || server.run().unwrap()));
        Self { address, url, stop, thread, step: None, stopped: mpsc::channel().1, opened: Arc::default() }
    }

    /// Lets the engine make a step.
    fn step(&self) {
        self.step.as_ref().unwrap().send(()).unwrap();
    }

    /// Sends a song and returns its description.
    #[track_caller]
    fn song(&self, bytes: &[u8]) -> Value {
        let response = request(self.address, "POST /api/songs", bytes);
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }

    /// Sends a job and returns its number.
    #[track_caller]
    fn job(&self, client: &str, body: &Value) -> String {
        let response = post(self.address, &format!("/api/jobs?client={client}"), body);
        assert_eq!(response.status, 202, "{response:?}");
        response.json()["job"].as_str().unwrap().to_owned()
    }

    /// The sentence with which a job is refused.
    #[track_caller]
    fn refused(&self, body: &Value) -> String {
        post(self.address, "/api/jobs?client=a", body).error(400)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.step = None;
        self.stop.now();
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(thread::panicking() || ended.is_none_or(|ended| ended.is_ok()));
    }
}

/// An empty piece of 8 bars of 4/4 with notes.
fn piece(added: &Value) -> Value {
    json!({ "song": null, "removed": [], "added": added, "bars": 8, "beats": 4, "tempo": 100 })
}

/// A request to fill some bars.
fn fill(state: &Value, bars: [usize; 2]) -> Value {
    json!({ "state": state, "task": "fill", "area": { "bars": bars, "cells": null }, "seed": 3, "variants": 2, "steps": 1 })
}

#[test]
fn only_the_page_itself_is_let_in() {
    let server = Running::start();
    let address = server.address;
    let own = format!("Host: {address}\r\n");
    let known = format!("{own}X-Flocoder: 1\r\n");
    let about = |headers: &str| raw(address, "GET /api/about", headers, &[]).unwrap();
    assert_eq!(about(&known).status, 200);
    assert_eq!(about(&format!("{known}Origin: http://{address}\r\nSec-Fetch-Site: same-origin\r\n")).status, 200);
    let port = address.port();
    assert_eq!(about(&format!("Host: localhost:{port}\r\nX-Flocoder: 1\r\n")).status, 200);
    for foreign in [
        format!("Host: evil.example:{port}\r\nX-Flocoder: 1\r\n"),
        "Host: 127.0.0.1.evil.example\r\nX-Flocoder: 1\r\n".to_owned(),
        format!("{known}Origin: http://evil.example\r\n"),
        format!("{known}Origin: null\r\n"),
        format!("{known}Origin: https://{address}\r\n"),
        format!("{known}Origin: http://localhost:{port}\r\n"),
        format!("{known}Origin: http://{address}\r\nOrigin: http://evil.example\r\n"),
        format!("{known}Host: evil.example\r\n"),
        format!("{known}Sec-Fetch-Site: cross-site\r\n"),
        format!("{known}Sec-Fetch-Site: same-site\r\n"),
        own.clone(),
    ] {
        let refused = about(&foreign);
        assert!(!refused.error(403).is_empty() && refused.header("content-security-policy").is_some(), "{foreign}");
    }
    assert!(raw(address, "GET /api/about", "X-Flocoder: 1\r\n", &[]).is_none_or(|response| response.status >= 400));
    let elsewhere = raw(address, &format!("GET http://evil.example:{port}/api/about"), &known, &[]);
    assert_eq!(elsewhere.unwrap().status, 403);
    // The page's files and the event stream need no header, but are not for other sites.
    assert_eq!(raw(address, "GET /", &own, &[]).unwrap().status, 200);
    for path in ["/", "/api/events?client=a"] {
        let foreign = format!("{own}Origin: http://evil.example\r\n");
        assert_eq!(raw(address, &format!("GET {path}"), &foreign, &[]).unwrap().status, 403, "{path}");
    }
    let hidden = format!("{own}Sec-Fetch-Site: cross-site\r\n");
    assert_eq!(raw(address, "GET /api/events?client=a", &hidden, &[]).unwrap().status, 403);
    for line in ["POST /api/jobs?client=a", "POST /api/songs", "POST /api/export?as=mid", "DELETE /api/jobs/1"] {
        assert_eq!(raw(address, line, &own, b"{}").unwrap().status, 403, "{line}");
    }
}

#[test]
fn responses_have_the_headers_of_a_closed_page() {
    let server = Running::start();
    for path in ["/", "/api/about", "/nothing"] {
        let response = get(server.address, path);
        let policy = response.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; ") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(response.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(response.header("cross-origin-resource-policy"), Some("same-origin"));
        assert_eq!(response.header("access-control-allow-origin"), None);
    }
    assert_eq!(get(server.address, "/").header("content-type"), Some("text/html; charset=utf-8"));
}

#[test]
fn no_path_leads_out_of_the_page() {
    let server = Running::start();
    for path in [
        "/../Cargo.toml",
        "/..%2f..%2fCargo.toml",
        "/%2e%2e/Cargo.toml",
        "/page/../../page.rs",
        "//etc/passwd",
        "/etc/passwd",
        "/index.html/",
        "/index.html%00",
        "/api",
        "/api/",
        "/api/nothing",
        "/api/string/128.wav",
        "/api/string/-1.wav",
        "/api/string/60.mp3",
        "/api/string/..%2f60.wav",
        "/api/runs",
        "/api/runs/..%2f..",
        "/api/runs/a/..%2fCargo.toml",
    ] {
        get(server.address, path).error(404);
    }
    request(server.address, "POST /", b"").error(404);
    request(server.address, "PUT /api/about", b"").error(405);
}

#[test]
fn bodies_are_limited() {
    let server = Running::start();
    let large = vec![b' '; (4 << 20) + 1];
    assert!(request(server.address, "POST /api/songs", &large).error(413).contains("4096 KiB"));
    assert!(request(server.address, "POST /api/jobs?client=a", &large[..10]).error(409).contains("does not listen"));
    let _events = Events::open(server.address, "a");
    request(server.address, "POST /api/jobs?client=a", &large[..(1 << 20) + 1]).error(413);
    request(server.address, "POST /api/export?as=mid", &large[..(1 << 20) + 1]).error(413);
    // Without a length that says so.
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 16, "x".repeat(1 << 16));
    let mut stream = http::connect(server.address);
    let head = format!("POST /api/jobs?client=a HTTP/1.1\r\nHost: {}\r\nX-Flocoder: 1\r\n", server.address);
    stream.write_all(format!("{head}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).unwrap();
    let sent = (0..1000).take_while(|_| stream.write_all(chunk.as_bytes()).is_ok()).count();
    assert!(sent < 1000, "the server reads without end");
    let long = format!("Host: {}\r\nX-Flocoder: 1\r\nX-Long: {}\r\n", server.address, "x".repeat(1 << 20));
    assert!(raw(server.address, "GET /api/about", &long, &[]).is_none_or(|response| response.status == 431));
    assert_eq!(get(server.address, "/api/about").status, 200);
}

#[test]
fn what_is_malformed_is_a_sentence() {
    let server = Running::start();
    let song = |bytes: &[u8]| request(server.address, "POST /api/songs", bytes).error(400);
    let whole = corpus::compose(1, 0).midi();
    assert!(song(b"").contains("is empty") && song(b"no music").contains("is not a MIDI file"));
    assert!(song(&whole[..whole.len() / 2]).contains("only a whole file can be kept"));
    let drums = music::file(vec![(0, on(9, 40)), (9, off(9, 40))]);
    assert!(song(&drums).contains("no notes but drums"));
    for client in ["", "?client=", "?client=a%20b", &format!("?client={}", "a".repeat(65))] {
        assert!(get(server.address, &format!("/api/events{client}")).error(400).contains("letters and digits"));
    }
    let _events = Events::open(server.address, "a");
    for body in [&b""[..], b"{", b"[]", b"{}", b"\xFF\xFE", b"{\"state\": 1}"] {
        let refused = request(server.address, "POST /api/jobs?client=a", body).error(400);
        assert!(refused.starts_with("the request is not as expected"), "{refused}");
        request(server.address, "POST /api/export?as=mid", body).error(400);
    }
    let nested = "[".repeat(100_000);
    request(server.address, "POST /api/jobs?client=a", nested.as_bytes()).error(400);
    assert!(post(server.address, "/api/export?as=exe", &json!({})).error(400).contains("mid, wav or png"));
}

#[test]
fn what_cannot_be_written_is_refused_at_once() {
    let server = Running::start();
    let _events = Events::open(server.address, "a");
    let good = fill(&piece(&json!([])), [0, 1]);
    let changed = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        server.refused(&body)
    };
    assert!(changed("variants", json!(0)).contains("at most 8 variants"));
    assert!(changed("variants", json!(9)).contains("at most 8 variants"));
    assert!(changed("chords", json!("Am f")).contains("'f' begins with a small letter; write F"));
    assert!(changed("chords", json!("C D E")).contains("the chords last 3 bars, but the music 2 bars"));
    assert!(changed("key", json!("H")).contains("a key is a letter"));
    assert!(changed("density", json!(-1)).contains("density is a number from"));
    assert!(changed("register", json!([80, 40])).contains("register is"));
    assert!(
        changed("strength", json!(2)).contains("from 0 to 1") && changed("guidance", json!(-1)).contains("guidance")
    );
    assert!(
        changed("velocity", json!(0)).contains("velocity") && changed("steps", json!(0)).contains("1 to 100 steps")
    );
    assert!(changed("area", json!(null)).contains("say what to write"));
    assert!(changed("area", json!({ "bars": [3, 2] })).contains("no bars 3 to 2"));
    assert!(changed("area", json!({ "bars": [0, u64::MAX] })).contains("at most 4096 bars"));
    assert!(changed("area", json!({ "cells": [[0, 127, 0, u32::MAX]] })).contains("65536 steps"));
    assert!(changed("area", json!({ "bars": [0, 0], "cells": [[60, 70, 16, 32]] })).contains("nothing to write"));
    assert!(changed("area", json!({ "bars": [0, 0], "cells": [] })).contains("nothing to write"));
    let of_state = |key: &str, value: Value| {
        let mut body = good.clone();
        body["state"][key] = value;
        server.refused(&body)
    };
    for note in [json!([128, 0, 1, 80]), json!([60, 0, 0, 80]), json!([60, 0, 1, 128]), json!([60, u32::MAX, 1, 80])] {
        assert!(of_state("added", json!([note])).contains("is no note"));
    }
    assert!(of_state("removed", json!([0])).contains("so there is no note 0"));
    assert!(of_state("bars", json!(0)).contains("1 to 1024 bars") && of_state("tempo", json!(1)).contains("tempo"));
    let mut long = json!({ "state": piece(&json!([])), "task": "new", "bars": 8, "variants": 1 });
    long["state"]["beats"] = json!(9);
    assert!(server.refused(&long).contains("bars of at most 32"));
    let mut unknown = good.clone();
    unknown["state"]["song"] = json!("0123");
    assert!(post(server.address, "/api/jobs?client=a", &unknown).error(404).contains("send its file again"));
    for task in ["continue", "new"] {
        let body = json!({ "state": piece(&json!([])), "task": task, "bars": 257, "variants": 1 });
        assert!(server.refused(&body).contains("1 to 256 bars"));
    }
    server.job("a", &good);
}

#[test]
fn a_job_is_queued_and_done() {
    let server = Running::held();
    let mut events = Events::open(server.address, "a");
    let state = piece(&json!([[60, 0, 4, 90], [64, 16, 4, 90], [67, 32, 4, 90]]));
    let first = server.job("a", &fill(&state, [1, 1]));
    assert_eq!(events.next(), ("queued".to_owned(), json!({ "job": first, "ahead": 0 })));
    let second = server.job("a", &fill(&state, [0, 7]));
    let queued = ("queued".to_owned(), json!({ "job": second, "ahead": 1 }));
    // The event is sent again when the first job is taken.
    assert_eq!(events.next(), queued);
    for step in 1..=STEPS {
        server.step();
        let mut next = events.next();
        if next == queued {
            next = events.next();
        }
        assert_eq!(next, ("progress".to_owned(), json!({ "job": first, "step": step, "steps": STEPS })));
    }
    let (name, result) = events.next();
    assert_eq!((name.as_str(), &result["job"]), ("result", &json!(first)));
    let variants = result["variants"].as_array().unwrap();
    assert_eq!((variants.len(), &variants[1]["notes"]), (2, &json!([[61, 16, 4, 80]])));
    assert_eq!(
        (&variants[0]["removed"], &variants[0]["seed"], &variants[0]["in_key"]),
        (&json!([1]), &json!(3), &json!(1.0))
    );
    assert_eq!(result["key"], "C / Am");
    (0..STEPS).for_each(|_| server.step());
    let (name, result) = events.outcome();
    assert_eq!(
        (name.as_str(), &result["job"], &result["variants"][0]["removed"]),
        ("result", &json!(second), &json!([0, 1, 2]))
    );
}

#[test]
fn a_job_is_cancelled_within_a_step() {
    let server = Running::held();
    let mut events = Events::open(server.address, "a");
    let running = server.job("a", &fill(&piece(&json!([])), [0, 1]));
    let waiting = server.job("a", &fill(&piece(&json!([])), [0, 1]));
    server.step();
    while events.next().0 != "progress" {}
    let cancel = |job: &str| request(server.address, &format!("DELETE /api/jobs/{job}"), &[]);
    assert_eq!(cancel(&waiting).status, 204);
    assert_eq!(events.outcome(), ("cancelled".to_owned(), json!({ "job": waiting })));
    assert_eq!(cancel(&running).status, 204);
    // The step that is being computed.
    server.step();
    assert_eq!(events.outcome(), ("cancelled".to_owned(), json!({ "job": running })));
    assert_eq!(server.stopped.recv(), Ok(true));
    assert!(cancel(&running).error(404).contains("no such job") && cancel("x").status == 404);
}

#[test]
fn leaving_the_page_cancels_its_jobs_only() {
    let server = Running::held();
    let mut stays = Events::open(server.address, "stays");
    let mut leaves = Events::open(server.address, "leaves");
    server.job("leaves", &fill(&piece(&json!([])), [0, 1]));
    server.job("leaves", &fill(&piece(&json!([])), [0, 1]));
    let job = server.job("stays", &fill(&piece(&json!([])), [0, 1]));
    server.step();
    while leaves.next().0 != "progress" {}
    drop(leaves);
    // The other's jobs go without their results.
    while stays.next() != ("queued".to_owned(), json!({ "job": job, "ahead": 1 })) {}
    (0..STEPS * 2).for_each(|_| server.step());
    let (name, result) = stays.outcome();
    assert_eq!((name.as_str(), &result["job"]), ("result", &json!(job)));
    assert_eq!(server.stopped.recv(), Ok(true), "the first was stopped");
    assert_eq!(server.stopped.recv(), Ok(false), "the second was never taken");
}

#[test]
fn a_stream_that_is_opened_again_keeps_the_jobs() {
    let server = Running::held();
    let first = Events::open(server.address, "a");
    let job = server.job("a", &fill(&piece(&json!([])), [0, 1]));
    let mut second = Events::open(server.address, "a");
    drop(first);
    (0..STEPS).for_each(|_| server.step());
    let (name, result) = second.outcome();
    assert_eq!((name.as_str(), &result["job"]), ("result", &json!(job)));
}

#[test]
fn a_failure_is_told_and_the_server_goes_on() {
    let server = Running::start();
    let mut events = Events::open(server.address, "a");
    let with_seed = |seed: u64| {
        let mut body = fill(&piece(&json!([])), [0, 1]);
        body["seed"] = json!(seed);
        server.job("a", &body)
    };
    for (number, (seed, part)) in
        (2..).zip([(PANICS, "which is a bug"), (LOSES_THE_DEVICE, "GPU: the device was lost")])
    {
        let job = with_seed(seed);
        let (name, data) = events.outcome();
        assert_eq!((name.as_str(), &data["job"]), ("failed", &json!(job)));
        assert!(data["message"].as_str().unwrap().contains(part), "{data}");
        with_seed(0);
        assert_eq!(events.outcome().0, "result");
        assert_eq!(server.opened.load(Ordering::Relaxed), number, "the engine is opened anew");
    }
}

#[test]
fn two_hundred_jobs_at_once_are_bounded() {
    let server = Running::held();
    let address = server.address;
    let mut events = Events::open(address, "a");
    let body = fill(&piece(&json!([])), [0, 1]).to_string();
    let headers = format!("Host: {address}\r\nX-Flocoder: 1\r\n");
    let send = |_| {
        let (body, headers) = (body.clone(), headers.clone());
        thread::spawn(move || raw(address, "POST /api/jobs?client=a", &headers, body.as_bytes()))
    };
    let threads: Vec<_> = (0..200).map(send).collect();
    let answers: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let with = |status| answers.iter().flatten().filter(|answer| answer.status == status).count();
    // One runs and eight wait. Connections beyond the limit are closed.
    assert!((8..=9).contains(&with(202)), "{} accepted", with(202));
    assert_eq!(with(202) + with(429), answers.iter().flatten().count());
    assert!(
        with(429) > 0
            && answers.iter().flatten().all(|answer| answer.status != 429 || answer.error(429).contains("try again"))
    );
    (0..10 * STEPS).for_each(|_| server.step());
    for _ in 0..with(202) {
        assert_eq!(events.outcome().0, "result");
    }
    server.job("a", &fill(&piece(&json!([])), [0, 1]));
}

#[test]
fn slow_clients_hold_nothing_up() {
    let server = Running::start();
    let head = format!("POST /api/songs HTTP/1.1\r\nHost: {}\r\nX-Flocoder: 1\r\n", server.address);
    let slow = |text: &str| {
        let mut stream = http::connect(server.address);
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let mut waiting: Vec<_> = (0..20).map(|_| slow(&head)).collect();
    waiting.extend((0..20).map(|_| slow(&format!("{head}Content-Length: 1000000\r\n\r\nMThd"))));
    // One that asks for much and reads nothing.
    let state = json!({ "state": piece(&json!([[60, 0, 4, 90], [60, 100, 4, 90]])) }).to_string();
    let export = format!(
        "POST /api/export?as=wav HTTP/1.1\r\nHost: {}\r\nX-Flocoder: 1\r\nContent-Length: {}\r\n\r\n{state}",
        server.address,
        state.len()
    );
    waiting.push(slow(&export));
    let mut events = Events::open(server.address, "a");
    server.job("a", &fill(&piece(&json!([])), [0, 1]));
    assert_eq!(events.outcome().0, "result");
    assert_eq!(server.song(&corpus::compose(1, 0).midi())["tracks"][1]["name"], "MELODY");
}

#[test]
fn the_number_of_event_streams_is_bounded() {
    let server = Running::start();
    let open: Vec<Events> = (0..32).map(|number| Events::open(server.address, &number.to_string())).collect();
    assert!(get(server.address, "/api/events?client=more").error(429).contains("too many pages"));
    drop(open);
    assert_eq!(get(server.address, "/api/about").status, 200);
}

#[test]
fn the_server_tells_what_it_is() {
    let server = Running::start();
    let about = get(server.address, "/api/about").json();
    assert_eq!(
        (&about["adapter"], &about["model"]["steps"], &about["conditions"]),
        (&json!("stand-in"), &json!(128), &json!(true))
    );
    assert_eq!((&about["limits"]["song_bytes"], &about["limits"]["variants"]), (&json!(4 << 20), &json!(8)));
    assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(server.url, format!("http://{}/", server.address));
}

#[test]
fn a_string_sounds() {
    let server = Running::start();
    let response = get(server.address, "/api/string/60.wav");
    assert_eq!((response.status, response.header("content-type")), (200, Some("audio/wav")));
    let sound = hound::WavReader::new(&response.body[..]).unwrap();
    assert!(sound.spec().channels == 1 && sound.into_samples::<i16>().any(|sample| sample.unwrap().abs() > 3000));
    assert!(get(server.address, "/api/string/60.wav").body == response.body);
}

#[test]
fn a_dropped_song_is_described_and_exported_as_it_was() {
    let server = Running::start();
    let bytes = corpus::compose(1, 0).midi();
    let described = server.song(&bytes);
    let song = SongFile::of_midi(&bytes, None).unwrap();
    let notes = described["notes"].as_array().unwrap();
    assert_eq!((notes.len(), &described["steps"]), (song.notes().len(), &json!(song.columns().steps())));
    let first = song.notes()[0];
    let Note { start, duration, pitch, velocity } = first.note;
    assert_eq!(notes[0], json!([pitch, start, duration, velocity, first.event.track]));
    assert_eq!(described["bars"][1], json!({ "start": 16, "steps": 16, "beats": 4.0 }));
    assert!(described["chords"].as_array().unwrap().len() > 8 && described["key"].as_str().unwrap().contains(" / "));
    assert_eq!(server.song(&bytes)["id"], described["id"]);
    let export = |kind: &str, removed: Value, added: Value| {
        let state = json!({ "song": described["id"], "removed": removed, "added": added });
        let response = post(server.address, &format!("/api/export?as={kind}"), &json!({ "state": state }));
        assert_eq!(response.status, 200, "{response:?}");
        response.body
    };
    let tracks = |bytes: &[u8]| Document::read(bytes).unwrap().tracks;
    assert_eq!(tracks(&export("mid", json!([]), json!([]))), tracks(&bytes), "tick for tick");
    // A note that is moved: all other events stay, and the new one is in a track at the end.
    let edited = export("mid", json!([0]), json!([[pitch, start + 1, duration, velocity]]));
    let after = SongFile::of_midi(&edited, None).unwrap();
    assert_eq!((tracks(&edited).len(), tracks(&bytes).len()), (4, 3));
    let events = |bytes: &[u8]| tracks(bytes).iter().take(3).map(Vec::len).sum::<usize>();
    assert_eq!(events(&edited) + 2, events(&bytes));
    let moved: Vec<Note> = after.notes().iter().filter(|note| note.event.track == 3).map(|note| note.note).collect();
    assert_eq!(moved, [Note { start: start + 1, ..first.note }]);
    let picture = image::read(&export("png", json!([]), json!([])), Orphans::Drop).unwrap();
    assert_eq!(picture.notes(), song.roll(|_| true).notes());
}

#[test]
fn a_drawn_piece_is_exported() {
    let server = Running::start();
    let state = piece(&json!([[60, 0, 4, 90], [64, 130, 4, 70]]));
    let export =
        |kind: &str, state: &Value| post(server.address, &format!("/api/export?as={kind}"), &json!({ "state": state }));
    let song = SongFile::of_midi(&export("mid", &state).body, None).unwrap();
    let notes: Vec<Note> = song.notes().iter().map(|note| note.note).collect();
    let note = |start, pitch, velocity| Note { start, duration: 4, pitch, velocity };
    assert_eq!(notes, [note(0, 60, 90), note(130, 64, 70)]);
    assert!((song.tempo() - 100.0).abs() < 1e-3);
    let wav = export("wav", &state);
    let sound = hound::WavReader::new(&wav.body[..]).unwrap();
    assert_eq!((sound.spec().sample_rate, wav.header("content-type")), (SAMPLE_RATE, Some("audio/wav")));
    assert_eq!(wav.header("content-length"), Some(wav.body.len().to_string().as_str()));
    assert!(export("wav", &piece(&json!([]))).error(400).contains("has no notes"));
    let long =
        json!({ "song": null, "added": [[60, 0, 1, 80], [60, 60_000, 1, 80]], "tempo": 60, "bars": 8, "beats": 4 });
    assert!(export("wav", &long).error(400).contains("at most 10 are rendered"));
    assert_eq!((export("mid", &piece(&json!([]))).status, export("png", &piece(&json!([]))).status), (200, 200));
}

#[test]
fn a_public_server_needs_its_token() {
    let server = Running::with(Options { host: "0.0.0.0".to_owned(), port: Some(0), ..Options::default() });
    let address = SocketAddr::from(([127, 0, 0, 1], server.address.port()));
    let (_, token) = server.url.split_once("/?token=").expect("a token in the URL");
    assert!(token.len() == 32 && server.url.starts_with("http://localhost:"));
    get(address, "/").error(403);
    get(address, "/api/about").error(403);
    get(address, "/?token=00000000000000000000000000000000").error(403);
    let welcome = get(address, &format!("/?token={token}&steps=4"));
    assert_eq!((welcome.status, welcome.header("location")), (303, Some("/?steps=4")));
    let cookie = welcome.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    let with_cookie = format!("Host: {address}\r\nX-Flocoder: 1\r\nCookie: {}\r\n", cookie.split(';').next().unwrap());
    assert_eq!(raw(address, "GET /api/about", &with_cookie, &[]).unwrap().status, 200);
    assert_eq!(raw(address, "GET /", &with_cookie, &[]).unwrap().status, 200);
    assert_eq!(get(address, &format!("/api/about?token={token}")).status, 200);
    let rebound =
        format!("Host: rebound.example\r\nX-Flocoder: 1\r\nCookie: {}\r\n", cookie.split(';').next().unwrap());
    assert_eq!(raw(address, "GET /api/about", &rebound, &[]).unwrap().status, 403);
}

#[test]
fn training_runs_are_shown() {
    let place = Place::new("serve-runs");
    std::fs::create_dir_all(place.path("runs/flow")).unwrap();
    place.write("runs/flow/metrics.jsonl", "{\"step\":10,\"phase\":\"train\",\"loss\":0.5}\n");
    place.write("runs/flow/curves.png", "picture");
    place.write("runs/flow/flow.safetensors", "weights");
    let server = Running::with(Options { port: Some(0), runs: Some(place.path("runs")), ..Options::default() });
    assert_eq!(get(server.address, "/api/runs").json(), json!([{ "name": "flow", "step": 10 }]));
    let run = get(server.address, "/api/runs/flow").json();
    assert_eq!((&run["files"], &run["lines"][0]["loss"]), (&json!(["curves.png"]), &json!(0.5)));
    let picture = get(server.address, "/api/runs/flow/curves.png");
    assert_eq!((&picture.body[..], picture.header("content-type")), (&b"picture"[..], Some("image/png")));
    for path in ["flow/flow.safetensors", "flow/..%2f..%2fruns%2fflow%2fcurves.png", "..", "%2e%2e/runs", "nothing"] {
        get(server.address, &format!("/api/runs/{path}")).error(404);
    }
}

/// Sends a job and returns its result.
fn result(server: &Running, events: &mut Events, body: &Value) -> Value {
    server.job("a", body);
    let (name, data) = events.outcome();
    assert_eq!(name, "result", "{data}");
    data
}

#[test]
fn the_bundled_flow_fills_and_the_given_notes_stay() {
    let Some(server) = Running::bundled() else { return };
    let mut events = Events::open(server.address, "a");
    let described = server.song(&corpus::compose(1, 0).midi());
    let state = json!({ "song": described["id"], "removed": [0], "added": [[72, 40, 2, 99], [71, 90, 2, 99]] });
    let mut body = fill(&state, [2, 3]);
    body["steps"] = json!(4);
    body["chords"] = json!("Am F");
    body["area"]["cells"] = json!([[40, 90, 36, 60]]);
    let answer = result(&server, &mut events, &body);
    let numbers =
        |value: &Value| -> Vec<u64> { value.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect() };
    let notes = described["notes"].as_array().unwrap();
    let inside = |note: &[u64]| (40..=90).contains(&note[0]) && (36..60).contains(&note[1]);
    let taken = (1..notes.len()).filter(|&index| inside(&numbers(&notes[index])));
    // The first added note is in the area, the second is not.
    let expected: Vec<u64> = taken.map(|index| index as u64).chain([notes.len() as u64]).collect();
    let mut all_new = 0;
    for variant in answer["variants"].as_array().unwrap() {
        assert_eq!(numbers(&variant["removed"]), expected);
        for note in variant["notes"].as_array().unwrap().iter().map(numbers) {
            assert!(inside(&note) && note[1] + note[2] <= 60, "{note:?}");
            all_new += 1;
        }
    }
    assert!(all_new > 0, "{answer}");
    let chords = answer["chords"].as_array().unwrap();
    assert!(chords.contains(&json!({ "start": 32, "steps": 16, "symbol": "Am" })), "{chords:?}");
    assert_eq!(result(&server, &mut events, &body)["variants"], answer["variants"], "a seed is always the same music");
    // Taken, the variant is in the exported song, and all else is as it was.
    let variant = &answer["variants"][0];
    let added: Vec<Value> =
        variant["notes"].as_array().unwrap().iter().cloned().chain([json!([71, 90, 2, 99])]).collect();
    let removed: Vec<u64> = [0].into_iter().chain(expected).filter(|&index| index < notes.len() as u64).collect();
    let kept = notes.len() - removed.len();
    let state = json!({ "song": described["id"], "removed": removed, "added": added });
    let file = post(server.address, "/api/export?as=mid", &json!({ "state": state })).body;
    let song = SongFile::of_midi(&file, None).unwrap();
    let of_song: Vec<_> = song.notes().iter().filter(|note| note.event.track < 3).collect();
    assert_eq!((of_song.len(), song.notes().len()), (kept, kept + added.len()));
}

#[test]
fn the_bundled_flow_does_every_task() {
    let Some(server) = Running::bundled() else { return };
    let mut events = Events::open(server.address, "a");
    let described = server.song(&corpus::compose(1, 0).midi());
    let song = json!({ "song": described["id"] });
    let count = described["notes"].as_array().unwrap().len();
    let task =
        |state: &Value, task: &str| json!({ "state": state, "task": task, "seed": 1, "variants": 1, "steps": 1 });
    let with = |mut body: Value, key: &str, value: Value| {
        body[key] = value;
        body
    };
    let mut variant = |body: Value| result(&server, &mut events, &body)["variants"][0].clone();
    let starts = |variant: &Value| -> Vec<u64> {
        variant["notes"].as_array().unwrap().iter().map(|note| note[1].as_u64().unwrap()).collect()
    };
    let on = variant(with(task(&song, "continue"), "bars", json!(2)));
    let end = described["notes"].as_array().unwrap().iter().map(|note| note[1].as_u64().unwrap()).max().unwrap();
    assert!(starts(&on).iter().all(|&start| start > end - 16) && on["removed"] == json!([]));
    let area = json!({ "bars": [0, 3] });
    let accompanied = variant(with(task(&song, "accompany"), "area", area.clone()));
    let removed = accompanied["removed"].as_array().unwrap();
    let piano = |index: &Value| described["notes"][index.as_u64().unwrap() as usize][4] == 2;
    assert!(!removed.is_empty() && removed.iter().all(piano));
    let body = with(with(task(&song, "melody"), "area", area.clone()), "given_tracks", json!([2]));
    let melody = variant(with(body, "register", json!([62, 80])));
    let pitches = melody["notes"].as_array().unwrap().iter().map(|note| note[0].as_u64().unwrap());
    assert!(pitches.clone().all(|pitch| (62..=80).contains(&pitch)));
    let varied = variant(with(with(task(&song, "vary"), "area", area), "strength", json!(0.2)));
    assert!(!varied["removed"].as_array().unwrap().is_empty());
    let empty = json!({ "song": null, "bars": 4, "beats": 3, "tempo": 90 });
    let body = with(with(task(&empty, "new"), "bars", json!(4)), "key", json!("D"));
    let new = variant(with(body, "density", json!(1.5)));
    assert!(starts(&new).iter().all(|&start| start < 48) && !new["chords"].as_array().unwrap().is_empty());
    let piece = piece(&json!([[60, 0, 8, 90], [64, 16, 8, 90], [67, 32, 8, 90]]));
    assert_eq!(variant(task(&piece, "accompany"))["removed"], json!([]), "drawn notes stay");
    let filled = variant(fill(&json!({ "song": null, "bars": 8, "beats": 4, "tempo": 90 }), [0, 7]));
    assert!(starts(&filled).iter().all(|&start| start < 128));
    assert_eq!(described["notes"].as_array().unwrap().len(), count);
}

#[test]
fn the_command_prints_where_it_is() {
    if common::gpu().is_none() {
        return;
    }
    let place = Place::new("serve-command");
    let mut command = place.command("serve --port 0 -q");
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    let address: SocketAddr = line.trim().strip_prefix("http://").unwrap().trim_end_matches('/').parse().unwrap();
    let about = get(address, "/api/about").json();
    let taken = place.command(&format!("serve --port {} -q", address.port())).output().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(address.ip().is_loopback() && about["conditions"] == true, "{about}");
    common::program::sentence("a port that is taken", &taken, "choose others by --host and --port");
}
