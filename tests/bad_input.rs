//! Unusable input gives one sentence and a non-zero exit code, and leaves no file.

mod common;

use common::program::{CODEC, FLOW, Place, sentence};
use flocoder::checkpoint::{Checkpoint, Kind};
use flocoder::config::Config;
use flocoder::data::picture::Picture;
use flocoder::models::Vqvae;

/// A configuration of a small codec.
fn config() -> Config {
    let overrides: Vec<String> = CODEC.split_whitespace().map(str::to_owned).collect();
    Config::load(None, &overrides).unwrap()
}

#[test]
fn a_missing_adapter() {
    let place = Place::with_songs("no-adapter");
    let train = format!("train-vqvae -o run {CODEC}");
    if cfg!(target_os = "linux") {
        let nowhere = "/nonexistent/driver.json";
        let output = place
            .command(&train)
            .arg("-q")
            .env("VK_DRIVER_FILES", nowhere)
            .env("VK_ICD_FILENAMES", nowhere)
            .output()
            .unwrap();
        sentence(&train, &output, "GPU: no adapter found; install");
        assert!(place.files("run").is_empty());
    }
    if common::gpu().is_some() {
        place.refuses_and_leaves_nothing(&format!("{train} --device nosuch"), "no adapter is called \"nosuch\"");
        let output = place.command(&train).arg("-q").env("FLOCODER_DEVICE", "99").output().unwrap();
        sentence(&train, &output, "no adapter is called \"99\"");
    }
}

#[test]
fn tensors_that_the_adapter_cannot_bind() {
    let Some(gpu) = common::gpu() else { return };
    let place = Place::with_songs("limits");
    let largest = gpu.capabilities().largest_binding;
    let at_once = format!("bytes, but the adapter binds at most {largest}; lower train.batch");
    // The weights; the images of a batch; the output of the first layer, if images and weights still fit.
    let images = largest / (128 * 128 * 2 * 4) + 1;
    let activations = largest / (128 * 32 * 64 * 4) + 1;
    for (sizes, part) in [
        ("vqvae.hidden=65536".to_owned(), "exceeds the adapter's largest buffer of"),
        (format!("data.steps=128 train.batch={images}"), at_once.as_str()),
        (format!("vqvae.patch=1 vqvae.hidden=64 train.batch={activations}"), at_once.as_str()),
    ] {
        place.refuses_and_leaves_nothing(&format!("train-vqvae -o run {CODEC} {sizes}"), part);
    }
}

#[test]
fn invalid_settings() {
    let place = Place::with_songs("settings");
    place.write("unknown.yaml", "vqvae:\n  hiden: 3\n");
    place.write("broken.yaml", "vqvae: [1\n");
    Checkpoint::new(Kind::Codec, config(), 1).save(&place.path("codec.safetensors")).unwrap();
    for (settings, part) in [
        ("--config unknown.yaml", "unknown key `vqvae.hiden` (unknown.yaml); the nearest known key is `vqvae.hidden`"),
        ("--config broken.yaml", "broken.yaml is not valid YAML"),
        ("--config missing.yaml", "missing.yaml: cannot read this configuration"),
        ("train.stebs=3", "the nearest known key is `train.steps`"),
        ("train.steps=many", "`train.steps` (command line) is \"many\", but has to be a whole number, 0 or more"),
        ("vqvae.patch=3", "vqvae.patch is 3, but has to be one of 1, 2, 4, 8"),
        ("data.steps=36", "a picture of 128 x 36 (128 pitches x data.steps) is not divisible by vqvae.patch = 8"),
        ("vqvae.arch=resnet vqvae.patch=1 vqvae.neighbourhood=true vqvae.hidden=12", "not divisible by the 8 heads"),
        ("vqvae.latent=100", "vqvae.latent is 100, but has to be at most 64"),
        ("train.batch=1e12", "train.batch is 1000000000000, but has to be at most 65536"),
        ("data.path=nowhere", "nowhere"),
        ("data.path=null", "data.path"),
    ] {
        place.refuses_and_leaves_nothing(&format!("train-vqvae -o run {CODEC} {settings}"), part);
    }
    for (settings, part) in [
        ("flow.dim=6", "flow.dim = 6 is not divisible by the 4 groups"),
        (
            "flow.dim_mults=[1,1,1,1,1]",
            "the latent is 16 x 4, which flow.dim_mults [1, 1, 1, 1, 1] would halve 4 times",
        ),
        ("flow.sampling.guidance=2", "flow.sampling.guidance needs classes"),
    ] {
        place.refuses_and_leaves_nothing(
            &format!("train-flow --codec codec.safetensors -o run {FLOW} {settings}"),
            part,
        );
    }
}

#[test]
fn invalid_checkpoints_and_those_of_other_networks() {
    let Some(gpu) = common::gpu() else { return };
    let place = Place::with_songs("checkpoints");
    let mut codec = Checkpoint::new(Kind::Codec, config(), 1);
    codec.tensors = Vqvae::new(gpu, &codec.config.vqvae, 2, 0).unwrap().export().unwrap();
    codec.save(&place.path("codec.safetensors")).unwrap();
    let whole = place.read("codec.safetensors");
    codec.config.vqvae.hidden = 32;
    codec.save(&place.path("shapes.safetensors")).unwrap();
    // Networks of terabytes, without tensors.
    (codec.config.vqvae.hidden, codec.config.vqvae.blocks) = (1 << 16, 200);
    codec.save(&place.path("claims.safetensors")).unwrap();
    (codec.config.vqvae.hidden, codec.config.vqvae.levels, codec.config.vqvae.codes) = (16, 256, 1 << 16);
    codec.save(&place.path("codes.safetensors")).unwrap();
    let mut flow = Checkpoint::new(Kind::Flow, config(), 1);
    flow.config.flow.dim_mults = vec![1, 2];
    flow.save(&place.path("flow.safetensors")).unwrap();
    place.write("short.safetensors", &whole[..whole.len() / 2]);
    place.write("random.safetensors", [0xA7; 5000]);
    let song = place.files("songs")[0].display().to_string();
    for (file, part) in [
        ("missing", "missing.safetensors: there is no such file"),
        ("short", "short.safetensors: is cut short or damaged"),
        ("random", "random.safetensors: is not a .safetensors file"),
        ("flow", "flow.safetensors: holds a flow, but a codec is expected"),
        ("shapes", "where [32, "),
        ("claims", "where [65536, "),
        ("codes", "has no codebooks of the shape [256, 65536, 4]"),
    ] {
        place.refuses_and_leaves_nothing(&format!("reconstruct {song} --checkpoint {file}.safetensors -o out"), part);
        place.refuses_and_leaves_nothing(
            &format!("train-flow --codec {file}.safetensors --cache cache -o out {FLOW}"),
            part,
        );
        // These two commands accept a flow too, and find that this one is empty.
        let part = if file == "flow" { "has no codebooks" } else { part };
        place.refuses_and_leaves_nothing(&format!("inspect {file}.safetensors --codes out.png"), part);
        place
            .refuses_and_leaves_nothing(&format!("evaluate --checkpoint {file}.safetensors --data songs -o out"), part);
    }
    for (file, part) in [
        ("missing", "there is no such file"),
        ("short", "is cut short or damaged"),
        ("random", "is not a .safetensors file"),
        ("codec", "codec.safetensors: holds a codec, but a flow is expected"),
        ("flow", "has no codebooks"),
    ] {
        place.refuses_and_leaves_nothing(&format!("sample --checkpoint {file}.safetensors -o out"), part);
    }
}

#[test]
fn files_that_are_not_music() {
    let place = Place::with_songs("no-music");
    let song = std::fs::read(&place.files("songs")[0]).unwrap();
    // No note precedes the cut.
    place.write("short.mid", &song[..60]);
    place.write("empty.mid", "");
    place.write("random.mid", [0xA7; 1000]);
    place.write("header.mid", [&song[..14], &[0xA7; 1000]].concat());
    place.write("random.png", [0xA7; 1000]);
    place.write("short.png", &Picture::new(64, 128, [0; 3]).png(&[])[..60]);
    place.write("low.png", Picture::new(64, 100, [0; 3]).png(&[]));
    let codec = Checkpoint::new(Kind::Codec, config(), 1);
    codec.save(&place.path("codec.safetensors")).unwrap();
    for (file, part) in [
        ("missing", "missing.mid: "),
        ("empty", "is empty"),
        ("random", "is not a MIDI file"),
        ("header", "header.mid: "),
        ("short", "short.mid: "),
    ] {
        place.refuses_and_leaves_nothing(&format!("to-image {file}.mid out.png"), part);
        place.refuses_and_leaves_nothing(&format!("to-wav {file}.mid out.wav"), part);
        place.refuses_and_leaves_nothing(&format!("data stats {file}.mid"), part);
        place
            .refuses_and_leaves_nothing(&format!("reconstruct {file}.mid --checkpoint codec.safetensors -o out"), part);
        place.refuses_and_leaves_nothing(&format!("train-vqvae -o run {CODEC} data.path={file}.mid"), part);
    }
    for (file, part) in
        [("random", "is not a PNG picture"), ("short", "short.png: "), ("low", "100"), ("missing", "missing.png: ")]
    {
        place.refuses_and_leaves_nothing(&format!("to-midi {file}.png out.mid"), part);
        place
            .refuses_and_leaves_nothing(&format!("reconstruct {file}.png --checkpoint codec.safetensors -o out"), part);
    }
}

/// As of a download that broke off: what there is is written, and the command fails.
#[test]
fn a_song_that_is_cut_off_is_converted_up_to_there() {
    let place = Place::with_songs("cut-off");
    let song = std::fs::read(&place.files("songs")[0]).unwrap();
    place.write("cut.mid", &song[..song.len() / 2]);
    let part = format!("cut.mid: is cut off at byte {}, in track ", song.len() / 2);
    for (command, written) in [("to-image cut.mid out.png", "out.png"), ("to-wav cut.mid out.wav", "out.wav")] {
        place.refuses(command, &part);
        assert!(place.read(written).len() > 500);
    }
    assert!(
        place.succeeds("data stats cut.mid").contains("songs read up to where they are cut off: cut.mid is cut off")
    );
    place.succeeds("to-midi out.png again.mid");
}

#[test]
fn a_file_where_a_folder_is_needed() {
    let Some(_) = common::gpu() else { return };
    let place = Place::with_songs("in-the-way");
    place.write("file", "");
    let song = place.files("songs")[0].display().to_string();
    place.succeeds(&format!("to-image {song} song.png"));
    let part = "cannot be written because a file is in the place of a folder; choose another output folder";
    for command in [
        format!("train-vqvae -o file/run {CODEC}"),
        format!("train-vqvae -o file {CODEC}"),
        "data compose file --songs 1".to_owned(),
        "demo -o file".to_owned(),
        format!("to-image {song} file/out.png"),
        format!("to-wav {song} file/out.wav"),
        "to-midi song.png file/out.mid".to_owned(),
    ] {
        place.refuses_and_leaves_nothing(&command, part);
    }
    place.refuses_and_leaves_nothing(
        &format!("to-image {song} nowhere/out.png"),
        "its folder does not exist; create it first",
    );
}

/// A disk that is full from the second checkpoint on, which only root can mount.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_at_a_checkpoint() {
    use std::process::Command;
    let Some(_) = common::gpu() else { return };
    let place = Place::with_songs("full-disk");
    let disk = place.path("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=240k", "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: a small disk can only be made by root");
        return;
    }
    let output = place.command(&format!("train-vqvae -q -o disk {CODEC} train.checkpoint_every=1")).output();
    let kept = Checkpoint::load(&place.path("disk/codec.safetensors"), Kind::Codec);
    let files = place.files("disk").len();
    assert!(Command::new("umount").arg(&disk).status().unwrap().success());
    let output = output.unwrap();
    sentence("a full disk", &output, "cannot be written because the disk is full");
    sentence("a full disk", &output, "error: step 1: ");
    sentence("a full disk", &output, "the checkpoint of step 0 is kept: continue with --resume");
    assert_eq!(kept.unwrap().step, 0);
    assert_eq!(files, 6, "checkpoint, state, configuration, metrics, events, lock");
}
