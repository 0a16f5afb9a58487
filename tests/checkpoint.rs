//! Checkpoints: what is saved is read back, and each damaged or foreign file gives one sentence.

use flocoder::checkpoint::container::{AnyTensor, read_safetensors};
use flocoder::checkpoint::tensors::{prefixed, take_prefixed};
use flocoder::checkpoint::{Checkpoint, Kind, ResumeState};
use flocoder::config::{Config, Precision};
use flocoder::error::Error;
use flocoder::nn::HostTensor;
use flocoder::train::run::RunDir;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn example(kind: Kind, step: u64) -> Checkpoint {
    let mut checkpoint = Checkpoint::new(kind, Config::default(), step);
    checkpoint.extra.insert("mean".to_owned(), serde_json::json!([0.25, -1.5]));
    checkpoint
        .tensors
        .insert("b.weight".to_owned(), HostTensor::new([2, 3], vec![0.0, 1.0, -2.0, 3.5, f32::MIN, 1e-40]));
    checkpoint.tensors.insert("a.bias".to_owned(), HostTensor::new([1], vec![7.0]));
    checkpoint.tensors.insert("scalar".to_owned(), HostTensor::new([], vec![4.0]));
    checkpoint
}

fn state(step: u64) -> ResumeState {
    let counters = BTreeMap::from([("position".to_owned(), serde_json::json!({"epoch": 3, "window": 17}))]);
    let tensors = BTreeMap::from([("adam.m".to_owned(), HostTensor::new([2], vec![step as f32, 0.5]))]);
    ResumeState { step, counters, tensors, ..ResumeState::default() }
}

/// The sentence for a codec checkpoint that cannot be loaded.
fn refusal(path: &Path) -> String {
    let sentence = Checkpoint::load(path, Kind::Codec).unwrap_err().to_string();
    assert!(sentence.starts_with(&path.display().to_string()) && !sentence.contains('\n'), "{sentence}");
    sentence
}

/// A `.safetensors` file from a header and its values.
fn write_raw(path: &Path, header: &str, values: &[u8]) {
    fs::write(path, [&(header.len() as u64).to_le_bytes(), header.as_bytes(), values].concat()).unwrap();
}

#[test]
fn what_is_saved_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("codec.safetensors");
    let saved = example(Kind::Codec, 12);
    saved.save(&path).unwrap();
    let loaded = Checkpoint::load(&path, Kind::Codec).unwrap();
    assert_eq!(loaded, Checkpoint { path: path.clone(), ..saved.clone() });
    let first = fs::read(&path).unwrap();
    saved.save(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), first, "the same content gives the same bytes");
    let (metadata, _) = read_safetensors(&path).unwrap();
    let yaml: Config = serde_json::from_str(&metadata["config"]).unwrap();
    assert_eq!((metadata["kind"].as_str(), metadata["step"].as_str(), yaml), ("codec", "12", Config::default()));
    assert!(metadata["program"].starts_with("flocoder "));
}

#[test]
fn a_missing_truncated_or_foreign_file_gives_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("codec.safetensors");
    assert!(refusal(&path).contains("there is no such file"));
    example(Kind::Codec, 1).save(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    for length in [whole.len() - 1, whole.len() / 2, 100, 9] {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(refusal(&path).contains("is cut short or damaged"), "{length} bytes");
    }
    fs::write(&path, [&whole[..], &[0]].concat()).unwrap();
    assert!(refusal(&path).contains("is cut short or damaged"));
    for bytes in [&b""[..], b"\x10\0\0", b"MThd and so on, which is music but no checkpoint", &[0xA7; 5000]] {
        fs::write(&path, bytes).unwrap();
        assert!(refusal(&path).contains("is not a .safetensors file"));
    }
    fs::write(&path, [&u64::MAX.to_le_bytes()[..], b"{\"a\":1}"].concat()).unwrap();
    assert!(refusal(&path).contains("a header of 18446744073709551615 bytes in a file of 15"));
    fs::write(&path, [&(8u64 << 30).to_le_bytes()[..], b"{\"a\":1}"].concat()).unwrap();
    assert!(refusal(&path).contains("a header of 8589934592 bytes in a file of 15"));
    write_raw(&path, "{}", &[]);
    assert!(refusal(&path).contains("of another program"));
    assert!(refusal_of_folder(folder.path()).contains("cannot be read"));
}

fn refusal_of_folder(path: &Path) -> String {
    Checkpoint::load(path, Kind::Codec).unwrap_err().to_string()
}

#[test]
fn the_other_kind_and_a_newer_format_give_one_sentence_each() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.safetensors");
    example(Kind::Flow, 1).save(&path).unwrap();
    assert!(refusal(&path).contains("holds a flow, but a codec is expected"));
    state(1).save(&path).unwrap();
    assert!(refusal(&path).contains("holds a resume state, but a codec is expected"));
    example(Kind::Codec, 1).save(&path).unwrap();
    assert!(ResumeState::load(&path).unwrap_err().to_string().contains("holds a codec"));
    write_raw(&path, r#"{"__metadata__":{"format_version":"99","kind":"codec","program":"flocoder 9.0"}}"#, &[]);
    assert!(refusal(&path).contains("written by flocoder 9.0 in format 99"));
    write_raw(&path, r#"{"__metadata__":{"format_version":"1","kind":"codec","step":"1","extra":"{}"}}"#, &[]);
    assert!(refusal(&path).contains("no `config`"));
    write_raw(
        &path,
        r#"{"__metadata__":{"format_version":"1","kind":"codec","step":"1","config":"{\"tempo\":3}"}}"#,
        &[],
    );
    assert!(refusal(&path).contains("`config` that cannot be read"));
}

#[test]
fn an_impossible_configuration_gives_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("codec.safetensors");
    let mut checkpoint = example(Kind::Codec, 1);
    checkpoint.config.vqvae.patch = 0;
    checkpoint.save(&path).unwrap();
    assert!(refusal(&path).contains("has a configuration that is not valid (configuration: vqvae.patch is 0"));
    // A message that quotes a line break is still one line.
    let config = r#"{\"a\\nb\":3}"#;
    let header =
        format!(r#"{{"__metadata__":{{"format_version":"1","kind":"codec","step":"1","config":"{config}"}}}}"#);
    write_raw(&path, &header, &[]);
    assert!(refusal(&path).contains("`config` that cannot be read (unknown field `a b`"), "{}", refusal(&path));
}

#[test]
fn names_in_a_checkpoint_are_not_used_as_paths() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("run");
    fs::create_dir(&output).unwrap();
    let mut checkpoint = example(Kind::Codec, 7);
    for name in ["../../up", "/tmp/absolute", "..\\..\\up"] {
        checkpoint.tensors.insert(name.to_owned(), HostTensor::new([1], vec![1.0]));
        checkpoint.extra.insert(name.to_owned(), serde_json::json!(name));
    }
    checkpoint.save(&output.join("codec.safetensors")).unwrap();
    state(7).save(&output.join("codec-resume-7.safetensors")).unwrap();
    let (run, loaded, state) = RunDir::resume(&output, Kind::Codec).unwrap();
    assert_eq!(loaded.tensors, checkpoint.tensors);
    drop(run.start(&loaded.config, 7).unwrap());
    run.save(&loaded, &state).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    // The kind would be part of a file's name.
    let header = r#"{"__metadata__":{"format_version":"1","kind":"../codec","step":"1","config":"{}","extra":"{}"}}"#;
    write_raw(&output.join("codec.safetensors"), header, &[]);
    let error = RunDir::resume(&output, Kind::Codec).unwrap_err().to_string();
    assert!(error.contains("holds a ../codec, but a codec is expected"), "{error}");
}

#[test]
fn a_tensor_that_is_missing_or_has_another_shape_is_named() {
    let mut checkpoint = example(Kind::Codec, 1);
    assert_eq!(checkpoint.take("a.bias", &[1]).unwrap().data, [7.0]);
    let missing = checkpoint.take("a.bias", &[1]).unwrap_err().to_string();
    assert!(missing.contains("has no tensor `a.bias`"), "{missing}");
    let other = checkpoint.take("b.weight", &[3, 2]).unwrap_err().to_string();
    assert!(other.contains("tensor `b.weight` has the shape [2, 3] where [3, 2] is expected"), "{other}");
}

#[test]
fn values_that_are_not_finite_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.safetensors");
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let bad = || HostTensor::new([2], vec![0.5, value]);
        for kind in [Kind::Codec, Kind::Flow] {
            let mut checkpoint = example(kind, 1);
            checkpoint.tensors = BTreeMap::from([("decoder.weight".to_owned(), bad())]);
            for precision in [Precision::F32, Precision::F16] {
                checkpoint.save_in(precision, &path).unwrap();
                let error = Checkpoint::open(&path).unwrap_err().to_string();
                assert!(error.contains("tensor `decoder.weight` has values that are not finite"), "{error}");
            }
        }
        let mut state = state(1);
        state.tensors.insert("adam.v".to_owned(), bad());
        state.save(&path).unwrap();
        let error = ResumeState::load(&path).unwrap_err().to_string();
        assert!(error.contains("tensor `adam.v` has values that are not finite"), "{error}");
    }
    let mut flow = example(Kind::Flow, 1);
    for (mean, deviation) in [("[0]", "[0]"), ("[1e39]", "[1]"), ("[0]", "[1,1]"), ("[null]", "[1]")] {
        let text = format!("{{\"mean\":{mean},\"deviation\":{deviation}}}");
        flow.config.vqvae.latent = 1;
        flow.extra.insert("latent_statistics".to_owned(), serde_json::from_str(&text).unwrap());
        let error = flow.statistics().unwrap_err().to_string();
        assert!(error.contains("has no usable statistics of its latents"), "{text}: {error}");
    }
}

#[test]
fn one_file_holds_several_sets_of_tensors() {
    let codec = example(Kind::Codec, 1).tensors;
    let mut all = example(Kind::Flow, 1).tensors;
    all.extend(prefixed("codec.", codec.clone()));
    assert_eq!(take_prefixed("codec.", &mut all), codec);
    assert_eq!(all, example(Kind::Flow, 1).tensors);
}

#[test]
fn other_number_formats_become_32_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.safetensors");
    let half = half::f16::from_f32(1.5).to_le_bytes();
    let brain = half::bf16::from_f32(-2.0).to_le_bytes();
    let bytes = [&0.25f64.to_le_bytes()[..], &(-3i64).to_le_bytes(), &7i32.to_le_bytes(), &half, &brain].concat();
    let header = r#"{"d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"l":{"dtype":"I64","shape":[1],"data_offsets":[8,16]},
        "i":{"dtype":"I32","shape":[1],"data_offsets":[16,20]},"h":{"dtype":"F16","shape":[1],"data_offsets":[20,22]},
        "b":{"dtype":"BF16","shape":[1],"data_offsets":[22,24]}}"#;
    write_raw(&path, header, &bytes);
    let (_, tensors) = read_safetensors(&path).unwrap();
    let float = |value| AnyTensor::F32(HostTensor::new([1], vec![value]));
    let integer = |value| AnyTensor::I32 { shape: vec![1], data: vec![value] };
    for (name, expected) in
        [("d", float(0.25)), ("h", float(1.5)), ("b", float(-2.0)), ("l", integer(-3)), ("i", integer(7))]
    {
        assert_eq!(tensors[name], expected, "{name}");
    }
    write_raw(&path, r#"{"u":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, &[1]);
    let error = read_safetensors(&path).unwrap_err().to_string();
    assert!(error.contains("tensor `u` has the element type U8"), "{error}");
}

#[test]
fn a_run_resumes_from_its_last_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("runs/one");
    let nothing = RunDir::resume(&output, Kind::Codec).unwrap_err().to_string();
    assert!(nothing.contains("holds no codec.safetensors to resume from"), "{nothing}");
    let run = RunDir::create(Some(&output), Kind::Codec, "one").unwrap();
    let mut log = run.start(&Config::default(), 0).unwrap();
    assert_eq!(Config::load(Some(&run.file("config.yaml")), &[]).unwrap(), Config::default());
    log.write(5, "train", &[("loss", 1.0)]).unwrap();
    for step in [5, 10] {
        run.save(&example(Kind::Codec, step), &state(step)).unwrap();
    }
    // A resume state without its checkpoint, as after a power cut between the two writes.
    state(15).save(&run.file("codec-resume-15.safetensors")).unwrap();
    let (run, checkpoint, mut found) = RunDir::resume(&output, Kind::Codec).unwrap();
    assert_eq!((checkpoint.step, found.step, &found.counters), (10, 10, &state(10).counters));
    assert_eq!(found.take("adam.m", &[2]).unwrap().data, [10.0, 0.5]);
    run.save(&example(Kind::Codec, 20), &state(20)).unwrap();
    let mut names: Vec<_> =
        fs::read_dir(&output).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(
        names,
        [".lock", "codec-resume-20.safetensors", "codec.safetensors", "config.yaml", "events", "metrics.jsonl"]
    );
    let taken = RunDir::create(Some(&output), Kind::Flow, "one").unwrap_err().to_string();
    assert!(taken.contains("already holds a run; continue it with --resume"), "{taken}");
}

#[test]
fn the_last_and_the_best_checkpoints_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunDir::create(Some(folder.path()), Kind::Codec, "run").unwrap();
    let save = |step, keep_last| {
        let mut checkpoint = example(Kind::Codec, step);
        checkpoint.config.train.keep_last = keep_last;
        run.save(&checkpoint, &state(step)).unwrap();
    };
    let steps = || -> Vec<(String, u64)> {
        let entries = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap());
        let mut named: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        named.retain(|name| !name.contains("resume"));
        named.sort();
        named.iter().map(|name| (name.clone(), Checkpoint::load(&run.file(name), Kind::Codec).unwrap().step)).collect()
    };
    let file = |name: &str, step| (format!("codec{name}.safetensors"), step);
    for step in [8, 9, 10, 11] {
        save(step, 3);
        if step == 9 {
            run.keep_best().unwrap();
            run.keep_best().unwrap();
        }
    }
    let wanted: Vec<(String, u64)> =
        vec![file("-000009", 9), file("-000010", 10), file("-000011", 11), file("-best", 9), file("", 11)];
    assert_eq!(steps(), wanted);
    save(12, 1);
    assert_eq!(steps(), [file("-best", 9), file("", 12)]);
    run.keep_best().unwrap();
    assert_eq!(steps(), [file("-best", 12), file("", 12)]);
}

#[test]
fn a_folder_in_which_another_process_trains_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let create = || RunDir::create(Some(folder.path()), Kind::Codec, "run").unwrap();
    let (first, second) = (create(), create());
    // The incomplete file of a killed process.
    fs::write(folder.path().join(".writing-abc"), "half").unwrap();
    let mut log = first.start(&Config::default(), 0).unwrap();
    assert!(!folder.path().join(".writing-abc").exists());
    let refusal = |run: &RunDir| run.start(&Config::default(), 0).unwrap_err().to_string();
    assert!(refusal(&second).contains("is in use by another flocoder"), "{}", refusal(&second));
    first.save(&example(Kind::Codec, 0), &state(0)).unwrap();
    log.write(1, "train", &[("loss", 1.0)]).unwrap();
    drop(first);
    assert!(refusal(&second).contains("already holds a run; continue"), "{}", refusal(&second));
    fs::remove_file(folder.path().join("codec.safetensors")).unwrap();
    assert!(refusal(&second).contains("already holds a run, which has no checkpoint"), "{}", refusal(&second));
    // Killed after it wrote only an empty log.
    fs::write(folder.path().join("metrics.jsonl"), "").unwrap();
    create();
}

#[test]
fn the_error_that_ends_a_run_names_the_kept_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunDir::create(Some(folder.path()), Kind::Codec, "run").unwrap();
    run.save(&example(Kind::Codec, 5), &state(5)).unwrap();
    let sentence = run.stopped(7, Error::device("the device was lost")).to_string();
    assert_eq!(sentence, "step 7: GPU: the device was lost; the checkpoint of step 5 is kept: continue with --resume");
}

#[test]
fn an_output_that_cannot_be_written_gives_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let sentence = RunDir::create(Some(&file.join("run")), Kind::Codec, "run").unwrap_err().to_string();
    assert!(sentence.contains("choose another output folder"), "{sentence}");
}

/// A full disk, which only root can mount.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_old_checkpoint() {
    use std::process::Command;
    let folder = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(folder.path()).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: a small disk can only be made by root");
        return;
    }
    let path = folder.path().join("codec.safetensors");
    let small = example(Kind::Codec, 1);
    small.save(&path).unwrap();
    let mut large = example(Kind::Codec, 2);
    large.tensors.insert("large".to_owned(), HostTensor::new([100_000], vec![1.0; 100_000]));
    let result = large.save(&path);
    let kept = Checkpoint::load(&path, Kind::Codec);
    let names = fs::read_dir(folder.path()).unwrap().count();
    assert!(Command::new("umount").arg(folder.path()).status().unwrap().success());
    let sentence = result.unwrap_err().to_string();
    assert!(sentence.contains("the disk is full; the old file is untouched"), "{sentence}");
    assert_eq!((kept.unwrap().step, names), (1, 1));
}
