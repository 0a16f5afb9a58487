//! The guard of the server: who is let in, what is refused, what is bounded.

mod common;

use std::io::Write;
use std::net::SocketAddr;

use common::http::{self, Events, get, post, raw, request};
use common::music::{self, off, on};
use common::server::{Running, fill, piece};
use flocoder::data::corpus;
use flocoder::serve::Options;
use serde_json::{Value, json};

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
