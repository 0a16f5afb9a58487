//! The command line: exit codes, and one sentence for each error.

mod common;

use common::program::Place;
use std::process::{Command, Output};

fn flocoder(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flocoder"));
    command.args(arguments).env_remove("FLOCODER_DEVICE");
    command
}

/// The output on stderr, which must be one line that begins with `error: `.
fn sentence(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with("error: ") && text.trim_end().lines().count() == 1, "{text}");
    text
}

#[test]
fn help_names_the_commands_and_a_wrong_one_is_a_usage_error() {
    let help = flocoder(&["--help"]).output().unwrap();
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).contains("devices"));
    for arguments in [&["no-such-command"][..], &["devices", "--no-such-flag"], &["devices", "-q", "-v"]] {
        assert_eq!(flocoder(arguments).output().unwrap().status.code(), Some(2), "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_closed_output_pipe_does_not_panic() {
    use std::process::Stdio;
    let mut command = flocoder(&["inspect", concat!(env!("CARGO_MANIFEST_DIR"), "/models/flow.safetensors")]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// Only Vulkan on Linux can be made to find no driver.
#[cfg(target_os = "linux")]
#[test]
fn no_adapter_gives_one_sentence() {
    let nowhere = "/nonexistent/driver.json";
    let output =
        flocoder(&["devices"]).env("VK_DRIVER_FILES", nowhere).env("VK_ICD_FILENAMES", nowhere).output().unwrap();
    let sentence = sentence(&output);
    assert!(sentence.contains("no adapter found; install"), "{sentence}");
}

#[test]
fn an_adapter_of_another_name_gives_one_sentence() {
    let listed = flocoder(&["devices"]).output().unwrap();
    if !listed.status.success() {
        assert!(std::env::var_os("FLOCODER_REQUIRE_GPU").is_none(), "no adapter");
        eprintln!("skipped: no adapter");
        return;
    }
    assert!(String::from_utf8_lossy(&listed.stdout).contains("used: 0: "));
    let sentence = sentence(&flocoder(&["devices", "--device", "abacus"]).output().unwrap());
    assert!(sentence.contains("no adapter is called \"abacus\""), "{sentence}");
}

#[test]
fn music_survives_the_round_trip_through_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let run = |arguments: &[&str]| {
        let output = flocoder(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["data", "compose", &path("corpus"), "--songs", "2", "--seed", "3", "-q"]);
    let stats = run(&["data", "stats", &path("corpus"), "-q"]);
    assert!(stats.starts_with("songs          2\n") && stats.contains("skipped files  0"), "{stats}");
    let mut songs = std::fs::read_dir(path("corpus")).unwrap().map(|entry| entry.unwrap().path());
    let song = songs.next().unwrap().to_str().unwrap().to_owned();
    run(&["to-image", &song, &path("a.png")]);
    run(&["to-midi", &path("a.png"), &path("a.mid")]);
    run(&["to-image", &path("a.mid"), &path("b.png")]);
    assert_eq!(std::fs::read(path("a.png")).unwrap(), std::fs::read(path("b.png")).unwrap());
}

#[test]
fn files_that_are_not_music_give_one_sentence_each_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("empty.mid"), "").unwrap();
    std::fs::write(path("random.mid"), [7; 100]).unwrap();
    std::fs::write(path("random.png"), [7; 100]).unwrap();
    for (arguments, expected) in [
        (["to-image", "empty.mid", "out.png"], "is empty"),
        (["to-image", "random.mid", "out.png"], "is not a MIDI file"),
        (["to-image", "missing.mid", "out.png"], "cannot be opened"),
        (["to-midi", "random.png", "out.mid"], "is not a PNG picture"),
        (["data", "stats", "random.mid"], "is not a MIDI file"),
    ] {
        let sentence = sentence(&flocoder(&arguments).current_dir(folder.path()).arg("-q").output().unwrap());
        assert!(sentence.contains(expected), "{sentence}");
    }
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 3, "nothing is written");
}

/// The same file by another spelling, through a symbolic link, a hard link, a linked folder.
#[cfg(unix)]
#[test]
fn an_input_is_not_overwritten() {
    use std::os::unix::fs::symlink;
    let place = Place::new("overwriting");
    flocoder::data::corpus::write(&place.path("songs"), 1, 1, |_| ()).unwrap();
    place.write("song.mid", place.read("songs/song-0001.mid"));
    place.succeeds("to-image song.mid song.png");
    place.write("model.safetensors", include_bytes!("../models/codec.safetensors"));
    std::fs::create_dir(place.path("reconstructed")).unwrap();
    place.write("reconstructed/original.mid", place.read("song.mid"));
    symlink(".", place.path("here")).unwrap();
    let part = "is an input of this command and would be lost";
    for (command, input, ending) in [
        ("to-image", "song.png", "png"),
        ("to-midi", "song.mid", "mid"),
        ("to-wav", "song.wav", "wav"),
        ("export", "model.safetensors", "safetensors"),
    ] {
        // The contents do not matter: nothing is read.
        if !place.path(input).exists() {
            place.write(input, "input");
        }
        symlink(input, place.path(&format!("{command}-link.{ending}"))).unwrap();
        std::fs::hard_link(place.path(input), place.path(&format!("{command}-hard.{ending}"))).unwrap();
        let links = [format!("{command}-link.{ending}"), format!("{command}-hard.{ending}")];
        for output in [input.to_owned(), format!("./{input}"), format!("here/{input}")].iter().chain(&links) {
            place.refuses_and_leaves_nothing(&format!("{command} {input} {output}"), part);
        }
    }
    place.refuses_and_leaves_nothing("reconstruct reconstructed/original.mid", part);
    place.refuses_and_leaves_nothing("reconstruct here/reconstructed/original.mid -o ./reconstructed", part);
    place.refuses_and_leaves_nothing("to-wav song.mid song.wav --soundfont song.wav", part);
}

#[test]
fn an_output_of_another_kind_is_refused() {
    let place = Place::new("endings");
    flocoder::data::corpus::write(&place.path("songs"), 1, 1, |_| ()).unwrap();
    place.write("song.mid", place.read("songs/song-0001.mid"));
    place.succeeds("to-image song.mid song.PNG");
    for (command, ending) in [
        ("to-image song.mid out.mid", "png"),
        ("to-image song.mid out", "png"),
        ("to-midi song.PNG out.png", "mid or .midi"),
        ("to-wav song.mid out.mp3", "wav or .flac"),
        ("export song.mid out.pt", "safetensors"),
        ("inspect song.mid --codes out.jpg", "png"),
    ] {
        place.refuses_and_leaves_nothing(command, &format!("does not end in .{ending}, which is what is written"));
    }
    place.succeeds("to-midi song.PNG song.midi");
}

/// Every kind of output of every command that needs no adapter, on a disk without space.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_stdout_is_a_sentence() {
    let place = Place::new("full-stdout");
    flocoder::data::corpus::write(&place.path("songs"), 1, 1, |_| ()).unwrap();
    place.write("model.safetensors", include_bytes!("../models/codec.safetensors"));
    for command in [
        "--help",
        "--version",
        "sample --help",
        "data stats songs",
        "data compose again --songs 1",
        "to-image songs/song-0001.mid song.png",
        "inspect model.safetensors",
        "export model.safetensors out.safetensors",
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut quiet = place.command(command);
        let output = quiet.stdout(full).stderr(std::process::Stdio::piped()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command}: {text}");
        let last = text.lines().last().unwrap();
        assert!(last.starts_with("error: stdout: cannot be written because the disk is full"), "{command}: {text}");
    }
}
