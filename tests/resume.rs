//! A run that is stopped at any point in any way and resumed ends with the same files, byte by byte, as one that is not.
#![cfg(unix)]

mod common;

use common::program::{CODEC, FLOW, Place, signal};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Three steps per checkpoint, twelve per validation, of which the first comes after three, sixty in total.
const INTERVALS: &str = "train.steps=60 train.checkpoint_every=3 train.validate_every=12 train.keep_last=2 \
    train.schedule=cosine train.warmup=2";
/// Longest time to reach a state.
const TIMEOUT: Duration = Duration::from_secs(300);
/// Attempts to catch a short state.
const ATTEMPTS: usize = 40;

/// A run of one kind of network that is stopped and resumed.
struct StoppedRun {
    place: &'static Place,
    kind: &'static str,
    run: String,
    begin: String,
    resume: String,
}

impl StoppedRun {
    /// A run that is begun by `command` and resumed by `resume`.
    fn new(place: &'static Place, kind: &'static str, command: &str, resume: &str) -> Self {
        let run = format!("{kind}-stopped");
        Self {
            place,
            kind,
            begin: format!("{command} -q -o {run} {INTERVALS}"),
            resume: format!("{resume} -q -o {run} --resume"),
            run,
        }
    }

    fn start(&self) -> Child {
        let mut command = self.place.command(if self.saved().is_some() { &self.resume } else { &self.begin });
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The step of the log's last line if that is one of training; 0 for an empty log.
    fn trained(&self) -> Option<u64> {
        match self.place.last_line(&self.run) {
            None => Some(0),
            Some((step, phase)) => (phase == "train").then_some(step),
        }
    }

    fn saved(&self) -> Option<u64> {
        self.place.saved(&self.run, self.kind)
    }

    /// Starts the program and pauses it when `reached` holds, which is checked again while it is paused; `None` if the program ends
    /// first.
    fn catch(&self, reached: impl Fn() -> bool) -> Option<Child> {
        let start = Instant::now();
        let mut child = self.start();
        while child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < TIMEOUT, "{}: the state was not reached", self.run);
            if reached() {
                signal(&child, "STOP");
                std::thread::sleep(Duration::from_millis(20));
                if reached() && child.try_wait().unwrap().is_none() {
                    return Some(child);
                }
                signal(&child, "CONT");
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        None
    }

    /// The same, from the current files of the run, until an attempt succeeds.
    fn reach(&self, what: &str, reached: impl Fn() -> bool) -> Child {
        let before = self.place.contents(&self.run);
        for _ in 0..ATTEMPTS {
            if let Some(child) = self.catch(&reached) {
                eprintln!("{}: {what}: line {:?}, checkpoint {:?}", self.run, self.trained(), self.saved());
                return child;
            }
            let folder = self.place.path(&self.run);
            std::fs::remove_dir_all(&folder).unwrap();
            std::fs::create_dir(&folder).unwrap();
            before.iter().for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes).unwrap());
        }
        panic!("{}: never caught {what}", self.run);
    }

    /// Kills the program when `reached` holds.
    fn kill(&self, what: &str, reached: impl Fn() -> bool) {
        let mut child = self.reach(what, reached);
        signal(&child, "KILL");
        child.wait().unwrap();
    }

    /// Interrupts the program by a signal between two checkpoints, the first of them before `step`: it saves a checkpoint and exits with
    /// success.
    fn interrupt(&self, name: &str, step: u64) {
        let child = self.reach(name, || self.is_between_checkpoints(step));
        signal(&child, name);
        signal(&child, "CONT");
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(self.trained(), self.saved(), "{name}");
    }

    /// Whether the run is one or two steps after a checkpoint before `step`. A third step may be in the log from an earlier start.
    fn is_between_checkpoints(&self, step: u64) -> bool {
        let since = self.trained().and_then(|trained| trained.checked_sub(self.saved()?));
        matches!(since, Some(1 | 2)) && self.saved() < Some(step)
    }

    /// Kills the program while it writes the next checkpoint, by a limit on the size of files.
    fn kill_by_file_size(&self) {
        let program = env!("CARGO_BIN_EXE_flocoder");
        let limited = format!("ulimit -c 0; ulimit -f 16; exec {program} {}", self.resume);
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &limited]).current_dir(self.place.path("")).env_remove("FLOCODER_DEVICE");
        let output = shell.output().unwrap();
        assert!(output.status.code().is_none(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(self.trained() > self.saved(), "it was killed at another point");
        let incomplete = self.place.contents(&self.run).into_keys().find(|name| name.starts_with(".writing-"));
        assert!(incomplete.is_some(), "no incomplete file");
    }
}

/// Stops a run in every way, and compares it with `whole`, one that was not stopped.
fn stop_and_resume(stopped: &StoppedRun, whole: &str) {
    stopped.kill("in its first step", || stopped.trained() == Some(0) && stopped.saved() == Some(0));
    // The validation at step 3 comes later.
    stopped.kill("between checkpoints", || stopped.is_between_checkpoints(3));
    stopped.kill_by_file_size();
    stopped.kill("in a validation", || stopped.trained() == Some(3) && stopped.saved() == Some(3));
    // The last two checkpoints are kept under their numbers: later than these.
    stopped.interrupt("INT", 24);
    stopped.interrupt("TERM", 48);
    stopped.place.succeeds(&stopped.resume);
    let (resumed, whole) = (stopped.place.timeless_contents(&stopped.run), stopped.place.timeless_contents(whole));
    assert_eq!(resumed.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
    for (name, bytes) in whole {
        let text = || String::from_utf8_lossy(&resumed[&name]).chars().take(4000).collect::<String>();
        assert!(resumed[&name] == bytes, "{}: {name} differs: {}", stopped.kind, text());
    }
}

#[test]
fn a_codec() {
    let Some(place) = Place::trained("resume") else { return };
    let train = format!("train-vqvae {CODEC}");
    place.succeeds(&format!("{train} -q -o codec-whole {INTERVALS}"));
    stop_and_resume(&StoppedRun::new(place, "codec", &train, "train-vqvae"), "codec-whole");
}

#[test]
fn a_flow() {
    let Some(place) = Place::trained("resume") else { return };
    let train = format!("train-flow --codec codec/codec.safetensors --cache cache {FLOW}");
    place.succeeds(&format!("{train} -q -o flow-whole {INTERVALS}"));
    stop_and_resume(&StoppedRun::new(place, "flow", &train, "train-flow --cache cache"), "flow-whole");
}

#[test]
fn other_songs_are_refused_unless_overridden() {
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
