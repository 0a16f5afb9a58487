//! From songs to tensors and batches: layouts, folders and archives, windows and their split.

mod common;

use common::music::{ends, notes, random_roll};
use flocoder::config::{Channels, DataConfig, Pitches};
use flocoder::data::corpus;
use flocoder::data::dataset::Dataset;
use flocoder::data::dataset::song::Song;
use flocoder::data::dataset::source::{self, Scan};
use flocoder::data::dataset::split::Split;
use flocoder::data::dataset::stats::Stats;
use flocoder::data::music::midi::{self, Selection};
use flocoder::data::music::roll::{Note, Roll, TimeSignature};
use flocoder::data::picture::cells::Orphans;
use flocoder::data::picture::image;
use flocoder::data::picture::tensor::Layout;
use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

// Tensors.

#[test]
fn tensors_of_every_layout_read_back() {
    let roll = random_roll(9, 128, 10..=127);
    for channels in [Channels::OnsetSustain, Channels::Rgb] {
        for velocity in [false, true] {
            let layout = Layout { channels, velocity, pitches: Pitches::ALL };
            let mut values = vec![7.0; layout.size(128)];
            layout.write(&roll, &mut values);
            let lit = values.iter().filter(|v| **v > 0.0).count();
            assert_eq!(lit, roll.lit_cells());
            let read = layout.read(&values, Orphans::Drop);
            if velocity {
                assert_eq!(read.notes(), roll.notes());
            } else {
                assert_eq!(ends(read.notes()), ends(roll.notes()));
            }
        }
    }
    let gray = Layout { channels: Channels::Gray, velocity: false, pitches: Pitches::ALL };
    let apart = Roll::new(16, vec![roll.window(0, 16).notes()[0]]);
    let mut values = vec![0.0; gray.size(16)];
    gray.write(&apart, &mut values);
    assert_eq!(ends(gray.read(&values, Orphans::Drop).notes()), ends(apart.notes()));
}

#[test]
fn the_high_pitch_is_the_first_row() {
    let layout = Layout { channels: Channels::OnsetSustain, velocity: false, pitches: Pitches::ALL };
    let mut values = vec![0.0; layout.size(4)];
    layout.write(&Roll::new(4, vec![Note { start: 1, duration: 2, pitch: 126, velocity: 80 }]), &mut values);
    // Row 1, columns 1 and 2.
    let lit: Vec<usize> = (0..values.len()).filter(|&i| values[i] > 0.0).collect();
    assert_eq!(lit, [2 * (4 + 1), 2 * (4 + 2) + 1]);
}

// Sources.

fn quiet(_: usize, _: usize) {}

fn names(scan: &Scan) -> Vec<&str> {
    scan.songs.iter().map(|s| s.name.as_str()).collect()
}

fn write_zip(path: &Path, entries: &[(&str, &[u8])]) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, bytes) in entries {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

/// Two bars of quarter notes whose ticks are on the grid only with the annotated beats.
fn annotated_song() -> (Vec<u8>, String) {
    let ticks: Vec<_> = (0..8).map(|i| (700 * i, 700 * i + 600, 60 + i as u8)).collect();
    let text = (0..8).map(|i| format!("{} 1.0 {}\n", 700.0 / 960.0 * f64::from(i), u8::from(i % 4 == 0))).collect();
    (notes(&ticks), text)
}

#[test]
fn a_folder_and_a_zip_give_the_same_songs_and_name_broken_files() {
    let (annotated, beats) = annotated_song();
    let plain = midi::write(&random_roll(2, 64, 1..=127));
    let picture = image::write(&random_roll(3, 64, 10..=127));
    let entries: Vec<(&str, &[u8])> = vec![
        ("POP909/001/001.mid", &annotated),
        ("POP909/001/beat_midi.txt", beats.as_bytes()),
        ("POP909/001/versions/001-v1.mid", &annotated),
        ("POP909/002/002.MID", &plain),
        ("POP909/003/003.mid", &plain[..40]),
        ("POP909/004/004.mid", b""),
        ("POP909/index.txt", b"no music"),
        ("__MACOSX/POP909/._001.mid", b"no music either"),
        ("sheet.png", b"\x89PNG"),
        ("pictures/roll.png", &picture),
    ];
    let temporary = tempfile::tempdir().unwrap();
    let (folder, archive) = (temporary.path().join("folder"), temporary.path().join("songs.zip"));
    for (name, bytes) in &entries {
        std::fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    write_zip(&archive, &entries);
    let selection = Selection::default();
    let from_folder = source::scan(&folder, &selection, &quiet).unwrap();
    let from_zip = source::scan(&archive, &selection, &quiet).unwrap();
    assert_eq!(from_folder.songs, from_zip.songs);
    assert_eq!(from_folder.skipped, from_zip.skipped);
    assert_eq!(names(&from_zip), ["POP909/001/001.mid", "POP909/002/002.MID", "pictures/roll.png"]);
    let skipped: Vec<&str> = from_zip.skipped.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(skipped, ["POP909/003/003.mid", "POP909/004/004.mid", "sheet.png"]);
    assert!(from_zip.skipped[0].reason.contains("cut off") && from_zip.skipped[1].reason == "is empty");
    let quarters: Vec<u32> = from_zip.songs[0].roll.notes().iter().map(|n| n.start).collect();
    assert_eq!(quarters, [0, 4, 8, 12, 16, 20, 24, 28], "the annotated beats are used");
    let one = source::read_song(&folder.join("POP909/001/001.mid"), &selection).unwrap();
    assert_eq!(one.roll, from_zip.songs[0].roll);
    let stats = Stats::of(&from_zip, &DataConfig { steps: 32, ..DataConfig::default() }).to_string();
    assert!(stats.contains("skipped files  3\n  POP909/003/003.mid is cut off"), "{stats}");
}

#[test]
fn statistics_are_told_in_plain_words() {
    let temporary = tempfile::tempdir().unwrap();
    let song = corpus::compose(5, 3);
    let write = |name: &str, bytes: &[u8]| std::fs::write(temporary.path().join(name), bytes).unwrap();
    write("song.mid", &song.midi());
    // The same song a beat later, with a note in that beat, and its first bars.
    let whole = song.merged();
    let mut notes = vec![Note { start: 0, duration: 4, pitch: 60, velocity: 80 }];
    notes.extend(whole.notes().iter().map(|note| Note { start: note.start + 4, ..*note }));
    write("upbeat.mid", &midi::write(&Roll::new(whole.steps() + 16, notes).with_time(90.0, TimeSignature::COMMON)));
    let waltz = TimeSignature { beats: 3, unit: 4 };
    write("short.mid", &midi::write(&whole.window(0, 48).with_time(90.0, waltz)));
    let scan = source::scan(temporary.path(), &Selection::default(), &quiet).unwrap();
    let report = Stats::of(&scan, &DataConfig::default()).to_string();
    let line = |name: &str| {
        let found = report.lines().find(|line| line.starts_with(name));
        found.unwrap_or_else(|| panic!("no {name}: {report}")).split_at(15).1
    };
    assert_eq!(line("songs"), "3");
    assert_eq!(line("metres"), "4/4 in 2 songs, 3/4 in 1");
    assert!(line("windows").contains(" of 8 bars of 4/4, or 128 sixteenths, one after the other; "), "{report}");
    assert!(line("too short").starts_with("1 song is under half a window (64 sixteenths)"), "{report}");
    assert!(line("too short").ends_with(": short.mid"), "{report}");
    assert!(line("upbeats").starts_with("1 song probably begins with an upbeat"), "{report}");
    assert!(line("upbeats").ends_with(": upbeat.mid (1 beat)"), "{report}");
    assert!(line("tracks").contains("MELODY in 1") && line("keys").contains(" / "), "{report}");
    assert!(line("velocities").contains(" to ") && line("pitches").contains(") to "), "{report}");
}

#[test]
fn statistics_of_songs_without_a_window_have_no_mean() {
    let roll = Roll::new(16, vec![Note { start: 0, duration: 4, pitch: 60, velocity: 80 }]);
    let song = Song { name: "a".into(), roll, bars: vec![0], tracks: Vec::new(), parts: Vec::new(), cut_off: None };
    let scan = Scan { songs: vec![song], ..Scan::default() };
    let report = Stats::of(&scan, &DataConfig::default()).to_string();
    assert!(report.contains("notes per bar  -\nlit cells      -\n"), "{report}");
    assert!(report.contains("pitches        60 (C4)\n") && report.contains("tempo          120 beats"), "{report}");
}

#[test]
fn a_damaged_archive_entry_is_skipped_and_nothing_is_unpacked_to_disk() {
    let plain = midi::write(&random_roll(2, 64, 1..=127));
    let temporary = tempfile::tempdir().unwrap();
    let archive = temporary.path().join("songs.zip");
    write_zip(&archive, &[("a.mid", &plain), ("b.mid", &plain), ("../../c.mid", &plain)]);
    let mut bytes = std::fs::read(&archive).unwrap();
    // The packed content of a.mid follows its local header of 30 bytes and its name.
    bytes[30 + 5 + 20..30 + 5 + 40].fill(0xAA);
    std::fs::write(&archive, bytes).unwrap();
    let scan = source::scan(&archive, &Selection::default(), &quiet).unwrap();
    assert_eq!(names(&scan), ["../../c.mid", "b.mid"]);
    assert_eq!(scan.skipped[0].name, "a.mid");
    let there: Vec<_> = std::fs::read_dir(temporary.path()).unwrap().collect();
    assert_eq!(there.len(), 1, "nothing is unpacked");
}

/// Two ways in which a small archive can exceed memory: extremely compressible content, and entries that share their content.
#[test]
fn an_archive_unpacks_to_no_more_than_its_length_allows() {
    let plain = midi::write(&random_roll(2, 64, 1..=127));
    let temporary = tempfile::tempdir().unwrap();
    let archive = temporary.path().join("bomb.zip");
    let mut long = b"MThd\0\0\0\x06\0\0\0\x01\x01\xE0MTrk".to_vec();
    let silence = 32u32 << 20;
    long.extend(silence.to_be_bytes());
    long.resize(long.len() + silence as usize, 0);
    write_zip(&archive, &[("bomb.mid", &long), ("song.mid", &plain)]);
    assert!(std::fs::metadata(&archive).unwrap().len() < 100_000);
    let scan = source::scan(&archive, &Selection::default(), &quiet).unwrap();
    assert_eq!(names(&scan), ["song.mid"]);
    assert!(
        scan.skipped[0].reason.contains("more than 100 times as large as its compressed form"),
        "{:?}",
        scan.skipped
    );

    let names: Vec<String> = (0..9).map(|i| format!("{i}.mid")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &plain[..])).collect();
    write_zip(&archive, &entries);
    let mut bytes = std::fs::read(&archive).unwrap();
    // Every entry of the central directory gets the offset of the first one's content.
    let starts: Vec<usize> = (0..bytes.len() - 4).filter(|&i| bytes[i..].starts_with(b"PK\x01\x02")).collect();
    assert_eq!(starts.len(), 9);
    let directory = starts[0];
    for start in &starts {
        bytes[start + 42..start + 46].fill(0);
    }
    // The other contents are removed, and the end record (22 bytes without a comment) gets the new offset of the directory.
    let second = (1..directory).find(|&i| bytes[i..].starts_with(b"PK\x03\x04")).unwrap();
    let at = bytes.len() - 22 + 16;
    bytes[at..at + 4].copy_from_slice(&(second as u32).to_le_bytes());
    bytes.drain(second..directory);
    std::fs::write(&archive, bytes).unwrap();
    let error = source::scan(&archive, &Selection::default(), &quiet).unwrap_err().to_string();
    assert!(error.contains("is not a readable zip archive"), "{error}");
}

#[test]
fn an_archive_that_claims_more_files_than_it_has_gives_one_sentence() {
    let temporary = tempfile::tempdir().unwrap();
    let archive = temporary.path().join("claims.zip");
    write_zip(&archive, &[("song.mid", &midi::write(&random_roll(2, 64, 1..=127)))]);
    let mut bytes = std::fs::read(&archive).unwrap();
    let end = bytes.len() - 22;
    bytes[end + 8..end + 12].fill(0xFE);
    std::fs::write(&archive, bytes).unwrap();
    let error = source::scan(&archive, &Selection::default(), &quiet).unwrap_err().to_string();
    assert!(error.contains("is not a readable zip archive"), "{error}");
}

/// No file outside of an archive is read or written because of a name in it.
#[test]
fn names_in_an_archive_are_not_used_as_paths() {
    let plain = midi::write(&random_roll(2, 64, 1..=127));
    let temporary = tempfile::Builder::new().prefix("outside").tempdir().unwrap();
    let root = temporary.path().join("in");
    std::fs::create_dir(&root).unwrap();
    // The files that the names would refer to as paths: neither music nor an annotation.
    std::fs::write(temporary.path().join("outside.mid"), "outside").unwrap();
    std::fs::write(temporary.path().join("beat_midi.txt"), "outside").unwrap();
    let absolute = temporary.path().join("outside.mid").display().to_string();
    let archive = root.join("songs.zip");
    let wanted = ["../outside.mid", absolute.as_str(), "a/../../outside.mid", "C:\\outside.mid"];
    write_zip(&archive, &wanted.map(|name| (name, &plain[..])));
    let before: Vec<_> = std::fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let scan = source::scan(&archive, &Selection::default(), &quiet).unwrap();
    assert_eq!((scan.songs.len(), scan.skipped.len()), (4, 0), "{:?}", scan.skipped);
    let alone = Song::from_midi("alone.mid", &plain, None, &Selection::default()).unwrap();
    assert!(scan.songs.iter().all(|song| song.roll == alone.roll));
    let after: Vec<_> = std::fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(after, before);
    assert_eq!(std::fs::read_dir(&root).unwrap().count(), 1);
}

#[test]
fn a_path_without_songs_gives_one_sentence() {
    let temporary = tempfile::tempdir().unwrap();
    let root = temporary.path();
    std::fs::create_dir(root.join("empty")).unwrap();
    std::fs::write(root.join("notes.txt"), "a").unwrap();
    std::fs::write(root.join("no.zip"), "no archive").unwrap();
    std::fs::create_dir(root.join("broken")).unwrap();
    std::fs::write(root.join("broken/a.mid"), "a").unwrap();
    std::fs::write(root.join("broken/b.mid"), "").unwrap();
    let error = |name: &str| source::scan(&root.join(name), &Selection::default(), &quiet).unwrap_err().to_string();
    for (name, expected) in [
        ("empty", "has no .mid or .png file"),
        ("missing", "cannot be opened"),
        ("notes.txt", "is neither a folder nor"),
        ("no.zip", "is not a readable zip archive"),
        ("broken", "none of its 2 files can be used; for example, a.mid is not a MIDI file"),
        ("broken/b.mid", "b.mid: is empty"),
    ] {
        assert!(error(name).contains(expected), "{}", error(name));
    }
}

fn scanned(path: &Path) -> Scan {
    source::scan(path, &Selection::default(), &quiet).unwrap()
}

/// What a notice says, with the names of its files.
fn noticed(scan: &Scan, what: &str) -> Vec<String> {
    let notice = scan.notices.iter().find(|notice| notice.what.contains(what));
    notice.map(|notice| notice.names.clone()).unwrap_or_default()
}

#[test]
fn songs_are_found_by_ending_and_by_content() {
    let temporary = tempfile::tempdir().unwrap();
    let at = |name: &str| temporary.path().join(name);
    let (song, picture) = (midi::write(&random_roll(2, 64, 1..=127)), image::write(&random_roll(3, 64, 10..=127)));
    for name in ["a.kar", "b.SMF", "c.rmi", "d.mid.bak", "e", "really-midi.png"] {
        std::fs::write(at(name), &song).unwrap();
    }
    std::fs::write(at("f.mid"), &picture).unwrap();
    std::fs::write(at("g.mid.gz"), b"\x1F\x8B\x08\0").unwrap();
    std::fs::write(at("h.mxl"), b"PK\x03\x04").unwrap();
    std::fs::write(at("i.mid~"), b"no music").unwrap();
    std::fs::write(at("j.krn"), b"**kern").unwrap();
    std::fs::write(at("readme.txt"), b"text").unwrap();
    let scan = scanned(temporary.path());
    assert_eq!(names(&scan), ["a.kar", "b.SMF", "c.rmi", "d.mid.bak", "e", "f.mid", "really-midi.png"]);
    let skipped: Vec<&str> = scan.skipped.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(skipped, ["g.mid.gz", "h.mxl", "i.mid~", "j.krn"]);
    assert_eq!(noticed(&scan, "other kinds"), ["readme.txt"]);
    // The same in an archive.
    let entries: Vec<(String, Vec<u8>)> = std::fs::read_dir(temporary.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    let archive = tempfile::tempdir().unwrap();
    let path = archive.path().join("songs");
    write_zip(&path, &entries.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect::<Vec<_>>());
    let zipped = scanned(&path);
    assert_eq!((zipped.songs, zipped.skipped), (scan.songs, scan.skipped));
    assert_eq!(source::read_song(&at("e"), &Selection::default()).unwrap().name, "e");
}

#[cfg(unix)]
#[test]
fn a_walk_through_a_folder_skips_what_is_no_file_and_follows_links_once() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let temporary = tempfile::tempdir().unwrap();
    let at = |name: &str| temporary.path().join(name);
    let songs: Vec<Vec<u8>> = (0..4).map(|seed| midi::write(&random_roll(seed, 64, 1..=127))).collect();
    for folder in ["songs/deep/versions", "elsewhere"] {
        std::fs::create_dir_all(at(folder)).unwrap();
    }
    std::fs::write(at("songs/one.mid"), &songs[0]).unwrap();
    std::fs::write(at("elsewhere/two.mid"), &songs[1]).unwrap();
    std::fs::write(at("songs/deep/three.mid"), &songs[2]).unwrap();
    std::fs::write(at("songs/deep/versions/old.mid"), &songs[3]).unwrap();
    std::fs::write(at("songs").join(std::ffi::OsStr::from_bytes(b"fl\xF6te.mid")), &songs[3]).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("songs/pipe.mid")).status().unwrap().success());
    symlink("../elsewhere", at("songs/a-link")).unwrap();
    symlink("deep", at("songs/another")).unwrap();
    symlink(".", at("songs/circle")).unwrap();
    symlink("nowhere.mid", at("songs/dangling.mid")).unwrap();
    let scan = scanned(&at("songs"));
    assert_eq!(names(&scan), ["a-link/two.mid", "deep/three.mid", "fl\u{FFFD}te.mid", "one.mid"]);
    let skipped: Vec<(&str, &str)> = scan.skipped.iter().map(|s| (s.name.as_str(), s.reason.as_str())).collect();
    assert!(skipped[0].0 == "dangling.mid" && skipped[0].1.starts_with("is a link that cannot be followed"));
    assert_eq!(skipped[1..], [("pipe.mid", "is not a regular file")]);
    assert_eq!(noticed(&scan, "earlier versions"), ["deep/versions"]);
}

#[test]
fn what_the_program_made_is_left_out_of_a_folder() {
    let temporary = tempfile::tempdir().unwrap();
    let at = |name: &str| temporary.path().join(name);
    std::fs::create_dir(at("samples")).unwrap();
    let made = random_roll(5, 64, 10..=127).marked(true);
    std::fs::write(at("samples/sample-0000.mid"), midi::write(&made)).unwrap();
    std::fs::write(at("samples/other.png"), image::write(&made)).unwrap();
    std::fs::write(
        at("samples/sheet.png"),
        flocoder::chart::sheet::contact_sheet(std::slice::from_ref(&made), 1).png(&[]),
    )
    .unwrap();
    let error = source::scan(temporary.path(), &Selection::default(), &quiet).unwrap_err().to_string();
    assert!(error.contains("3 files that flocoder made"), "{error}");
    // Pictures of the user's music, and what was composed to learn from, are songs.
    std::fs::write(at("song.png"), image::write(&random_roll(6, 64, 10..=127))).unwrap();
    std::fs::write(at("composed.mid"), flocoder::data::corpus::compose(0, 0).midi()).unwrap();
    let scan = scanned(temporary.path());
    assert_eq!(names(&scan), ["composed.mid", "song.png"]);
    assert!(scan.skipped.is_empty(), "{:?}", scan.skipped);
    let own = ["samples/other.png", "samples/sample-0000.mid", "samples/sheet.png"];
    assert_eq!(noticed(&scan, "written by flocoder"), own);
    let stats = Stats::of(&scan, &DataConfig::default()).to_string();
    assert!(stats.ends_with("files written by flocoder left out: 3, such as samples/other.png"), "{stats}");
    assert_eq!(scanned(&at("samples/other.png")).songs[0].roll, made, "a single file is read");
}

#[test]
fn a_picture_beside_its_song_is_no_other_song() {
    let temporary = tempfile::tempdir().unwrap();
    let roll = random_roll(5, 64, 10..=127);
    std::fs::write(temporary.path().join("x.mid"), midi::write(&roll)).unwrap();
    std::fs::write(temporary.path().join("x.png"), image::write(&roll)).unwrap();
    std::fs::write(temporary.path().join("y.png"), image::write(&random_roll(6, 64, 10..=127))).unwrap();
    let scan = scanned(temporary.path());
    assert_eq!(names(&scan), ["x.mid", "y.png"]);
    assert_eq!(noticed(&scan, "pictures of songs"), ["x.png"]);
}

#[test]
fn copies_of_a_song_are_on_one_side_of_the_split() {
    let roll = |seed| random_roll(seed, 256, 10..=127);
    let song = |name: String, roll: Roll| Song {
        name,
        bars: (0..256).step_by(16).collect(),
        roll,
        tracks: Vec::new(),
        parts: Vec::new(),
        cut_off: None,
    };
    let songs: Vec<Song> = (0..60).map(|i| song(format!("{i:02}.mid"), roll(i / 3))).collect();
    for seed in 0..5 {
        let config = DataConfig { validation: 0.5, validation_windows: 1000, seed, ..DataConfig::default() };
        let scan = Scan { songs: songs.clone(), ..Scan::default() };
        let data = Dataset::new(scan, &config).unwrap();
        let validates: std::collections::HashSet<usize> = data.held_out_windows().iter().map(|w| w.song).collect();
        for copies in (0..60).collect::<Vec<usize>>().chunks(3) {
            let sides: Vec<bool> = copies.iter().map(|i| validates.contains(i)).collect();
            assert!(sides.iter().all(|side| *side == sides[0]), "{copies:?}: {sides:?}");
        }
    }
    let temporary = tempfile::tempdir().unwrap();
    let write = |name: &str, roll: &Roll| std::fs::write(temporary.path().join(name), midi::write(roll)).unwrap();
    write("a.mid", &roll(1));
    write("b.mid", &roll(2));
    write("copy of a.mid", &roll(1).with_time(77.0, roll(1).time_signature));
    assert_eq!(noticed(&scanned(temporary.path()), "copies"), ["copy of a.mid of a.mid"]);
}

#[test]
fn annotated_beats_belong_to_one_song() {
    let (song, beats) = annotated_song();
    let temporary = tempfile::tempdir().unwrap();
    let at = |name: &str| temporary.path().join(name);
    let quarters = |path: &Path| source::read_song(path, &Selection::default()).unwrap().roll.notes()[1].start;
    std::fs::write(at("song.mid"), &song).unwrap();
    let unannotated = quarters(&at("song.mid"));
    let utf16: Vec<u8> = "\u{FEFF}".chars().chain(beats.chars()).flat_map(|c| (c as u16).to_le_bytes()).collect();
    for text in
        [beats.clone().into_bytes(), format!("\u{FEFF}{beats}").into_bytes(), beats.replace('\n', "\r\n").into(), utf16]
    {
        std::fs::write(at("beat_midi.txt"), text).unwrap();
        assert_eq!(quarters(&at("song.mid")), 4);
        assert_eq!(scanned(temporary.path()).songs[0].roll.notes()[1].start, 4);
    }
    assert_ne!(unannotated, 4);
    std::fs::write(at("other.mid"), &song).unwrap();
    assert_eq!(quarters(&at("song.mid")), unannotated);
    let scan = scanned(temporary.path());
    assert!(scan.songs.iter().all(|song| song.roll.notes()[1].start == unannotated));
    assert_eq!(noticed(&scan, "annotated beats"), ["beat_midi.txt"]);
}

#[test]
fn backslashes_separate_folders_in_an_archive() {
    let (song, beats) = annotated_song();
    let temporary = tempfile::tempdir().unwrap();
    let archive = temporary.path().join("songs.zip");
    let entries: [(&str, &[u8]); 5] = [
        ("POP909\\001\\001.mid", &song),
        ("POP909\\001\\beat_midi.txt", beats.as_bytes()),
        ("POP909\\001\\versions\\old.mid", &song),
        ("__MACOSX\\POP909\\001\\001.mid", b"no music"),
        ("POP909\\001\\._001.mid", b"no music"),
    ];
    write_zip(&archive, &entries);
    let scan = scanned(&archive);
    assert_eq!((names(&scan), scan.skipped.len()), (vec!["POP909/001/001.mid"], 0));
    assert_eq!(scan.songs[0].roll.notes()[1].start, 4, "the beats are found");
    assert_eq!(noticed(&scan, "earlier versions"), ["POP909/001/versions"]);
}

#[test]
fn a_song_that_is_cut_off_is_used_and_named() {
    let whole = midi::write(&random_roll(2, 64, 1..=127));
    let temporary = tempfile::tempdir().unwrap();
    std::fs::write(temporary.path().join("cut.mid"), &whole[..whole.len() / 2]).unwrap();
    let scan = scanned(temporary.path());
    assert_eq!((scan.songs.len(), scan.skipped.len()), (1, 0));
    let named = noticed(&scan, "cut off");
    let stats = Stats::of(&scan, &DataConfig::default()).to_string();
    assert!(stats.contains("notes per bar  -\n"), "{stats}");
    assert!(named[0].starts_with(&format!("cut.mid is cut off at byte {}", whole.len() / 2)), "{named:?}");
}

#[test]
fn progress_reaches_the_number_of_files() {
    let temporary = tempfile::tempdir().unwrap();
    let plain = midi::write(&random_roll(2, 64, 1..=127));
    (0..7).for_each(|i| std::fs::write(temporary.path().join(format!("{i}.mid")), &plain).unwrap());
    let seen = std::sync::Mutex::new(Vec::new());
    source::scan(temporary.path(), &Selection::default(), &|done, all| seen.lock().unwrap().push((done, all))).unwrap();
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(seen, (1..=7).map(|done| (done, 7)).collect::<Vec<_>>());
}

// Windows.

fn songs(count: u64) -> Scan {
    let song = |i: u64| {
        let roll = random_roll(i, 16 * (20 + i as u32), 1..=127);
        let pitch = |n: &Note| Note { pitch: 30 + n.pitch / 2, ..*n };
        let roll = Roll::new(roll.steps(), roll.notes().iter().map(pitch).collect());
        Song {
            name: format!("{i}.mid"),
            bars: (0..roll.steps()).step_by(16).collect(),
            roll,
            tracks: Vec::new(),
            parts: Vec::new(),
            cut_off: None,
        }
    };
    Scan { songs: (0..count).map(song).collect(), ..Scan::default() }
}

fn dataset(config: &DataConfig) -> Dataset {
    Dataset::new(songs(30), config).unwrap()
}

#[test]
fn training_windows_begin_on_downbeats_of_training_songs_and_stay_on_the_roll() {
    let config = DataConfig { transpose: 60, ..DataConfig::default() };
    let data = dataset(&config);
    let validation: Vec<usize> = data.validation_windows().iter().map(|w| w.song).collect();
    let mut transpositions = Vec::new();
    for i in 0..500 {
        let window = data.train_window(4, i);
        assert_eq!(window, data.train_window(4, i));
        assert!(data.songs()[window.song].bars.contains(&window.start) && !validation.contains(&window.song));
        let roll = data.roll(&window);
        assert!(roll.steps() == 128 && roll.notes().len() >= config.min_notes);
        transpositions.push(window.transpose);
    }
    // Pitches are 30 to 93: down 30 and up 34 are the furthest.
    assert!(transpositions.iter().all(|t| (-40..=45).contains(t)));
    assert!(transpositions.iter().any(|t| *t < -20) && transpositions.iter().any(|t| *t > 20));
    assert!((0..50).any(|i| data.train_window(4, i) != data.train_window(5, i)));
}

#[test]
fn notes_outside_the_pitches_are_left_out_with_a_notice() {
    let pitches = Pitches { lowest: 40, highest: 87 };
    let outside = |song: &Song| song.roll.notes().iter().filter(|n| !pitches.range().contains(&n.pitch)).count();
    let all: usize = songs(30).songs.iter().map(outside).sum();
    let config = DataConfig { transpose: 6, pitches, ..DataConfig::default() };
    let data = dataset(&config);
    let [notice] = &data.summary().notices[..] else { panic!("{:?}", data.summary().notices) };
    assert_eq!(notice.what, format!("songs cut to the pitches 40 to 87 (data.pitches), without {all} notes"));
    assert!(data.songs().iter().all(|song| outside(song) == 0));
    assert_eq!(data.train_batch(1, 3, 2).len(), 2 * 48 * 128 * 2);
    let mut furthest = 0;
    for i in 0..200 {
        let window = data.train_window(4, i);
        let roll = data.roll(&window);
        assert!(roll.notes().iter().all(|note| pitches.range().contains(&note.pitch)), "{window:?}");
        furthest = furthest.max(window.transpose.abs());
    }
    assert!(furthest <= 6);
    assert!(dataset(&DataConfig::default()).summary().notices.is_empty());
    assert_ne!(data.fingerprint(), dataset(&DataConfig { transpose: 6, ..DataConfig::default() }).fingerprint());
}

/// From a MIDI file to the tensor of a range of pitches, to a picture of all, to a MIDI file.
#[test]
fn pitches_survive_a_tensor_of_some_of_them() {
    let pitches = Pitches { lowest: 16, highest: 111 };
    let ticks: Vec<_> = [16u8, 60, 61, 111].iter().zip(0..).map(|(&key, i)| (480 * i, 480 * i + 240, key)).collect();
    let beyond = [(0, 240, 15), (480, 960, 112)];
    let song = Song::from_midi("a", &notes(&[&ticks[..], &beyond].concat()), None, &Selection::default()).unwrap();
    let layout = Layout { channels: Channels::OnsetSustain, velocity: false, pitches };
    let mut values = vec![0.0; layout.size(song.roll.steps() as usize)];
    assert_eq!(values.len(), 96 * song.roll.steps() as usize * 2);
    layout.write(&song.roll, &mut values);
    let read = layout.read(&values, Orphans::Drop);
    let mut within = song.roll.clone();
    assert_eq!(within.keep_within(&pitches.range()), beyond.len());
    assert_eq!(ends(read.notes()), ends(within.notes()));
    // The highest pitch is the first row.
    let highest = (12 * 2) as usize;
    assert_eq!(values.iter().position(|value| *value > 0.0), Some(highest));
    let picture = image::write(&read);
    assert_eq!(u32::from_be_bytes(picture[20..24].try_into().unwrap()), 128, "rows of the picture");
    let again = Song::from_png("a", &picture).unwrap().roll;
    let back = Song::from_midi("a", &midi::write(&again), None, &Selection::default()).unwrap().roll;
    assert_eq!(ends(back.notes()), ends(within.notes()));
}

#[test]
fn a_batch_is_a_function_of_seed_and_step() {
    let data = dataset(&DataConfig::default());
    let size = data.layout().size(128);
    let batch = data.train_batch(1, 3, 4);
    assert_eq!(batch.len(), 4 * size);
    assert_eq!(batch, data.train_batch(1, 3, 4));
    assert_eq!(batch[..2 * size], data.train_batch(1, 6, 2), "sample 12 is the same in any batch size");
    assert_ne!(batch, data.train_batch(1, 4, 4));
}

#[test]
fn validation_windows_are_fixed_and_do_not_overlap() {
    let data = dataset(&DataConfig::default());
    let windows = data.validation_windows();
    assert!(!windows.is_empty() && windows.iter().all(|w| w.transpose == 0 && w.start % 128 == 0));
    assert_eq!(windows, dataset(&DataConfig::default()).validation_windows());
    let few = dataset(&DataConfig { validation_windows: 2, ..DataConfig::default() });
    assert_eq!(few.validation_windows().len(), 2);
    let none = dataset(&DataConfig { validation: 0.0, ..DataConfig::default() });
    assert!(none.validation_windows().is_empty() && none.summary().training_songs == 30);
}

#[test]
fn encoding_windows_are_copies_of_every_window() {
    let data = dataset(&DataConfig::default());
    let windows = data.encoding_windows(2, 3, 7);
    assert_eq!(windows, data.encoding_windows(2, 3, 7));
    for copies in windows.chunks(3) {
        assert!(copies.iter().all(|w| (w.song, w.start) == (copies[0].song, copies[0].start)));
        assert_eq!(copies[0].transpose, 0);
    }
    let all = data.encoding_windows(1, 1, 7);
    assert_eq!(all.len(), data.summary().training_windows);
}

#[test]
fn a_song_of_at_least_half_a_window_is_padded() {
    let short = |steps: u32| Scan {
        songs: vec![Song {
            name: "a".into(),
            roll: random_roll(1, steps, 1..=127),
            bars: vec![0, 16, 32, 48],
            tracks: Vec::new(),
            parts: Vec::new(),
            cut_off: None,
        }],
        ..Scan::default()
    };
    let data = Dataset::new(short(64), &DataConfig::default()).unwrap();
    assert_eq!(data.summary().training_windows, 1);
    assert_eq!(data.roll(&data.train_window(0, 0)).steps(), 128);
    let error = Dataset::new(short(63), &DataConfig::default()).unwrap_err().to_string();
    assert!(error.contains("none of the songs (1) has a window of 128 steps"), "{error}");
}

#[test]
fn the_fingerprint_depends_on_data_and_settings() {
    let config = DataConfig::default();
    let print = |config: &DataConfig, n| Dataset::new(songs(n), config).unwrap().fingerprint();
    assert_eq!(print(&config, 5), print(&DataConfig { path: Some("elsewhere".into()), ..config.clone() }, 5));
    assert_ne!(print(&config, 5), print(&config, 6));
    assert_ne!(print(&config, 5), print(&DataConfig { velocity: true, ..config.clone() }, 5));
}

#[test]
fn settings_without_windows_are_refused() {
    for config in [
        DataConfig { steps: 0, ..DataConfig::default() },
        DataConfig { validation: 1.0, ..DataConfig::default() },
        DataConfig { validation: f64::NAN, ..DataConfig::default() },
        DataConfig { transpose: 200, ..DataConfig::default() },
        DataConfig::default(),
    ] {
        let error = Dataset::open(&config, &quiet).unwrap_err().to_string();
        assert!(error.starts_with("configuration: data."), "{error}");
    }
}

/// A checkpoint from before the split by share has the fingerprint of the split by range, by which its data is split again.
#[test]
fn data_is_split_as_when_its_fingerprint_was_taken() {
    let config = DataConfig { validation: 0.2, ..DataConfig::default() };
    let by_range = dataset(&config).split_by(Split::Range);
    let by_share = dataset(&config);
    assert_eq!(by_share.summary().validation_songs, 6);
    assert_ne!(by_range.fingerprint(), by_share.fingerprint());
    for data in [&by_range, &by_share] {
        let again = dataset(&config).split_as_in(&data.fingerprint());
        assert_eq!((again.fingerprint(), again.summary()), (data.fingerprint(), data.summary()));
        assert_eq!(again.held_out_windows(), data.held_out_windows());
    }
    let other = dataset(&config).split_as_in("of other data");
    assert_eq!(other.fingerprint(), by_share.fingerprint());
}

#[test]
fn songs_that_were_trained_on_are_left_out() {
    let data = dataset(&DataConfig::default());
    let trained: HashSet<u64> = data.training_contents().into_iter().collect();
    let all = data.songs().len();
    let others = data.split_by(Split::AllExcept(trained.clone()));
    assert_eq!(
        (others.summary().training_songs, others.summary().validation_songs),
        (trained.len(), all - trained.len())
    );
    let everything = others.split_by(Split::AllExcept(HashSet::new()));
    assert_eq!((everything.summary().validation_songs, everything.training_contents().len()), (all, 0));
    assert!(everything.check_training().unwrap_err().to_string().contains("none of the training songs"));
}

#[test]
fn a_summary_counts_in_words() {
    let data = Dataset::new(songs(1), &DataConfig::default()).unwrap();
    let text = data.summary().to_string();
    assert!(
        text.starts_with("1 song to train on with ")
            && text.ends_with(", 0 to validate with 0 windows, 0 files skipped"),
        "{text}"
    );
}

#[test]
fn aligned_bars_begin_at_multiples_of_sixteen_steps() {
    let waltz = |bar: u32| Note { start: 12 * bar, duration: 12, pitch: 60 + bar as u8, velocity: 80 };
    let roll = Roll::new(120, (0..10).map(waltz).collect()).with_time(90.0, "3/4".parse().unwrap());
    let part = flocoder::data::dataset::song::Part { name: "a".into(), roll: roll.clone() };
    let bars = (0..10).map(|bar| 12 * bar).collect();
    let song = Song { name: "a".into(), roll, bars, tracks: Vec::new(), parts: vec![part], cut_off: None };
    let scan = Scan { songs: vec![song], skipped: Vec::new(), notices: Vec::new() };
    let config = DataConfig { align_bars: true, validation: 0.0, ..DataConfig::default() };
    let data = Dataset::new(scan, &config).unwrap();
    let song = &data.songs()[0];
    assert_eq!(song.bars, (0..10).map(|bar| 16 * bar).collect::<Vec<_>>());
    let starts: Vec<(u32, u32)> = song.roll.notes().iter().map(|note| (note.start, note.duration)).collect();
    assert_eq!(starts, (0..10).map(|bar| (16 * bar, 12)).collect::<Vec<_>>());
    assert_eq!((song.roll.time_signature, song.roll.tempo), (TimeSignature::COMMON, 90.0));
    assert_eq!(song.parts[0].roll.notes(), song.roll.notes());
}
