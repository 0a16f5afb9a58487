//! What the server does: songs, runs, sounds, and every task with the bundled flow.

mod common;

use std::net::SocketAddr;

use common::http::{Events, get, post};
use common::program::Place;
use common::server::{Running, fill, piece};
use flocoder::audio::SAMPLE_RATE;
use flocoder::data::corpus;
use flocoder::data::music::midi::Document;
use flocoder::data::music::roll::Note;
use flocoder::data::picture::cells::Orphans;
use flocoder::data::picture::image;
use flocoder::serve::Options;
use flocoder::song::SongFile;
use serde_json::{Value, json};

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
        let notes = variant["notes"].as_array().unwrap();
        assert!(!notes.is_empty(), "{variant}");
        notes.iter().map(|note| note[1].as_u64().unwrap()).collect()
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
    assert!(pitches.len() > 0 && pitches.clone().all(|pitch| (62..=80).contains(&pitch)));
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
