//! From files to windows and back: every path that music takes through `flocoder::data`, and every way it can be broken.

use flocoder::config::{Channels, DataConfig};
use flocoder::data::image::{self, Orphans, Picture};
use flocoder::data::midi::{self, Selection};
use flocoder::data::roll::{MAX_STEPS, Note, Roll, TimeSignature};
use flocoder::data::source::{self, Scan};
use flocoder::data::{dataset::Dataset, sheet, song::Song, stats::Stats, tensor::Layout};
use flocoder::rng::Philox;
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};
use std::io::Write;
use std::path::Path;

fn random_roll(seed: u64, steps: u32, velocities: std::ops::RangeInclusive<i32>) -> Roll {
    let mut rng = Philox::new(seed, 0);
    let random_note = |_| Note {
        start: rng.below(steps as usize) as u32,
        duration: rng.between(1, 24) as u32,
        pitch: rng.between(0, 127) as u8,
        velocity: rng.between(*velocities.start(), *velocities.end()) as u8,
    };
    let notes = (0..200).map(random_note).collect();
    let metre = TimeSignature { beats: rng.between(2, 7) as u8, unit: 4 };
    Roll::new(steps, notes).with_time(60e6 / f64::from(rng.between(200_000, 1_500_000)), metre)
}

fn song(bytes: &[u8]) -> Result<Song, String> {
    Song::from_midi("test.mid", bytes, None, &Selection::default())
}

fn ends(notes: &[Note]) -> Vec<(u32, u32, u8)> {
    notes.iter().map(|n| (n.start, n.end(), n.pitch)).collect()
}

/// A MIDI file of 480 ticks per beat: one track of (tick, event), which need not be sorted.
fn file(mut events: Vec<(u32, TrackEventKind<'static>)>) -> Vec<u8> {
    events.sort_by_key(|(tick, _)| *tick);
    let mut smf = Smf::new(Header::new(Format::SingleTrack, Timing::Metrical(480.into())));
    let mut now = 0;
    let mut track = Vec::new();
    for (tick, kind) in events {
        track.push(TrackEvent { delta: (tick - now).into(), kind });
        now = tick;
    }
    track.push(TrackEvent { delta: 0.into(), kind: TrackEventKind::Meta(MetaMessage::EndOfTrack) });
    smf.tracks.push(track);
    let mut bytes = Vec::new();
    smf.write(&mut bytes).unwrap();
    bytes
}

fn on(channel: u8, key: u8) -> TrackEventKind<'static> {
    let message = MidiMessage::NoteOn { key: key.into(), vel: 90.into() };
    TrackEventKind::Midi { channel: channel.into(), message }
}

fn off(channel: u8, key: u8) -> TrackEventKind<'static> {
    let message = MidiMessage::NoteOff { key: key.into(), vel: 0.into() };
    TrackEventKind::Midi { channel: channel.into(), message }
}

/// A file with one note per (start, end, pitch) in ticks.
fn notes(ticks: &[(u32, u32, u8)]) -> Vec<u8> {
    file(ticks.iter().flat_map(|&(start, end, key)| [(start, on(0, key)), (end, off(0, key))]).collect())
}

fn metre(beats: u8, power: u8) -> TrackEventKind<'static> {
    TrackEventKind::Meta(MetaMessage::TimeSignature(beats, power, 24, 8))
}

fn tempo(micros: u32) -> TrackEventKind<'static> {
    TrackEventKind::Meta(MetaMessage::Tempo(micros.into()))
}

// From .mid to roll and picture, and back.

#[test]
fn midi_to_roll_to_midi_is_the_identity_on_the_grid() {
    for seed in 0..20 {
        let roll = random_roll(seed, 300, 1..=127);
        let bytes = midi::write(&roll);
        let read = song(&bytes).unwrap().roll;
        assert_eq!(read.notes(), roll.notes());
        assert_eq!((read.tempo, read.metre), (roll.tempo, roll.metre));
        let again = midi::write(&read.window(0, roll.steps()));
        assert_eq!(again, bytes, "seed {seed}");
    }
}

#[test]
fn midi_to_picture_to_midi_is_the_identity_on_the_grid() {
    for seed in 0..10 {
        let roll = random_roll(seed, 500, 10..=127);
        assert_eq!(image::read(&image::write(&roll), Orphans::Drop).unwrap(), roll, "seed {seed}");
        let folded = image::read(&image::write_folded(&roll), Orphans::Drop).unwrap();
        assert_eq!(folded, roll.window(0, 512), "seed {seed}");
    }
}

#[test]
fn a_very_quiet_note_survives_its_picture() {
    let roll = random_roll(1, 64, 1..=9);
    let read = image::read(&image::write(&roll), Orphans::Drop).unwrap();
    assert_eq!(ends(read.notes()), ends(roll.notes()));
    assert!(read.notes().iter().all(|n| n.velocity == 10));
}

#[test]
fn a_file_that_is_written_has_the_promised_form() {
    let roll = random_roll(3, 64, 1..=127).with_time(90.0, TimeSignature { beats: 3, unit: 4 });
    let bytes = midi::write_tracks(&[("MELODY", &roll), ("PIANO", &roll)]);
    let smf = Smf::parse(&bytes).unwrap();
    assert_eq!((smf.header.format, smf.header.timing), (Format::Parallel, Timing::Metrical(480.into())));
    let score = midi::parse(&bytes).unwrap();
    let names: Vec<&str> = score.tracks.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["", "MELODY", "PIANO"]);
    assert_eq!(score.tempos, [(0, 666_667)]);
    assert_eq!(score.metres, [(0, TimeSignature { beats: 3, unit: 4 })]);
    let program = |e: &TrackEvent| matches!(e.kind, TrackEventKind::Midi { message: MidiMessage::ProgramChange { program }, .. } if program == 0);
    assert!(smf.tracks[1].iter().any(program) && smf.tracks[2].iter().any(program));
}

// Notes.

#[test]
fn a_note_is_moved_to_the_nearest_step_and_its_length_rounded_by_itself() {
    // A step is 120 ticks. The notes at 0 keep the phase there.
    let bytes = notes(&[
        (0, 120, 40),
        (0, 120, 41),
        (0, 120, 42),
        (50, 170, 60),
        (70, 190, 62),
        (480, 490, 64),
        (130, 345, 65),
    ]);
    let roll = song(&bytes).unwrap().roll;
    assert_eq!(ends(&roll.notes()[3..]), [(0, 1, 60), (1, 2, 62), (1, 3, 65), (4, 5, 64)]);
}

#[test]
fn a_repeated_note_ends_the_one_before_and_an_unreleased_one_ends_with_its_track() {
    let struck_again = file(vec![(0, on(0, 60)), (240, on(0, 60)), (240, off(0, 60)), (480, off(0, 60))]);
    assert_eq!(ends(song(&struck_again).unwrap().roll.notes()), [(0, 2, 60), (2, 4, 60)]);
    let never_released = file(vec![(0, on(0, 60)), (120, on(0, 62)), (480, off(0, 62))]);
    assert_eq!(ends(song(&never_released).unwrap().roll.notes()), [(0, 4, 60), (1, 4, 62)]);
    let released_twice = file(vec![(0, off(0, 60)), (0, on(0, 60)), (120, off(0, 60)), (240, off(0, 60))]);
    assert_eq!(ends(song(&released_twice).unwrap().roll.notes()), [(0, 1, 60)]);
}

#[test]
fn drums_and_tracks_are_chosen() {
    let bytes = file(vec![(0, on(9, 36)), (120, off(9, 36)), (0, on(0, 60)), (120, off(0, 60))]);
    let read = |selection: &Selection| Song::from_midi("", &bytes, None, selection).map(|s| s.roll.notes().len());
    assert_eq!(read(&Selection::default()), Ok(1));
    assert_eq!(read(&Selection { drums: true, ..Selection::default() }), Ok(2));
    let (a, b) = (random_roll(1, 64, 1..=127), random_roll(2, 64, 1..=127));
    let bytes = midi::write_tracks(&[("MELODY", &a), ("PIANO", &b)]);
    let tracks = |names: &[&str]| Selection { tracks: names.iter().map(|n| n.to_string()).collect(), drums: false };
    let read = |names: &[&str]| Song::from_midi("", &bytes, None, &tracks(names)).map(|s| s.roll.notes().to_vec());
    assert_eq!(read(&["melody"]).unwrap(), a.notes());
    assert_eq!(read(&["MELODY", "PIANO"]).unwrap(), Roll::merged(&[a, b]).notes());
    assert_eq!(read(&["BRIDGE"]).unwrap_err(), "has no track named BRIDGE; its tracks are: MELODY, PIANO");
}

// Beats.

#[test]
fn the_phase_is_where_most_onsets_fall() {
    let at = |offset: u32| -> Vec<_> { (0..20).map(|i| (offset + 120 * i, offset + 120 * i + 100, 60)).collect() };
    for offset in [0, 1, 37, 60, 75, 100] {
        let roll = song(&notes(&at(offset))).unwrap().roll;
        assert_eq!(ends(roll.notes()), (0..20).map(|i| (i, i + 1, 60)).collect::<Vec<_>>(), "offset {offset}");
    }
}

#[test]
fn a_phase_of_zero_is_preferred() {
    let ticks = |bytes: &[u8]| midi::parse(bytes).unwrap().notes(&Selection::default()).unwrap();
    // As many onsets on the grid as half a step beside it.
    let even = notes(&[(0, 100, 60), (180, 200, 62), (240, 300, 64), (420, 480, 65)]);
    assert_eq!(flocoder::data::beats::phase(&ticks(&even), 480), 0);
    // Triplets fall on three phases alike.
    let triplets: Vec<_> = (0..12).map(|i| (160 * i, 160 * i + 80, 60)).collect();
    assert_eq!(flocoder::data::beats::phase(&ticks(&notes(&triplets)), 480), 0);
}

#[test]
fn annotated_beats_carry_the_notes_through_changes_of_tempo() {
    // Played at 60, then 120 beats per minute, a quarter of a second after the file begins; ticks know nothing of it.
    let beats = [0.25, 1.25, 2.25, 3.25, 3.75, 4.25, 4.75, 5.25];
    let text: String = beats
        .iter()
        .enumerate()
        .map(|(i, t)| format!("{t} 0.0 {}\n", if i % 4 == 0 { "1.0" } else { "0.0" }))
        .collect();
    // 500,000 microseconds per beat until tick 960 (1 s), then 1,000,000: tick = 960 s, then 480 s + 480.
    let tick = |seconds: f64| if seconds <= 1.0 { 960.0 * seconds } else { 480.0 + 480.0 * seconds }.round() as u32;
    let played = [(0.25, 0.5, 60), (0.52, 1.25, 62), (1.25, 2.25, 64), (3.25, 3.5, 65), (3.875, 4.0, 67)];
    let mut events = vec![(0, tempo(500_000)), (960, tempo(1_000_000))];
    for (start, end, key) in played {
        events.extend([(tick(start), on(0, key)), (tick(end), off(0, key))]);
    }
    let read = Song::from_midi("", &file(events), Some(&text), &Selection::default()).unwrap();
    assert_eq!(ends(read.roll.notes()), [(0, 1, 60), (1, 4, 62), (4, 8, 64), (12, 14, 65), (17, 18, 67)]);
    assert_eq!(read.bars, [0, 16]);
    assert_eq!((read.roll.tempo, read.roll.metre), (120.0, TimeSignature::COMMON));
}

#[test]
fn a_pickup_before_the_first_beat_is_kept_and_bars_still_begin_on_downbeats() {
    // Beats every half second from 1 s, the second of which begins a bar of three; a note half a beat before the first.
    let text: String = (0..12).map(|i| format!("{} 0 {}\n", 1.0 + 0.5 * f64::from(i), u8::from(i % 3 == 1))).collect();
    let read = Song::from_midi("", &notes(&[(720, 960, 60), (1440, 1920, 62)]), Some(&text), &Selection::default());
    let read = read.unwrap();
    // Two beats come before the downbeat for the pickup and the first beat, a third so that step 0 begins a bar.
    assert_eq!(ends(read.roll.notes()), [(6, 8, 60), (12, 16, 62)]);
    assert_eq!((read.bars, read.roll.metre), (vec![0, 12], TimeSignature { beats: 3, unit: 4 }));
}

#[test]
fn bars_follow_the_time_signatures() {
    let mut events = vec![(0, metre(3, 2)), (1440 * 2, metre(4, 2)), (1440 * 2 + 1920, metre(6, 3))];
    events.extend((0..10).flat_map(|i| [(480 * i, on(0, 60)), (480 * i + 400, off(0, 60))]));
    events.extend([(1440 * 2 + 1920 + 1440, on(0, 70)), (1440 * 2 + 1920 + 1500, off(0, 70))]);
    let read = song(&file(events)).unwrap();
    assert_eq!(read.bars, [0, 12, 24, 40, 52]);
    assert_eq!((read.roll.steps(), read.roll.metre), (64, TimeSignature { beats: 3, unit: 4 }));
}

#[test]
fn broken_annotations_are_sentences() {
    let read = |text: &str| Song::from_midi("", &notes(&[(0, 480, 60)]), Some(text), &Selection::default());
    for text in ["", "0.5 1 1", "a b c", "0.5 1", "1 0 1\n1 0 0", "2 0 1\n1 0 0", "nan 0 1\n1 0 0", "0 0 1\ninf 0 0"] {
        let error = read(text).unwrap_err();
        assert!(error.starts_with("beat annotation") && !error.contains('\n'), "{text:?}: {error}");
    }
    let early = read("1e9 0 1\n1000000000.0000001 0 0\n1000000000.0000002 0 0").unwrap_err();
    assert!(early.starts_with("beat annotation"), "{early}");
    let fast =
        Song::from_midi("", &notes(&[(96_000, 96_480, 60)]), Some("0 0 1\n0.0000001 0 0"), &Selection::default());
    assert!(fast.unwrap_err().contains("at most 65536 steps"));
}

// Bad files.

#[test]
fn a_midi_file_cut_off_anywhere_is_a_sentence() {
    let bytes = midi::write(&random_roll(1, 32, 1..=127));
    for length in 0..bytes.len() {
        let error = song(&bytes[..length]).unwrap_err();
        assert!(!error.is_empty() && !error.contains('\n'), "{length}: {error}");
    }
}

#[test]
fn random_bytes_and_flipped_bytes_never_panic() {
    let mut rng = Philox::new(5, 5);
    let whole = midi::write(&random_roll(1, 64, 1..=127));
    for _ in 0..2000 {
        let mut bytes = whole.clone();
        for _ in 0..rng.between(1, 6) {
            let at = rng.below(bytes.len());
            bytes[at] = rng.next_u32() as u8;
        }
        let _ = song(&bytes);
        let noise: Vec<u8> = (0..rng.below(200)).map(|_| rng.next_u32() as u8).collect();
        assert!(song(&noise).is_err());
        let _ = song(&[&whole[..14], &noise[..]].concat());
        let _ = image::read(&[b"\x89PNG\r\n\x1a\n", &noise[..]].concat(), Orphans::Drop);
    }
}

#[test]
fn what_is_wrong_with_a_midi_file_is_said() {
    let with_header = |format: u8, division: [u8; 2]| {
        let mut bytes = notes(&[(0, 480, 60)]);
        bytes[9] = format;
        bytes[12..14].copy_from_slice(&division);
        bytes
    };
    let cases: [(Vec<u8>, &str); 9] = [
        (Vec::new(), "is empty"),
        (b"hello".to_vec(), "is not a MIDI file"),
        (with_header(2, [1, 224]), "of type 2"),
        (with_header(0, [0, 0]), "0 ticks per beat"),
        (with_header(0, [0xE8, 40]), "SMPTE"),
        (file(vec![(0, tempo(0)), (0, on(0, 60)), (9, off(0, 60))]), "0 microseconds per beat"),
        (file(vec![(0, metre(0, 2)), (0, on(0, 60)), (9, off(0, 60))]), "time signature"),
        (file(vec![]), "holds no notes"),
        (file(vec![(0, on(9, 36)), (120, off(9, 36))]), "no notes but drums"),
    ];
    for (bytes, expected) in cases {
        let error = song(&bytes).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_note_far_away_is_refused_before_anything_is_allocated_for_it() {
    // Twenty times the longest delta: beyond tick 2^32.
    let mut body = Vec::new();
    for _ in 0..20 {
        body.extend([0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0x01, 0x00]);
    }
    body.extend([0x00, 0x90, 60, 90, 0x60, 0x80, 60, 0, 0x00, 0xFF, 0x2F, 0x00]);
    let mut bytes = b"MThd\0\0\0\x06\0\0\0\x01\x01\xE0MTrk".to_vec();
    bytes.extend((body.len() as u32).to_be_bytes());
    bytes.extend(body);
    let error = song(&bytes).unwrap_err();
    assert!(error.contains("at most 65536 steps are read"), "{error}");
}

#[test]
fn a_picture_cut_off_anywhere_is_a_sentence() {
    let bytes = image::write(&random_roll(1, 16, 10..=127));
    for length in 0..bytes.len() {
        let error = image::read(&bytes[..length], Orphans::Drop).unwrap_err();
        assert!(!error.is_empty() && !error.contains('\n'), "{length}: {error}");
    }
}

/// A PNG that claims to be so large, and holds next to nothing.
fn claims(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    drop(encoder.write_header().unwrap());
    bytes
}

#[test]
fn what_is_wrong_with_a_picture_is_said() {
    let error = |bytes: &[u8]| image::read(bytes, Orphans::Drop).unwrap_err();
    assert_eq!(error(b""), "is empty");
    assert_eq!(error(b"GIF89a"), "is not a PNG picture");
    let tall = Picture::new(128, 100, [0; 3]).png(&[]);
    assert_eq!(error(&tall), "is a picture of 128x100; a piano roll has 128 rows, or is 256x256");
    assert!(error(&claims(60_000, 60_000)).contains("60000x60000"));
    assert!(error(&claims(MAX_STEPS + 1, 128)).contains("at most 65536"));
    assert!(error(&claims(MAX_STEPS, 128)).contains("damaged or cut-off"));
}

#[test]
fn pictures_of_every_colour_type_are_read() {
    let mut grey = Vec::new();
    let mut encoder = png::Encoder::new(&mut grey, 4, 128);
    encoder.set_color(png::ColorType::Grayscale);
    let mut pixels = vec![0; 4 * 128];
    pixels[4 * 67..4 * 67 + 4].copy_from_slice(&[200, 200, 19, 20]);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    let roll = image::read(&grey, Orphans::Drop).unwrap();
    assert_eq!(ends(roll.notes()), [(0, 2, 60), (3, 4, 60)]);

    let mut rgba = Vec::new();
    let mut encoder = png::Encoder::new(&mut rgba, 2, 128);
    encoder.set_color(png::ColorType::Rgba);
    let mut pixels = vec![255; 2 * 128 * 4];
    pixels.chunks_exact_mut(4).for_each(|p| p[..3].fill(0));
    pixels[8 * 67..8 * 67 + 8].copy_from_slice(&[180, 0, 0, 255, 0, 180, 0, 255]);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    let roll = image::read(&rgba, Orphans::Drop).unwrap();
    assert_eq!(roll.notes(), [Note { start: 0, duration: 2, pitch: 60, velocity: 90 }]);
}

#[test]
fn an_orphaned_sustain_is_dropped_or_opens_a_note() {
    let mut picture = Picture::new(8, 128, [0; 3]);
    (2..5).for_each(|x| picture.set(x, 67, [0, 100, 0]));
    picture.set(5, 67, [100, 0, 0]);
    let read = |orphans| ends(image::read(&picture.png(&[]), orphans).unwrap().notes());
    assert_eq!(read(Orphans::Drop), [(5, 6, 60)]);
    assert_eq!(read(Orphans::Open), [(2, 5, 60), (5, 6, 60)]);
}

#[test]
fn a_folded_picture_runs_on_where_it_is_folded() {
    let long = Note { start: 250, duration: 12, pitch: 60, velocity: 100 };
    let folded = image::draw_folded(&Roll::new(512, vec![long]));
    assert_eq!((folded.get(250, 67), folded.get(255, 67)), ([200, 0, 0], [0, 200, 0]));
    assert_eq!((folded.get(255, 128 + 67), folded.get(250, 128 + 67)), ([0, 200, 0], [0, 200, 0]));
    assert_eq!(folded.get(249, 128 + 67), [0, 0, 0]);
}

#[test]
fn sheets_show_every_roll() {
    let rolls: Vec<Roll> = (0..5).map(|i| random_roll(i, 32, 10..=127)).collect();
    let sheet = sheet::contact_sheet(&rolls, 3);
    // Cells are squares of two pixels, with a line around each roll.
    assert_eq!((sheet.width, sheet.height), (3 * 65 + 1, 2 * 257 + 1));
    let last = image::draw(&rolls[4]);
    assert!((0..64).all(|x| (0..256).all(|y| sheet.get(66 + x, 258 + y) == last.get(x / 2, y / 2))));
    let pairs = [(rolls[0].clone(), rolls[0].clone()), (rolls[1].clone(), rolls[2].clone())];
    let pictures = sheet::reconstructions(&pairs);
    assert_eq!((pictures.width, pictures.height), (2 * 65 + 1, 3 * 257 + 1));
    let grey = |x, y| pictures.get(x, y).windows(2).all(|c| c[0] == c[1]);
    assert!((1..65).all(|x| (515..771).all(|y| grey(x, y))), "no difference between a roll and itself");
}

// Tensors.

#[test]
fn tensors_of_every_layout_read_back() {
    let roll = random_roll(9, 128, 10..=127);
    for channels in [Channels::OnsetSustain, Channels::Rgb] {
        for velocity in [false, true] {
            let layout = Layout { channels, velocity };
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
    let gray = Layout { channels: Channels::Gray, velocity: false };
    let apart = Roll::new(16, vec![roll.window(0, 16).notes()[0]]);
    let mut values = vec![0.0; gray.size(16)];
    gray.write(&apart, &mut values);
    assert_eq!(ends(gray.read(&values, Orphans::Drop).notes()), ends(apart.notes()));
}

#[test]
fn the_high_pitch_is_the_first_row() {
    let layout = Layout { channels: Channels::OnsetSustain, velocity: false };
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

/// Two bars of quarters on ticks that are right only with the annotation beside them.
fn annotated_song() -> (Vec<u8>, String) {
    let ticks: Vec<_> = (0..8).map(|i| (700 * i, 700 * i + 600, 60 + i as u8)).collect();
    let text = (0..8).map(|i| format!("{} 1.0 {}\n", 700.0 / 960.0 * f64::from(i), u8::from(i % 4 == 0))).collect();
    (notes(&ticks), text)
}

#[test]
fn a_folder_and_a_zip_hold_the_same_songs_and_what_is_broken_is_named() {
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
    assert_eq!(quarters, [0, 4, 8, 12, 16, 20, 24, 28], "the beats beside the file are used");
    let one = source::read_song(&folder.join("POP909/001/001.mid"), &selection).unwrap();
    assert_eq!(one.roll, from_zip.songs[0].roll);
    let stats = Stats::of(&from_zip, &DataConfig { steps: 32, ..DataConfig::default() }).to_string();
    assert!(stats.contains("skipped files  3\n  POP909/003/003.mid is cut off"), "{stats}");
}

#[test]
fn a_damaged_archive_entry_is_skipped_and_a_name_leads_nowhere() {
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

#[test]
fn a_path_without_songs_is_a_sentence() {
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
        ("empty", "holds no .mid or .png file"),
        ("missing", "cannot be opened"),
        ("notes.txt", "is neither a folder nor"),
        ("no.zip", "is not a readable zip archive"),
        ("broken", "none of its 2 files can be used; a.mid, for one, is not a MIDI file"),
        ("broken/b.mid", "b.mid: is empty"),
    ] {
        assert!(error(name).contains(expected), "{}", error(name));
    }
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
        Song { name: format!("{i}.mid"), bars: (0..roll.steps()).step_by(16).collect(), roll }
    };
    Scan { songs: (0..count).map(song).collect(), skipped: Vec::new() }
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
fn validation_windows_are_fixed_and_apart() {
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
fn encoding_windows_are_copies_of_every_place() {
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
fn a_short_song_is_padded_if_half_a_window_is_there() {
    let short = |steps: u32| Scan {
        songs: vec![Song { name: "a".into(), roll: random_roll(1, steps, 1..=127), bars: vec![0, 16, 32, 48] }],
        skipped: Vec::new(),
    };
    let data = Dataset::new(short(64), &DataConfig::default()).unwrap();
    assert_eq!(data.summary().training_windows, 1);
    assert_eq!(data.roll(&data.train_window(0, 0)).steps(), 128);
    let error = Dataset::new(short(63), &DataConfig::default()).unwrap_err().to_string();
    assert!(error.contains("none of the 1 songs has a window of 128 steps"), "{error}");
}

#[test]
fn the_fingerprint_tells_data_and_settings_apart() {
    let config = DataConfig::default();
    let print = |config: &DataConfig, n| Dataset::new(songs(n), config).unwrap().fingerprint();
    assert_eq!(print(&config, 5), print(&DataConfig { path: Some("elsewhere".into()), ..config.clone() }, 5));
    assert_ne!(print(&config, 5), print(&config, 6));
    assert_ne!(print(&config, 5), print(&DataConfig { velocity: true, ..config.clone() }, 5));
}

#[test]
fn settings_that_cut_no_window_are_refused() {
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
