//! A training run that is watched on a page: served while it trains, on this machine only, with the same bytes.

mod common;

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::http::{get, raw};
use common::program::{CODEC, FLOW, Place, signal};
use serde_json::Value;

/// Longest wait for a file of a run.
const PATIENCE: Duration = Duration::from_secs(120);
/// More steps than a test waits for.
const ENDLESS: &str = "train.steps=1000000 train.checkpoint_every=1000000 train.validate_every=2";

/// A training that is watched. It ends with the test.
struct Watched {
    child: Child,
    address: SocketAddr,
    /// Keeps the pipe open.
    _lines: BufReader<ChildStderr>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn watched(place: &Place, arguments: &str) -> Watched {
    let mut child = place.command(arguments).args(["-q", "--watch"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("watch the run at ") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "{arguments}: no address is printed");
    }
    let url = line.trim().strip_prefix("watch the run at http://").unwrap().trim_end_matches('/');
    Watched { child, address: url.parse().unwrap(), _lines: lines }
}

/// Asks until an answer is as wanted.
#[track_caller]
fn until(address: SocketAddr, path: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let answer = get(address, path);
        if answer.status == 200 && is_wanted(&answer.json()) {
            return answer.json();
        }
        assert!(begun.elapsed() < PATIENCE, "{path}: {answer:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_watched_run_is_served_while_it_trains_and_no_longer() {
    let Some(place) = Place::trained("watch") else { return };
    let codec = "--codec codec/codec.safetensors --cache cache";
    place.succeeds(&format!("train-flow -q {codec} -o live {FLOW} train.steps=2"));
    for (arguments, run, picture) in [
        (format!("train-vqvae -o reconstructed {CODEC} {ENDLESS}"), "reconstructed", "reconstructions-"),
        (format!("train-flow --resume -o live --cache cache {ENDLESS}"), "live", "samples-"),
    ] {
        let mut training = watched(place, &arguments);
        let address = training.address;
        assert!(address.ip().is_loopback());
        let about = until(address, "/api/about", |_| true);
        assert_eq!((&about["run"], &about["runs"]), (&Value::from(run), &Value::from(true)));
        assert!(get(address, "/").body.starts_with(b"<!doctype html>"));
        until(address, "/api/runs", |runs| runs.as_array().unwrap().iter().any(|other| other["name"] == run));
        let has = |about: &Value, ending: &str| {
            let mut files = about["files"].as_array().unwrap().iter().filter_map(Value::as_str);
            files.any(|file| file.starts_with(picture) && file.ends_with(ending))
        };
        let path = format!("/api/runs/{run}");
        let shown = until(address, &path, |about| {
            has(about, ".png")
                && (run != "live" || has(about, "-3.mid"))
                && !about["lines"].as_array().unwrap().is_empty()
        });
        let (ending, kind) = if run == "live" { (".mid", "audio/midi") } else { (".png", "image/png") };
        let mut files = shown["files"].as_array().unwrap().iter().filter_map(Value::as_str);
        let file = files.find(|file| file.starts_with(picture) && file.ends_with(ending)).unwrap();
        assert_eq!(get(address, &format!("{path}/{file}")).header("content-type"), Some(kind));
        // The guard is that of `serve`.
        let foreign = raw(address, "GET /api/runs", "Host: evil.example\r\nX-Flocoder: 1\r\n", &[]).unwrap();
        assert!(foreign.status == 403 && get(address, &format!("{path}/{run}.safetensors")).status == 404);
        signal(&training.child, "INT");
        assert!(training.child.wait().unwrap().success());
        assert!(TcpStream::connect(address).is_err(), "the page is served after the training");
    }
}

#[test]
fn a_watched_run_has_the_bytes_of_another() {
    let Some(place) = Place::trained("watch") else { return };
    let codec = "--codec codec/codec.safetensors --cache cache";
    for (arguments, run, same) in [
        (format!("train-vqvae -o watched-codec {CODEC}"), "watched-codec/codec", "codec/codec"),
        (format!("train-flow {codec} -o watched-flow {FLOW}"), "watched-flow/flow", "flow/flow"),
    ] {
        let mut training = watched(place, &arguments);
        assert!(training.child.wait().unwrap().success());
        let bytes = |name: &str| place.read(&format!("{name}.safetensors"));
        assert!(bytes(run) == bytes(same), "{arguments}: watching has changed the weights");
    }
}
