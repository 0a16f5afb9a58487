//! The server's queue of jobs.

mod common;

use std::sync::atomic::Ordering;
use std::thread;

use common::http::{Events, raw, request};
use common::server::{LOSES_THE_DEVICE, PANICS, Running, STEPS, fill, piece};
use serde_json::json;

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
