//! Rendering of notes as sound.

use clap::Parser;
use flocoder::audio::{Format, Instrument, SAMPLE_RATE, Stereo, TAIL, TimedNote, flac, loudness, of_roll};
use flocoder::cli::to_wav;
use flocoder::data::corpus;
use flocoder::data::music::midi;
use flocoder::data::music::roll::{Note, Roll, TimeSignature};
use flocoder::rng::Philox;
use std::f64::consts::TAU;
use std::fs;
use std::path::Path;

fn note(start: f64, duration: f64, pitch: u8, velocity: u8) -> TimedNote {
    TimedNote { start, duration, pitch, velocity }
}

fn piano(notes: &[TimedNote]) -> Stereo {
    Instrument::Piano.play(notes).unwrap()
}

fn peak(sound: &Stereo) -> f32 {
    assert!(sound.left.iter().chain(&sound.right).all(|sample| sample.is_finite()));
    sound.left.iter().chain(&sound.right).fold(0.0, |peak, sample| peak.max(sample.abs()))
}

/// Power at a frequency (Goertzel 1958), with a Hann window against leakage.
fn power(samples: &[f32], hz: f64) -> f64 {
    let coefficient = 2.0 * (TAU * hz / f64::from(SAMPLE_RATE)).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for (i, &sample) in samples.iter().enumerate() {
        let window = 0.5 - 0.5 * (TAU * i as f64 / samples.len() as f64).cos();
        (last, before) = (f64::from(sample) * window + coefficient * last - before, last);
    }
    last * last + before * before - coefficient * last * before
}

/// The loudest of the semitones of the piano.
fn loudest(samples: &[f32]) -> u8 {
    let hz = |pitch: u8| 440.0 * 2f64.powf((f64::from(pitch) - 69.0) / 12.0);
    (33..=100).max_by(|&a, &b| power(samples, hz(a)).total_cmp(&power(samples, hz(b)))).unwrap()
}

#[test]
fn a_note_sounds_at_its_pitch() {
    let sound = piano(&[note(0.0, 0.6, 69, 90)]);
    let heard = &sound.left[2205..22050];
    assert_eq!(loudest(heard), 69);
    // It is in tune: frequencies a tenth of a semitone away are weaker.
    assert!(power(heard, 440.0) > power(heard, 437.5) && power(heard, 440.0) > power(heard, 442.5));
    assert_eq!(loudest(&piano(&[note(0.0, 0.6, 48, 90)]).left[2205..22050]), 48);
}

#[test]
fn rests_are_silent() {
    assert_eq!(peak(&piano(&[])), 0.0);
    let late = piano(&[note(1.0, 0.1, 60, 90)]);
    assert!(late.left[..44_000].iter().all(|&sample| sample == 0.0), "silent until the first note");
}

#[test]
fn sound_lasts_as_long_as_the_music_and_fades() {
    let sound = piano(&[note(0.0, 0.2, 60, 100), note(0.3, 0.2, 64, 100)]);
    assert_eq!(sound.left.len(), ((0.5 + TAIL) * f64::from(SAMPLE_RATE)).round() as usize);
    assert_eq!(sound.left.len(), sound.right.len());
    let end = &sound.left[sound.left.len() - 4410..];
    assert!(end.iter().all(|sample| sample.abs() < 1e-3));
}

#[test]
fn the_loudest_cluster_does_not_clip() {
    let cluster: Vec<TimedNote> = (30..90).map(|pitch| note(0.0, 0.3, pitch, 127)).collect();
    let level = peak(&piano(&cluster));
    assert!(level > 0.3 && level <= 1.0, "{level}");
}

#[test]
fn louder_notes_are_louder_and_brighter() {
    let [soft, loud] = [30, 120].map(|velocity| piano(&[note(0.0, 0.4, 57, velocity)]).left);
    let brightness = |sound: &[f32]| power(&sound[2205..17640], 880.0) / power(&sound[2205..17640], 220.0);
    assert!(power(&loud[2205..17640], 220.0) > 4.0 * power(&soft[2205..17640], 220.0));
    assert!(brightness(&loud) > 2.0 * brightness(&soft));
}

#[test]
fn rolls_play_at_their_tempo() {
    let notes = vec![Note { start: 4, duration: 2, pitch: 60, velocity: 70 }];
    let roll = Roll::new(16, notes).with_time(90.0, TimeSignature::COMMON);
    let notes = of_roll(&roll);
    assert_eq!(notes.len(), 1);
    assert!((notes[0].start - 60.0 / 90.0).abs() < 1e-12 && (notes[0].duration - 30.0 / 90.0).abs() < 1e-12);
}

#[test]
fn a_wav_file_holds_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let sound = Stereo { left: vec![0.0, 0.5, 1.0, -1.0], right: vec![0.25, 0.0, 2.0, -0.5] };
    Format::Wav.write(&path, &sound).unwrap();
    let reader = hound::WavReader::open(&path).unwrap();
    let spec = reader.spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, SAMPLE_RATE, 16));
    let samples: Vec<i16> = reader.into_samples().map(Result::unwrap).collect();
    assert_eq!(samples, [0, 8192, 16384, 0, 32767, 32767, -32767, -16384]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn music_beyond_an_hour_is_refused() {
    let message = Instrument::Piano.play(&[note(7200.0, 1.0, 60, 80)]).unwrap_err().to_string();
    assert!(message.contains("an hour"), "{message}");
}

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: to_wav::Args,
}

fn command(line: &[&Path]) -> Result<(), String> {
    let words = std::iter::once(Path::new("to-wav")).chain(line.iter().copied());
    to_wav::run(&Line::parse_from(words).args).map_err(|error| error.to_string())
}

#[test]
fn the_command_renders_a_file_or_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let notes = vec![Note { start: 0, duration: 4, pitch: 60, velocity: 70 }];
    let roll = Roll::new(16, notes).with_time(60.0, TimeSignature::COMMON);
    fs::write(at("in.mid"), midi::write(&roll)).unwrap();
    command(&[&at("in.mid"), &at("out.wav")]).unwrap();
    let frames = hound::WavReader::open(at("out.wav")).unwrap().duration();
    assert_eq!(frames, ((1.0 + TAIL) * f64::from(SAMPLE_RATE)).round() as u32);

    fs::write(at("bad.mid"), b"not a MIDI file").unwrap();
    fs::write(at("empty.mid"), midi::write(&Roll::new(16, Vec::new()))).unwrap();
    for name in ["bad.mid", "empty.mid", "missing.mid"] {
        let message = command(&[&at(name), &at("none.wav")]).unwrap_err();
        assert!(message.contains(name), "{message}");
    }
    let message = command(&[&at("in.mid"), &at("nowhere/out.wav")]).unwrap_err();
    assert!(message.contains("out.wav"), "{message}");
    for (name, bytes) in [("text.sf2", b"no SoundFont".to_vec()), ("cut.sf2", soundfont()[..200].to_vec())] {
        fs::write(at(name), bytes).unwrap();
        let message = command(&[&at("in.mid"), &at("none.wav"), Path::new("--soundfont"), &at(name)]).unwrap_err();
        assert!(message.contains(name) && message.contains("SoundFont"), "{message}");
    }
    assert!(!at("none.wav").exists());
}

/// A chunk of a RIFF file, without a pad byte.
fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [name.as_slice(), &(body.len() as u32).to_le_bytes(), body].concat()
}

/// Start, end, start and end of the loop, and sample rate of a sine wave of A4.
const SINE: [u32; 5] = [0, 4400, 100, 4300, 44_000];

/// The smallest SoundFont: one preset of one instrument of one looped sine wave.
fn soundfont() -> Vec<u8> {
    soundfont_of(&[], &[SINE])
}

/// The same with more chunks in its INFO list, and an instrument of several samples from the same wave.
fn soundfont_of(info: &[Vec<u8>], samples: &[[u32; 5]]) -> Vec<u8> {
    soundfont_at(20_000.0, info, samples)
}

/// The same with a wave of another amplitude.
fn soundfont_at(amplitude: f64, info: &[Vec<u8>], samples: &[[u32; 5]]) -> Vec<u8> {
    fn list(name: &[u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
        chunk(b"LIST", &[name.as_slice(), &chunks.concat()].concat())
    }
    fn record(name: &str, words: &[u16]) -> Vec<u8> {
        let mut bytes = name.as_bytes().to_vec();
        bytes.resize(20, 0);
        bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        bytes
    }
    fn words(words: &[u16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }
    let (period, length) = (100u32, 4400u32);
    let wave = (0..length + 46).map(|i| {
        let sample = (TAU * f64::from(i) / f64::from(period)).sin() * amplitude;
        if i < length { sample as i16 } else { 0 }
    });
    let header = |name: &str, numbers: [u32; 5], pitch: [u8; 2], kind: u16| {
        let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        [record(name, &[]), numbers, pitch.to_vec(), words(&[0, kind])].concat()
    };
    let info = list(b"INFO", &[&[chunk(b"ifil", &words(&[2, 1])), chunk(b"INAM", b"sine\0\0")], info].concat());
    let count = samples.len() as u16;
    let zones: Vec<u16> = (0..=count).flat_map(|zone| [2 * zone, 0]).collect();
    let generators: Vec<u16> = (0..count).flat_map(|sample| [54, 1, 53, sample]).chain([0, 0]).collect();
    let headers = samples.iter().map(|numbers| header("sine", *numbers, [69, 0], 1));
    let headers: Vec<u8> = headers.chain([header("EOS", [0; 5], [0, 0], 0)]).flatten().collect();
    let wave: Vec<u8> = wave.flat_map(|sample| sample.to_le_bytes()).collect();
    let presets = [
        chunk(b"phdr", &[record("sine", &[0; 9]), record("EOP", &[0, 0, 1, 0, 0, 0, 0, 0, 0])].concat()),
        chunk(b"pbag", &words(&[0, 0, 1, 0])),
        chunk(b"pmod", &words(&[0; 5])),
        chunk(b"pgen", &words(&[41, 0, 0, 0])),
        chunk(b"inst", &[record("sine", &[0]), record("EOI", &[count])].concat()),
        chunk(b"ibag", &words(&zones)),
        chunk(b"imod", &words(&[0; 5])),
        chunk(b"igen", &words(&generators)),
        chunk(b"shdr", &headers),
    ];
    let body = [b"sfbk".to_vec(), info, list(b"sdta", &[chunk(b"smpl", &wave)]), list(b"pdta", &presets)].concat();
    chunk(b"RIFF", &body)
}

#[test]
fn a_soundfont_plays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sine.sf2");
    fs::write(&path, soundfont()).unwrap();
    let instrument = Instrument::open(Some(&path)).unwrap();
    let sound = instrument.play(&[note(0.0, 0.6, 69, 100), note(0.6, 0.4, 57, 100)]).unwrap();
    assert_eq!(sound.left.len(), ((1.0 + TAIL) * f64::from(SAMPLE_RATE)).round() as usize);
    assert!(peak(&sound) > 0.01 && peak(&sound) <= 1.0);
    assert_eq!(loudest(&sound.left[2205..22050]), 69);
    assert_eq!(loudest(&sound.left[30_000..42_000]), 57);
}

fn opened(bytes: &[u8]) -> Result<Instrument, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("font.sf2"), bytes).unwrap();
    Instrument::open(Some(&folder.path().join("font.sf2"))).map_err(|error| error.to_string())
}

#[test]
fn soundfonts_of_other_programs_play_like_sound_ones() {
    let notes = [note(0.0, 0.3, 69, 100)];
    let sound = opened(&soundfont()).unwrap().play(&notes).unwrap();
    let (length, [start, end, ..]) = (4446, SINE);
    let bad = |numbers: [u32; 5]| soundfont_of(&[], &[numbers, SINE]);
    for (name, font) in [
        ("unknown chunks", soundfont_of(&[chunk(b"XYZW", b"even"), chunk(b"DMOD", b"\x01\0\0\0")], &[SINE])),
        ("a text of odd length", soundfont_of(&[chunk(b"IENG", b"somebody!")], &[SINE])),
        ("a padded text", soundfont_of(&[[chunk(b"IENG", b"somebody!"), vec![0]].concat()], &[SINE])),
        ("an empty text", soundfont_of(&[chunk(b"ICMT", b"")], &[SINE])),
        ("bytes at the end", [soundfont(), vec![0; 5]].concat()),
        ("a sample past the end", bad([length + 10, length + 500, length + 20, length + 400, 44_000])),
        ("an empty sample", bad([400, 400, 400, 400, 44_000])),
        ("an end before the start", bad([900, 100, 200, 300, 44_000])),
        ("no rate", bad([start, end, 100, 4300, 0])),
        ("numbers beyond 2^31", bad([u32::MAX, u32::MAX, u32::MAX, u32::MAX, 44_000])),
    ] {
        let played = opened(&font).unwrap_or_else(|reason| panic!("{name}: {reason}")).play(&notes).unwrap();
        assert_eq!(played, sound, "{name}");
    }
    // One with a loop past the end plays once.
    let once = opened(&soundfont_of(&[], &[[start, end, 100, 90_000, 44_000]])).unwrap().play(&notes).unwrap();
    let (once, looped) = (&once.left[1000..3000], &sound.left[1000..3000]);
    // The shorter sound is made louder.
    let gain = once[1000] / looped[1000];
    assert!(gain > 1.0 && once.iter().zip(looped).all(|(once, looped)| (once - gain * looped).abs() < 1e-5), "{gain}");
}

#[test]
fn a_soundfont_that_cannot_play_is_a_sentence() {
    let whole = soundfont();
    for length in (0..whole.len() - 46).step_by(61) {
        let reason = opened(&whole[..length]).unwrap_err();
        assert!(reason.contains("SoundFont") && !reason.contains('\n'), "{length}: {reason}");
    }
    let reason = opened(&whole[..whole.len() / 2]).unwrap_err();
    assert!(reason.contains(&format!("cut off at byte {}: expected", whole.len() / 2)), "{reason}");
    let none = opened(&soundfont_of(&[], &[[9, 9, 9, 9, 44_000]])).unwrap_err();
    assert!(none.contains("without a sample that can be played"), "{none}");
    // Damaged anywhere, it plays or is refused.
    let mut rng = Philox::new(1, 1);
    let from = whole.windows(4).position(|bytes| bytes == b"pdta").unwrap();
    for _ in 0..100 {
        let mut font = whole.clone();
        for _ in 0..rng.between(1, 4) {
            let at = from + rng.below(font.len() - from);
            font[at] = rng.next_u32() as u8;
        }
        if let Ok(instrument) = opened(&font) {
            instrument.play(&[note(0.0, 0.05, 69, 100)]).unwrap();
        }
    }
}

/// Chords and melody together are loud but not clipped.
#[test]
fn a_song_sounds_the_same_twice() {
    let song = corpus::compose(0, 0);
    let bar: Vec<TimedNote> = of_roll(&song.merged()).into_iter().filter(|note| note.start < 2.0).collect();
    let sound = piano(&bar);
    assert_eq!(sound, piano(&bar));
    let level = peak(&sound);
    assert!(level > 0.1 && level < 1.0, "{level}");
}

#[test]
fn a_soundfont_is_as_loud_as_the_builtin_synthesiser() {
    let folder = tempfile::tempdir().unwrap();
    let notes: Vec<TimedNote> =
        of_roll(&corpus::compose(0, 0).merged()).into_iter().filter(|note| note.start < 4.0).collect();
    let wanted = loudness(&piano(&notes)).unwrap();
    for amplitude in [300.0, 32_000.0] {
        let path = folder.path().join("sine.sf2");
        fs::write(&path, soundfont_at(amplitude, &[], &[SINE])).unwrap();
        let sound = Instrument::open(Some(&path)).unwrap().play(&notes).unwrap();
        let given = loudness(&sound).unwrap();
        assert!((given - wanted).abs() < 0.1, "{amplitude}: {given} LUFS instead of {wanted}");
        assert!(peak(&sound) < 0.99, "{amplitude}: {}", peak(&sound));
    }
}

#[test]
fn a_flac_file_holds_the_samples_of_the_wav_file() {
    let folder = tempfile::tempdir().unwrap();
    let bar: Vec<TimedNote> =
        of_roll(&corpus::compose(0, 0).merged()).into_iter().filter(|note| note.start < 2.0).collect();
    let sound = piano(&bar);
    // The last frame is full, short, or the only one.
    let lengths = [sound.left.len(), 8 * 4096, 4097, 50];
    for length in lengths {
        let part = Stereo { left: sound.left[..length].to_vec(), right: sound.right[..length].to_vec() };
        let [wav, flac] = ["a.wav", "a.flac"].map(|name| folder.path().join(name));
        for path in [&wav, &flac] {
            Format::of(path).unwrap().write(path, &part).unwrap();
        }
        let mut reader = claxon::FlacReader::open(&flac).unwrap();
        let info = reader.streaminfo();
        assert_eq!((info.channels, info.sample_rate, info.bits_per_sample), (2, SAMPLE_RATE, 16));
        assert_eq!((info.min_block_size, info.samples), (info.max_block_size, Some(length as u64)));
        let decoded: Vec<i32> = reader.samples().map(Result::unwrap).collect();
        let written: Vec<i32> = hound::WavReader::open(&wav).unwrap().into_samples().map(Result::unwrap).collect();
        assert!(decoded == written, "{length} samples");
    }
    let size = flac(&sound).len();
    assert!(size * 3 < 4 * sound.left.len() * 2, "{size} bytes for {} samples", sound.left.len());
    assert!(Format::of(Path::new("a.mp3")).is_err());
}
