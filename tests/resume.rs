//! A run that was stopped, anywhere and in any way, and resumed ends as one that never was: file by file, byte by byte.
#![cfg(unix)]

mod common;

use common::program::{CODEC, FLOW, Place, signal};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Three steps to a checkpoint, six to a validation, twelve in all.
const RHYTHM: &str = "train.steps=12 train.checkpoint_every=3 train.validate_every=6 train.keep_last=2 \
    train.schedule=cosine train.warmup=2";
/// How long a training may take to come to any place.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often a place that lasts for a moment only is looked for.
const ATTEMPTS: usize = 40;

/// A run of one kind of network that is stopped and resumed.
struct Victim {
    place: &'static Place,
    kind: &'static str,
    run: String,
    begin: String,
    resume: String,
}

impl Victim {
    /// One whose first start is `command` and settings.
    fn new(place: &'static Place, kind: &'static str, command: &str, resume: &str) -> Self {
        let run = format!("{kind}-stopped");
        Self {
            place,
            kind,
            begin: format!("{command} -q -o {run} {RHYTHM}"),
            resume: format!("{resume} -q -o {run} --resume"),
            run,
        }
    }

    fn start(&self) -> Child {
        let mut command = self.place.command(if self.saved().is_some() { &self.resume } else { &self.begin });
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The step of the last line of training, 0 where there is none, if that is the last line.
    fn trained(&self) -> Option<u64> {
        match self.place.last_line(&self.run) {
            None => Some(0),
            Some((step, phase)) => (phase == "train").then_some(step),
        }
    }

    fn saved(&self) -> Option<u64> {
        self.place.saved(&self.run, self.kind)
    }

    /// Starts the program and waits until `there`, which is asked again while the program stands still; `None` where it
    /// came to its end before that was seen.
    fn catch(&self, there: impl Fn() -> bool) -> Option<Child> {
        let began = Instant::now();
        let mut child = self.start();
        while child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < PATIENCE, "{}: never came there", self.run);
            if there() {
                signal(&child, "STOP");
                std::thread::sleep(Duration::from_millis(20));
                if there() && child.try_wait().unwrap().is_none() {
                    return Some(child);
                }
                signal(&child, "CONT");
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        None
    }

    /// The same from the state that the run is in now, again and again until it is seen.
    fn reach(&self, what: &str, there: impl Fn() -> bool) -> Child {
        let before = self.place.contents(&self.run);
        for _ in 0..ATTEMPTS {
            if let Some(child) = self.catch(&there) {
                eprintln!("{}: {what}: line {:?}, checkpoint {:?}", self.run, self.trained(), self.saved());
                return child;
            }
            let folder = self.place.path(&self.run);
            std::fs::remove_dir_all(&folder).unwrap();
            std::fs::create_dir(&folder).unwrap();
            before.iter().for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes).unwrap());
        }
        panic!("{}: never seen {what}", self.run);
    }

    /// Kills the program where `there` holds.
    fn kill(&self, what: &str, there: impl Fn() -> bool) {
        let mut child = self.reach(what, there);
        signal(&child, "KILL");
        child.wait().unwrap();
    }

    /// Asks the program to end while it is between two checkpoints: it saves and ends well.
    fn ask(&self, name: &str) {
        // Later than step 9 its checkpoint would be one of the last two, which are kept under their numbers.
        let child = self.reach(name, || self.is_between() && self.saved() < Some(9));
        signal(&child, name);
        signal(&child, "CONT");
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(self.trained(), self.saved(), "{name}");
    }

    /// One or two steps after a checkpoint: a third one is what an earlier start may have left in the log.
    fn is_between(&self) -> bool {
        let since = self.trained().and_then(|trained| trained.checked_sub(self.saved()?));
        matches!(since, Some(1 | 2))
    }

    /// Lets the program die in the middle of writing the next checkpoint: no file may grow so large.
    fn choke(&self) {
        let program = env!("CARGO_BIN_EXE_flocoder");
        let limited = format!("ulimit -c 0; ulimit -f 16; exec {program} {}", self.resume);
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &limited]).current_dir(self.place.path("")).env_remove("FLOCODER_DEVICE");
        let output = shell.output().unwrap();
        assert!(output.status.code().is_none(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(self.trained() > self.saved(), "it died elsewhere");
        let half = self.place.contents(&self.run).into_keys().find(|name| name.starts_with(".writing-"));
        assert!(half.is_some(), "nothing half-written");
    }
}

/// Stops a run in every way, and compares it with `whole`, one that was not stopped.
fn stops_and_goes_on(victim: &Victim, whole: &str) {
    victim.kill("in its first step", || victim.trained() == Some(0) && victim.saved() == Some(0));
    victim.kill("between checkpoints", || victim.is_between());
    victim.choke();
    victim.ask("INT");
    victim.kill("in a validation", || victim.trained() == Some(6) && victim.saved() == Some(6));
    victim.ask("TERM");
    victim.place.succeeds(&victim.resume);
    let (stopped, whole) = (victim.place.contents(&victim.run), victim.place.contents(whole));
    assert_eq!(stopped.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
    for (name, bytes) in whole {
        let text = || String::from_utf8_lossy(&stopped[&name]).chars().take(4000).collect::<String>();
        assert!(stopped[&name] == bytes, "{}: {name} differs: {}", victim.kind, text());
    }
}

#[test]
fn a_codec() {
    let Some(place) = Place::trained("resume") else { return };
    let train = format!("train-vqvae {CODEC}");
    place.succeeds(&format!("{train} -q -o codec-whole {RHYTHM}"));
    stops_and_goes_on(&Victim::new(place, "codec", &train, "train-vqvae"), "codec-whole");
}

#[test]
fn a_flow() {
    let Some(place) = Place::trained("resume") else { return };
    let train = format!("train-flow --codec codec/codec.safetensors --cache cache {FLOW}");
    place.succeeds(&format!("{train} -q -o flow-whole {RHYTHM}"));
    stops_and_goes_on(&Victim::new(place, "flow", &train, "train-flow --cache cache"), "flow-whole");
}

#[test]
fn other_songs_are_refused_unless_they_are_meant() {
    let Some(_) = common::gpu() else { return };
    let place = Place::with_songs("resume-other-songs");
    place.succeeds(&format!("train-vqvae -q -o codec-moved {CODEC} data.path=songs/ballads train.steps=1"));
    std::fs::rename(place.path("songs/ballads"), place.path("ballads")).unwrap();
    std::fs::rename(place.path("songs/dances"), place.path("songs/ballads")).unwrap();
    let resume = "train-vqvae -q -o codec-moved --resume train.steps=2";
    let refused = place.command(resume).output().unwrap();
    let meant = place.command(&format!("{resume} data.path=songs/ballads")).output().unwrap();
    std::fs::rename(place.path("songs/ballads"), place.path("songs/dances")).unwrap();
    let removed = place.command(resume).output().unwrap();
    std::fs::rename(place.path("ballads"), place.path("songs/ballads")).unwrap();
    common::program::sentence("other songs", &refused, "not the songs that the run was trained on until step 1");
    common::program::sentence("removed songs", &removed, "songs/ballads: cannot be opened");
    assert!(meant.status.success(), "{}", String::from_utf8_lossy(&meant.stderr));
}
