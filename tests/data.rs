//! Conversion of files to rolls and pictures and back, and broken files.

mod common;

use common::music::{ends, file, notes, off, on, random_roll};
use flocoder::data::dataset::song::Song;
use flocoder::data::music::midi::{self, Selection};
use flocoder::data::music::roll::{MAX_STEPS, Note, Roll, TimeSignature};
use flocoder::data::picture::Picture;
use flocoder::data::picture::cells::Orphans;
use flocoder::data::picture::image;
use flocoder::rng::Philox;
use midly::{Format, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

fn song(bytes: &[u8]) -> Result<Song, String> {
    Song::from_midi("test.mid", bytes, None, &Selection::default())
}

fn time_signature(beats: u8, exponent: u8) -> TrackEventKind<'static> {
    TrackEventKind::Meta(MetaMessage::TimeSignature(beats, exponent, 24, 8))
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
        assert_eq!((read.tempo, read.time_signature), (roll.tempo, roll.time_signature));
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
    assert_eq!(image::read(&image::write(&roll), Orphans::Drop).unwrap(), roll);
    // Pictures of other programs have no blue.
    let mut picture = Picture::new(4, 128, [0; 3]);
    picture.set(1, 60, [20, 0, 0]);
    picture.set(2, 60, [21, 7, 0]);
    let read = image::read(&picture.png(&[]), Orphans::Drop).unwrap();
    assert!(read.notes().len() == 2 && read.notes().iter().all(|n| n.velocity == 10));
}

/// A random roll of any valid size and content.
fn any_roll(seed: u64) -> Roll {
    let mut rng = Philox::new(seed, 1);
    // Short rolls are as frequent as long ones, sparse ones as dense ones.
    let [length, density, longest, beat] = [11, 12, 8, 23].map(|most| 1 << rng.between(0, most));
    let steps = rng.between(1, length) as u32;
    let note = |_| Note {
        start: rng.below(steps as usize) as u32,
        duration: rng.between(1, longest) as u32,
        pitch: rng.between(0, 127) as u8,
        velocity: rng.between(1, 127) as u8,
    };
    let notes = (0..density).map(note).collect();
    let time_signature = TimeSignature { beats: rng.between(1, 255) as u8, unit: 1 << rng.between(0, 6) };
    // MIDI stores the duration of a beat in whole microseconds, in 24 bits.
    let micros = rng.between(1, beat);
    Roll::new(steps, notes).with_time(60e6 / f64::from(micros), time_signature)
}

#[test]
fn any_roll_is_the_same_after_its_picture() {
    for seed in 0..300 {
        let roll = any_roll(seed);
        for orphans in [Orphans::Drop, Orphans::Open] {
            assert_eq!(image::read(&image::write(&roll), orphans).unwrap(), roll, "seed {seed}");
            if roll.steps() <= image::FOLDED_STEPS {
                let folded = image::read(&image::write_folded(&roll), orphans).unwrap();
                assert_eq!(folded, roll.window(0, image::FOLDED_STEPS), "seed {seed}");
            }
        }
    }
}

/// A song ends with the bar in which its last note ends. A roll of that length is the same after its file.
#[test]
fn any_roll_is_the_same_after_its_midi_file() {
    for seed in 0..300 {
        let roll = any_roll(seed);
        let read = song(&midi::write(&roll)).unwrap().roll;
        assert_eq!(read.notes(), roll.notes(), "seed {seed}");
        let whole_bars = roll.window(0, read.steps()).with_time(roll.tempo, roll.time_signature);
        assert_eq!(read, whole_bars, "seed {seed}");
        let again = song(&midi::write(&read)).unwrap().roll;
        assert_eq!(again, read, "seed {seed}");
    }
}

#[test]
fn a_written_file_has_the_documented_form() {
    let roll = random_roll(3, 64, 1..=127).with_time(90.0, TimeSignature { beats: 3, unit: 4 });
    let bytes = midi::write_tracks(&[("MELODY", &roll), ("PIANO", &roll)]);
    let smf = Smf::parse(&bytes).unwrap();
    assert_eq!((smf.header.format, smf.header.timing), (Format::Parallel, Timing::Metrical(480.into())));
    let score = midi::parse(&bytes).unwrap();
    let names: Vec<&str> = score.tracks.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["", "MELODY", "PIANO"]);
    assert_eq!(score.tempos, [(0, 666_667)]);
    assert_eq!(score.time_signatures, [(0, TimeSignature { beats: 3, unit: 4 })]);
    let program = |e: &TrackEvent| matches!(e.kind, TrackEventKind::Midi { message: MidiMessage::ProgramChange { program }, .. } if program == 0);
    assert!(smf.tracks[1].iter().any(program) && smf.tracks[2].iter().any(program));
}

// Notes.

#[test]
fn a_note_is_moved_to_the_nearest_step_and_its_length_rounded_separately() {
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
    assert_eq!(read(&["MELODY", "PIANO"]).unwrap(), Roll::merged(&[a.clone(), b.clone()]).notes());
    let parts = |names: &[&str]| Song::from_midi("", &bytes, None, &tracks(names)).unwrap().parts;
    let both: Vec<_> = parts(&[]).into_iter().map(|part| (part.name, part.roll.notes().to_vec())).collect();
    assert_eq!(both, [("MELODY".to_owned(), a.notes().to_vec()), ("PIANO".to_owned(), b.notes().to_vec())]);
    assert!(parts(&["PIANO"]).is_empty(), "one track is the song");
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
    // As many onsets on the grid as half a step off it.
    let even = notes(&[(0, 100, 60), (180, 200, 62), (240, 300, 64), (420, 480, 65)]);
    assert_eq!(flocoder::data::music::beats::phase(&ticks(&even), 480), 0);
    // Triplets are distributed equally over three phases.
    let triplets: Vec<_> = (0..12).map(|i| (160 * i, 160 * i + 80, 60)).collect();
    assert_eq!(flocoder::data::music::beats::phase(&ticks(&notes(&triplets)), 480), 0);
}

#[test]
fn annotated_beats_carry_the_notes_through_changes_of_tempo() {
    // Played at 60, then 120 beats per minute, a quarter of a second after the file begins; the ticks do not reflect that.
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
    assert_eq!((read.roll.tempo, read.roll.time_signature), (120.0, TimeSignature::COMMON));
}

#[test]
fn a_pickup_before_the_first_beat_is_kept_and_bars_still_begin_on_downbeats() {
    // Beats every half second from 1 s, the second of which begins a bar of three; a note half a beat before the first.
    let text: String = (0..12).map(|i| format!("{} 0 {}\n", 1.0 + 0.5 * f64::from(i), u8::from(i % 3 == 1))).collect();
    let read = Song::from_midi("", &notes(&[(720, 960, 60), (1440, 1920, 62)]), Some(&text), &Selection::default());
    let read = read.unwrap();
    // Two beats come before the downbeat for the pickup and the first beat, a third so that step 0 begins a bar.
    assert_eq!(ends(read.roll.notes()), [(6, 8, 60), (12, 16, 62)]);
    assert_eq!((read.bars, read.roll.time_signature), (vec![0, 12], TimeSignature { beats: 3, unit: 4 }));
}

#[test]
fn bars_follow_the_time_signatures() {
    let mut events =
        vec![(0, time_signature(3, 2)), (1440 * 2, time_signature(4, 2)), (1440 * 2 + 1920, time_signature(6, 3))];
    events.extend((0..10).flat_map(|i| [(480 * i, on(0, 60)), (480 * i + 400, off(0, 60))]));
    events.extend([(1440 * 2 + 1920 + 1440, on(0, 70)), (1440 * 2 + 1920 + 1500, off(0, 70))]);
    let read = song(&file(events)).unwrap();
    assert_eq!(read.bars, [0, 12, 24, 40, 52]);
    assert_eq!((read.roll.steps(), read.roll.time_signature), (64, TimeSignature { beats: 3, unit: 4 }));
}

#[test]
fn broken_annotations_give_one_sentence_each() {
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
fn errors_say_what_is_wrong_with_a_midi_file() {
    let with_division = |division: [u8; 2]| {
        let mut bytes = notes(&[(0, 480, 60)]);
        bytes[12..14].copy_from_slice(&division);
        bytes
    };
    let cases: [(Vec<u8>, &str); 6] = [
        (Vec::new(), "is empty"),
        (b"hello".to_vec(), "is not a MIDI file"),
        (with_division([0, 0]), "found 0"),
        (with_division([0xE8, 40]), "SMPTE"),
        (file(vec![]), "has no notes"),
        (file(vec![(0, on(9, 36)), (120, off(9, 36))]), "no notes but drums"),
    ];
    for (bytes, expected) in cases {
        let error = song(&bytes).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_very_late_note_is_refused_before_memory_is_allocated() {
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
fn a_song_at_the_limit_fits_its_picture_and_one_step_more_is_refused() {
    // A step has 120 ticks.
    let ending = |start: u32| notes(&[(0, 120, 60), (start, 120 * MAX_STEPS, 64)]);
    let longest = song(&ending(120 * (MAX_STEPS - 1))).unwrap().roll;
    assert_eq!(longest.steps(), MAX_STEPS);
    assert_eq!(image::read(&image::write(&longest), Orphans::Drop).unwrap(), longest);
    // The start of this one's last note is rounded up, and so is its length.
    let error = song(&ending(120 * MAX_STEPS - 60)).unwrap_err();
    assert!(error.contains("at most 65536 steps are read"), "{error}");
}

#[test]
fn a_picture_cut_off_anywhere_gives_one_sentence() {
    let bytes = image::write(&random_roll(1, 16, 10..=127));
    for length in 0..bytes.len() {
        let error = image::read(&bytes[..length], Orphans::Drop).unwrap_err();
        assert!(!error.is_empty() && !error.contains('\n'), "{length}: {error}");
    }
}

/// A PNG with a header of this size and without image data.
fn claims(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    drop(encoder.write_header().unwrap());
    bytes
}

#[test]
fn errors_say_what_is_wrong_with_a_picture() {
    let error = |bytes: &[u8]| image::read(bytes, Orphans::Drop).unwrap_err();
    assert_eq!(error(b""), "is empty");
    assert_eq!(error(b"GIF89a"), "is not a PNG picture");
    let tall = Picture::new(128, 100, [0; 3]).png(&[]);
    assert_eq!(error(&tall), "is a picture of 128x100; a piano roll has 128 rows or is 256x256");
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

/// A PNG file of any colour type, with 8 bits per sample, a tRNS chunk if `transparent` is not empty, and a palette.
fn png_of(colour: png::ColorType, width: u32, samples: &[u8], transparent: &[u8], palette: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, 128);
    encoder.set_color(colour);
    if !transparent.is_empty() {
        encoder.set_trns(transparent.to_vec());
    }
    if !palette.is_empty() {
        encoder.set_palette(palette.to_vec());
    }
    encoder.write_header().unwrap().write_image_data(samples).unwrap();
    bytes
}

fn read_notes(bytes: &[u8]) -> Vec<Note> {
    image::read(bytes, Orphans::Drop).unwrap().notes().to_vec()
}

#[test]
fn transparent_cells_are_empty_whatever_their_colour() {
    let row = 4 * 67;
    let note = [Note { start: 0, duration: 2, pitch: 60, velocity: 90 }];
    let on_clear = |clear: &[u8], colours: [&[u8]; 2]| {
        let mut samples = clear.repeat(4 * 128);
        for (i, colour) in colours.iter().enumerate() {
            samples[(row + i) * clear.len()..][..clear.len()].copy_from_slice(colour);
        }
        samples
    };
    let rgba = on_clear(&[255, 255, 255, 0], [&[180, 0, 0, 255], &[0, 180, 0, 255]]);
    assert_eq!(read_notes(&png_of(png::ColorType::Rgba, 4, &rgba, &[], &[])), note);
    let half = on_clear(&[255, 0, 0, 10], [&[255, 0, 0, 180], &[0, 255, 0, 180]]);
    assert_eq!(read_notes(&png_of(png::ColorType::Rgba, 4, &half, &[], &[])), note, "alpha is intensity on black");
    let key = on_clear(&[255, 0, 255], [&[180, 0, 0], &[0, 180, 0]]);
    assert_eq!(read_notes(&png_of(png::ColorType::Rgb, 4, &key, &[0, 255, 0, 0, 0, 255], &[])), note);
    let grey = on_clear(&[255, 0], [&[180, 255], &[180, 255]]);
    assert_eq!(read_notes(&png_of(png::ColorType::GrayscaleAlpha, 4, &grey, &[], &[])), note);
    let grey_key = on_clear(&[255], [&[180], &[180]]);
    assert_eq!(read_notes(&png_of(png::ColorType::Grayscale, 4, &grey_key, &[0, 255], &[])), note);
    let indexed = on_clear(&[0], [&[1], &[2]]);
    let palette = [255, 255, 255, 180, 0, 0, 0, 180, 0];
    assert_eq!(read_notes(&png_of(png::ColorType::Indexed, 4, &indexed, &[0], &palette)), note);
}

#[test]
fn grey_is_told_by_the_colours() {
    let notes = read_notes(&{
        let mut grey = vec![0; 4 * 128];
        grey[4 * 67..4 * 67 + 3].fill(180);
        png_of(png::ColorType::Grayscale, 4, &grey, &[], &[])
    });
    assert_eq!(notes, [Note { start: 0, duration: 3, pitch: 60, velocity: 90 }]);
    for (colour, pixel, dark) in [
        (png::ColorType::Rgb, &[180, 180, 180][..], &[0, 0, 0][..]),
        (png::ColorType::Rgb, &[180, 179, 181], &[0, 1, 0]),
        (png::ColorType::Rgba, &[180, 180, 180, 255], &[0, 0, 0, 255]),
        (png::ColorType::Indexed, &[1], &[0]),
    ] {
        let mut samples = dark.repeat(4 * 128);
        samples[4 * 67 * dark.len()..][..3 * dark.len()].copy_from_slice(&pixel.repeat(3));
        let palette: &[u8] = if colour == png::ColorType::Indexed { &[0, 0, 0, 180, 180, 180] } else { &[] };
        assert_eq!(read_notes(&png_of(colour, 4, &samples, &[], palette)), notes, "{colour:?}");
    }
}

#[test]
fn pictures_that_are_no_rolls_are_refused() {
    let mut rng = Philox::new(3, 3);
    let mut refused = |name: &str, width: u32, height: u32, colour: &mut dyn FnMut(u32, u32, u8) -> [u8; 3]| {
        let mut picture = Picture::new(width, height, [0; 3]);
        (0..width * height)
            .for_each(|i| picture.set(i % width, i / width, colour(i % width, i / width, rng.next_u32() as u8)));
        let result = image::read(&picture.png(&[]), Orphans::Drop);
        let reason = result.map(|roll| roll.notes().len()).expect_err(name);
        assert!(reason.starts_with("is no piano roll: ") && !reason.contains('\n'), "{name}: {reason}");
    };
    refused("blank page", 256, 256, &mut |_, _, _| [255; 3]);
    refused("blue", 256, 256, &mut |x, _, _| if x < 60 { [0, 0, 200] } else { [0; 3] });
    refused("cover", 256, 256, &mut |x, y, _| [x as u8, y as u8, 128]);
    refused("yellow disc", 400, 128, &mut |x, y, _| {
        if x.abs_diff(200) + y.abs_diff(64) < 50 { [200, 200, 0] } else { [0; 3] }
    });
    refused("red poster", 256, 256, &mut |_, _, _| [180, 0, 0]);
    refused("grey photograph", 300, 128, &mut |x, y, _| [(x ^ y) as u8; 3]);
    refused("grey disc", 256, 256, &mut |x, y, _| {
        if x.abs_diff(128) + y.abs_diff(128) < 30 { [200; 3] } else { [0; 3] }
    });
    refused("green stripes", 300, 128, &mut |_, y, _| if y % 20 < 4 { [0, 150, 0] } else { [0; 3] });
    refused("red noise", 256, 256, &mut |_, _, random| [if random < 60 { 100 } else { 0 }, 0, 0]);
    // A sparse picture in the right colours is a roll, with some noise of another program in it too.
    let roll = random_roll(4, 400, 20..=127);
    let mut picture = image::draw(&roll);
    (0..40).for_each(|x| picture.set(x, 0, [15, 10, 12]));
    assert_eq!(read_notes(&picture.png(&[])), roll.notes());
}

#[test]
fn texts_of_every_kind_are_read() {
    let written = |add: &dyn Fn(&mut png::Encoder<&mut Vec<u8>>)| {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 2, 128);
        encoder.set_color(png::ColorType::Grayscale);
        add(&mut encoder);
        encoder.write_header().unwrap().write_image_data(&[0; 256]).unwrap();
        image::read(&bytes, Orphans::Drop).unwrap()
    };
    let plain = written(&|e| e.add_text_chunk("tempo".into(), "90".into()).unwrap());
    let packed = written(&|e| e.add_ztxt_chunk("tempo".into(), "90".into()).unwrap());
    let unicode = written(&|e| e.add_itxt_chunk("tempo".into(), " 90\n".into()).unwrap());
    assert_eq!([plain.tempo, packed.tempo, unicode.tempo], [90.0; 3]);
    let metre = written(&|e| e.add_itxt_chunk("time_signature".into(), "3/4".into()).unwrap());
    assert_eq!(metre.time_signature, TimeSignature { beats: 3, unit: 4 });
    let unreadable = written(&|e| e.add_text_chunk("tempo".into(), "fast".into()).unwrap());
    assert_eq!(unreadable.tempo, 120.0);
}

#[test]
fn what_is_written_is_read_at_the_limits_too() {
    for (tempo, metre) in
        [("1", "4/4"), ("0.001", "255/1"), ("1e99", "1/64"), ("inf", "4/128"), ("NaN", "0/4"), ("-3", "4/4")]
    {
        let mut picture = image::draw(&random_roll(1, 64, 10..=127));
        picture.set(0, 0, [200, 0, 0]);
        let png = picture.png(&[("tempo", tempo.to_owned()), ("time_signature", metre.to_owned())]);
        let roll = image::read(&png, Orphans::Drop).unwrap();
        let again = song(&midi::write(&roll)).unwrap().roll;
        assert_eq!((again.notes(), again.time_signature), (roll.notes(), roll.time_signature), "{tempo} {metre}");
        assert!((again.tempo / roll.tempo - 1.0).abs() < 1e-6, "{tempo}: {} and {}", again.tempo, roll.tempo);
    }
}

#[test]
fn music_made_by_a_model_stays_marked() {
    let roll = random_roll(2, 64, 10..=127);
    for generated in [false, true] {
        let roll = roll.clone().marked(generated);
        assert_eq!(image::read(&image::write(&roll), Orphans::Drop).unwrap(), roll);
        assert_eq!(song(&midi::write(&roll)).unwrap().roll.generated, generated);
        assert_eq!(roll.window(0, 32).transposed(0).generated, generated);
        assert!(image::is_own(&image::write(&roll)));
    }
    assert!(
        !image::is_own(&png_of(png::ColorType::Grayscale, 4, &[0; 512], &[], &[])) && !image::is_own(b"no picture")
    );
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
fn notes_continue_across_the_fold_of_a_picture() {
    let long = Note { start: 250, duration: 12, pitch: 60, velocity: 100 };
    let folded = image::draw_folded(&Roll::new(512, vec![long]));
    assert_eq!((folded.get(250, 67), folded.get(255, 67)), ([200, 0, 0], [0, 200, 0]));
    assert_eq!((folded.get(255, 128 + 67), folded.get(250, 128 + 67)), ([0, 200, 0], [0, 200, 0]));
    assert_eq!(folded.get(249, 128 + 67), [0, 0, 0]);
}
