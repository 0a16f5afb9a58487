//! Runs the built program, on a few songs and with the smallest networks.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::sync::OnceLock;

use flocoder::data::corpus;

/// Settings of a codec that trains in a moment.
pub const CODEC: &str = "data.path=songs data.steps=32 data.transpose=1 data.validation=0.3 data.validation_windows=4 \
    vqvae.patch=8 vqvae.hidden=16 vqvae.latent=4 vqvae.codes=16 vqvae.blocks=1 train.batch=2 train.warmup=0 \
    train.schedule=constant train.steps=4 train.log_every=1 train.checkpoint_every=2 train.validate_every=4";
/// Settings of a flow that trains in a moment.
pub const FLOW: &str = "data.path=songs data.transpose=1 data.validation=0.3 data.validation_windows=4 flow.dim=8 \
    flow.dim_mults=[1,2] flow.augs_per=1 flow.sampling.steps=2 train.batch=2 train.warmup=0 train.schedule=constant \
    train.steps=4 train.log_every=1 train.checkpoint_every=2 train.validate_every=4";

/// A folder in which the program runs, empty at first.
pub struct Place {
    path: PathBuf,
}

impl Place {
    /// An empty folder for the test binary or test `name`.
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self { path }
    }

    /// A folder with four songs in two folders.
    pub fn with_songs(name: &str) -> Self {
        let place = Self::new(name);
        for (seed, folder) in [(1, "songs/ballads"), (2, "songs/dances")] {
            corpus::write(&place.path(folder), 2, seed, |_| ()).unwrap();
        }
        place
    }

    /// A folder with four songs, a `codec` and a `flow` trained on them, shared by all tests of a binary; `None`
    /// without an adapter.
    pub fn trained(name: &str) -> Option<&'static Self> {
        static TRAINED: OnceLock<Place> = OnceLock::new();
        super::gpu()?;
        Some(TRAINED.get_or_init(|| {
            let place = Self::with_songs(name);
            place.succeeds(&format!("train-vqvae -o codec {CODEC}"));
            place.succeeds(&format!("train-flow --codec codec/codec.safetensors --cache cache -o flow {FLOW}"));
            place
        }))
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A file's bytes.
    #[track_caller]
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Writes a file.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// The objects of a run's `metrics.jsonl`, without the times in them.
    pub fn metrics(&self, run: &str) -> Vec<serde_json::Value> {
        without_times(&self.read(&format!("{run}/metrics.jsonl")))
    }

    /// Step and phase of the last complete line of a run's log.
    pub fn last_line(&self, run: &str) -> Option<(u64, String)> {
        let text = fs::read_to_string(self.path(run).join("metrics.jsonl")).ok()?;
        let line: serde_json::Value = serde_json::from_str(text.rsplit_once('\n')?.0.lines().last()?).ok()?;
        Some((line["step"].as_u64()?, line["phase"].as_str()?.to_owned()))
    }

    /// The step of a run's checkpoint, from the name of its resume state; `None` before the first.
    pub fn saved(&self, run: &str, kind: &str) -> Option<u64> {
        fs::metadata(self.path(run).join(format!("{kind}.safetensors"))).ok()?;
        let number = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_prefix(kind)?.strip_prefix("-resume-")?.strip_suffix(".safetensors")?.parse().ok()
        };
        // While a checkpoint is written, there are two resume states, of which the older belongs to the complete checkpoint.
        fs::read_dir(self.path(run)).ok()?.flatten().filter_map(number).min()
    }

    /// Each file of a run by name, except the lock and event files, which contain the time.
    pub fn contents(&self, run: &str) -> BTreeMap<String, Vec<u8>> {
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let files = self.files(run).into_iter().map(|path| (name(&path), fs::read(&path).unwrap()));
        files.filter(|(name, _)| name != ".lock" && !name.contains("tfevents")).collect()
    }

    /// The same with the times taken out of `metrics.jsonl`.
    pub fn timeless_contents(&self, run: &str) -> BTreeMap<String, Vec<u8>> {
        let mut contents = self.contents(run);
        if let Some(log) = contents.get_mut("metrics.jsonl") {
            *log = without_times(log).iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes();
        }
        contents
    }

    /// The files below a folder, in order.
    pub fn files(&self, folder: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.path(folder)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let entry = entry.unwrap();
                let list = if entry.file_type().unwrap().is_dir() { &mut folders } else { &mut found };
                list.push(entry.path());
            }
        }
        found.sort();
        found
    }

    /// The program with space-separated arguments, run in the folder.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flocoder"));
        command.args(arguments.split_whitespace()).current_dir(&self.path).env_remove("FLOCODER_DEVICE");
        command
    }

    /// The output of a command that must succeed.
    #[track_caller]
    pub fn succeeds(&self, arguments: &str) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail with one sentence that contains `part`.
    #[track_caller]
    pub fn refuses(&self, arguments: &str, part: &str) {
        sentence(arguments, &self.command(arguments).arg("-q").output().unwrap(), part);
    }

    /// The same, without leaving a file, not even an incomplete one. No other test may write to the folder at the same time.
    #[track_caller]
    pub fn refuses_and_leaves_nothing(&self, arguments: &str, part: &str) {
        let before = self.files("");
        self.refuses(arguments, part);
        assert_eq!(self.files(""), before, "{arguments}: files");
    }
}

/// The lines of a log without what differs between two equal runs.
fn without_times(log: &[u8]) -> Vec<serde_json::Value> {
    let mut lines: Vec<serde_json::Value> =
        log.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    for line in lines.iter_mut().filter_map(serde_json::Value::as_object_mut) {
        line.retain(|name, _| name != "wall_time" && name != "samples_per_second");
    }
    lines
}

/// Sends a signal, such as `KILL`, to a process.
pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success(), "no {name}");
}

/// Checks that a command failed with one sentence that contains `part`.
#[track_caller]
pub fn sentence(what: &str, output: &Output, part: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{what}: {text}");
    assert!(text.starts_with("error: ") && text.trim_end().lines().count() == 1, "{what}: {text}");
    assert!(text.contains(part), "{what}: {text}");
}
