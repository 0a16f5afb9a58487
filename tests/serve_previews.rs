//! Previews: the music while it emerges, which changes nothing of the result.

mod common;

use std::thread;
use std::time::Duration;

use common::http::Events;
use common::server::{Running, STEPS, fill, piece};
use serde_json::{Value, json};

/// The events of a request up to its result: the previews and the result.
fn written(server: &Running, events: &mut Events, body: &Value, previews: bool) -> (Vec<Value>, Value) {
    let mut body = body.clone();
    body["previews"] = json!(previews);
    let job = server.job("a", &body);
    let mut seen = Vec::new();
    loop {
        match events.next() {
            (name, data) if name == "preview" => seen.push(data),
            (name, mut data) if name == "result" => {
                assert_eq!(data["job"], json!(job));
                data["job"].take();
                return (seen, data);
            }
            (name, data) => assert!(name == "queued" || name == "progress", "{name}: {data}"),
        }
    }
}

#[test]
fn a_preview_is_told_only_to_those_who_ask_and_in_its_time() {
    let server = Running::held();
    let mut events = Events::open(server.address, "a");
    let state = piece(&json!([[60, 0, 4, 90], [64, 16, 4, 90]]));
    let mut asked = fill(&state, [1, 1]);
    asked["previews"] = json!(true);
    let job = server.job("a", &asked);
    server.step();
    while events.next().0 != "progress" {}
    thread::sleep(Duration::from_millis(300));
    // The next is not due at once.
    (0..2).for_each(|_| server.step());
    assert_eq!(events.next().0, "progress");
    let variant = |number: u32| json!({ "notes": [[60 + number, 16, 4, 80]], "removed": [1] });
    assert_eq!(events.next(), ("preview".to_owned(), json!({ "job": job, "variants": [variant(0), variant(1)] })));
    assert_eq!(events.next(), ("progress".to_owned(), json!({ "job": job, "step": 3, "steps": STEPS })));
    (3..STEPS).for_each(|_| server.step());
    assert_eq!(events.outcome().0, "result");
    (0..STEPS).for_each(|_| server.step());
    let (previews, _) = written(&server, &mut events, &fill(&state, [1, 1]), false);
    assert!(previews.is_empty(), "a client that has not asked for previews got some");
}

#[test]
fn previews_change_no_bit_of_the_result() {
    let Some(server) = Running::bundled() else { return };
    let mut events = Events::open(server.address, "a");
    let tune: Vec<[u32; 4]> =
        (0..32).map(|at| [60 + [0, 4, 7, 9, 12, 5, 2, 11][at as usize % 8], 4 * at, 3, 90]).collect();
    let state = piece(&json!(tune));
    let request = |task: &str, more: Value| {
        let mut body = json!({ "state": state, "task": task, "seed": 5, "variants": 2, "steps": 24 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let of_area = json!({ "area": { "bars": [2, 3], "cells": [[50, 80, 36, 60]] } });
    let requests = [
        request("fill", of_area.clone()),
        request("vary", json!({ "area": { "bars": [0, 7], "cells": null }, "strength": 0.9 })),
        request("continue", json!({ "bars": 6 })),
        request("melody", json!({})),
        request("new", json!({ "bars": 12, "chords": "C G" })),
        request("new", json!({ "bars": 8, "state": { "song": null, "bars": 8, "beats": 3, "tempo": 100 } })),
    ];
    let mut seen = 0;
    for body in requests {
        let (none, alone) = written(&server, &mut events, &body, false);
        let (previews, result) = written(&server, &mut events, &body, true);
        assert!(none.is_empty() && result == alone, "{}: previews have changed the result", body["task"]);
        seen += previews.len();
        let last = |of: &Value| -> u64 {
            let notes = of["variants"][0]["notes"].as_array().unwrap();
            notes.iter().map(|note| note[1].as_u64().unwrap()).max().unwrap_or(0)
        };
        for preview in &previews {
            assert_eq!(preview["variants"].as_array().unwrap().len(), 2);
            assert_eq!(preview["variants"][1]["removed"], result["variants"][1]["removed"]);
            assert!(last(preview) < 16 * 20, "{}: a preview is outside of the piece", body["task"]);
        }
        if body["task"] == "fill" {
            let notes = previews.iter().flat_map(|preview| preview["variants"][0]["notes"].as_array().unwrap());
            let is_inside = |note: &Value| {
                (50..=80).contains(&note[0].as_u64().unwrap()) && (36..60).contains(&note[1].as_u64().unwrap())
            };
            assert!(notes.into_iter().all(is_inside), "a preview writes outside of the area");
        }
    }
    assert!(seen > 0, "no preview in all that time");
}
