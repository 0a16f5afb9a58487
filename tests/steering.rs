//! The commands that write a part of a song, with the bundled flow: what they write, keep and refuse, and that those of
//! `docs/steering.md` do what it promises.

mod common;

use common::program::Place;
use flocoder::data::corpus;
use flocoder::data::music::midi::{Document, TickEvent};
use flocoder::data::music::partial::CellSet;
use flocoder::data::music::roll::{Note, Roll, TimeSignature};
use flocoder::data::picture::cells::Orphans;
use flocoder::data::picture::image;
use flocoder::song::SongFile;

const STEERING: &str = include_str!("../docs/steering.md");
/// Options that make a command fast.
const FAST: &str = "--steps 1 -n 2 -q";

fn place(name: &str) -> Option<Place> {
    common::gpu()?;
    let place = Place::new(name);
    place.write("song.mid", corpus::compose(1, 0).midi());
    Some(place)
}

/// The events of a file, track by track.
fn tracks(place: &Place, file: &str) -> Vec<Vec<TickEvent>> {
    Document::read(&place.read(file)).unwrap().tracks
}

/// The notes of a file's track as they are on the grid: start, end and pitch.
fn notes(place: &Place, file: &str, track: usize) -> Vec<(u32, u32, u8)> {
    let song = SongFile::of_midi(&place.read(file), None).unwrap();
    let notes = song.notes().iter().filter(|note| note.event.track == track);
    notes.map(|note| (note.note.start, note.note.end(), note.note.pitch)).collect()
}

#[test]
fn bars_are_filled_and_all_else_stays() {
    let Some(place) = place("fill") else { return };
    let said = place.succeeds("fill song.mid --bars 3-4 --steps 4 -n 2 -q");
    let mut all_new = 0;
    assert!(said.contains("variants/fill-0001.mid: ") && said.contains("in bars 3-4\nchords: "), "{said}");
    for file in ["variants/fill-0000.mid", "variants/fill-0001.mid"] {
        for track in 1..3 {
            let kept: Vec<_> =
                notes(&place, "song.mid", track).into_iter().filter(|note| !(32..64).contains(&note.0)).collect();
            assert_eq!(notes(&place, file, track), kept);
        }
        let new = notes(&place, file, 3);
        assert!(new.iter().all(|&(start, end, _)| start >= 32 && end <= 64), "{new:?}");
        all_new += new.len();
    }
    assert!(all_new > 0);
    let picture = image::read(&place.read("variants/fill-0000.png"), Orphans::Drop);
    assert_eq!(picture.unwrap().steps(), 32);
    let said = place.succeeds("fill song.mid --bars 3-4 --steps 4 --best 1/3 --humanize -q -o best");
    assert!(said.contains("unlike songs by ") && !place.path("best/fill-0001.mid").exists(), "{said}");
    // The same seed gives the same files, another one others.
    let before = place.read("variants/fill-0000.mid");
    place.succeeds("fill song.mid --bars 3-4 --steps 4 -n 1 -q");
    assert_eq!(place.read("variants/fill-0000.mid"), before);
    assert!(!place.path("variants/fill-0001.mid").exists(), "earlier variants are removed");
    place.succeeds("fill song.mid --bars 3-4 --steps 4 -n 1 -q --seed 1");
    assert_ne!(place.read("variants/fill-0000.mid"), before);
}

/// A song of a phrase of eight bars three times repeats it in bars that are filled, as far as it is asked to.
#[test]
fn the_song_repeats_itself() {
    let Some(place) = place("repeats") else { return };
    let phrase = corpus::compose(1, 0).merged().window(64, 128);
    let again = |start: u32| phrase.notes().iter().map(move |note| Note { start: note.start + start, ..*note });
    let song = Roll::new(384, [0, 128, 256].into_iter().flat_map(again).collect());
    place.write("thrice.png", image::write(&song));
    let bars: Vec<(u32, u8)> =
        phrase.window(32, 32).notes().iter().map(|note| (note.start + 160, note.pitch)).collect();
    let found = |follow: &str| {
        place.succeeds(&format!("fill thrice.png --bars 11-12 --steps 8 -n 1 -q{follow}"));
        let new: Vec<(u32, u8)> =
            notes(&place, "variants/fill-0000.mid", 2).into_iter().map(|(start, _, pitch)| (start, pitch)).collect();
        let common = new.iter().filter(|note| bars.contains(note)).count();
        2.0 * common as f64 / (new.len() + bars.len()) as f64
    };
    let [new, some, all] = [" --follow 0", "", " --follow 1"].map(found);
    assert!(new < some && some < all && all > 0.8, "{new} {some} {all}");
}

#[test]
fn a_mask_and_pitches_narrow_what_is_written() {
    let Some(place) = place("mask") else { return };
    let roll = corpus::compose(1, 0).merged();
    place.write("mask.png", image::write(&roll.window(0, 256)));
    place.succeeds(&format!("fill song.mid --mask mask.png --pitches 50-70 --track PIANO {FAST}"));
    assert_eq!(notes(&place, "variants/fill-0000.mid", 1), notes(&place, "song.mid", 1));
    let masked = &CellSet::sounding(&roll.window(0, 256)) & &CellSet::rectangle(256, 50..=70, 0..256);
    let new = notes(&place, "variants/fill-0000.mid", 3);
    assert!(!new.is_empty());
    for (start, end, pitch) in new {
        assert!((start..end).all(|step| masked.has(pitch, step)));
    }
    place.write("tall.png", image::write_folded(&roll.window(0, 512)));
    place.refuses("fill song.mid --mask tall.png", "a mask has 128 rows");
    place.write(
        "long.png",
        image::write(&Roll::merged(&[roll.clone(), {
            let note = Note { start: 5000, duration: 4, pitch: 60, velocity: 80 };
            Roll::new(5004, vec![note])
        }])),
    );
    place.refuses("fill song.mid --mask long.png", "where the song ends");
}

#[test]
fn a_song_goes_on_and_is_accompanied_and_varied() {
    let Some(place) = place("commands-of-steering") else { return };
    let bars = SongFile::of_midi(&place.read("song.mid"), None).unwrap().sounding_bars() as u32;
    place.succeeds(&format!("continue song.mid --bars 5 {FAST} -o on"));
    let new = notes(&place, "on/continue-0000.mid", 3);
    assert!(!new.is_empty());
    assert!(new.iter().all(|note| note.0 >= 16 * bars && note.1 <= 16 * (bars + 5)), "{new:?}");
    assert_eq!(tracks(&place, "on/continue-0000.mid")[..3], tracks(&place, "song.mid")[..]);
    // One after the other in the same folder: the earlier variants are removed.
    place.succeeds(&format!("accompany song.mid --bars 1-8 {FAST} -o on"));
    assert!(!place.path("on/continue-0000.mid").exists());
    assert_eq!(notes(&place, "on/accompany-0001.mid", 1), notes(&place, "song.mid", 1), "the melody is given");
    assert!(notes(&place, "on/accompany-0001.mid", 2).iter().all(|note| note.0 >= 128), "the piano is taken out");
    place.succeeds(&format!("melody-for song.mid --track PIANO --bars 1-8 {FAST} -o on"));
    assert_eq!(notes(&place, "on/melody-0000.mid", 2), notes(&place, "song.mid", 2), "the piano is given");
    let melody = notes(&place, "on/melody-0000.mid", 3);
    assert!(melody.len() > 1);
    assert!(melody.windows(2).all(|pair| pair[0].1 <= pair[1].0), "one note at a time: {melody:?}");
    assert!(melody.iter().all(|note| (60..=84).contains(&note.2)));
    place.succeeds(&format!("vary song.mid --bars 5-6 --strength 0.2 --chords Am,F --density 1.2 {FAST} -o on"));
    assert!(place.path("on/vary-0001.png").exists());
}

#[test]
fn other_time_signatures_and_pictures_are_written() {
    let Some(place) = place("waltz") else { return };
    for (beats, unit, length) in [(3, 4, 12), (6, 8, 12), (2, 4, 8), (5, 4, 20), (9, 8, 18), (12, 8, 24)] {
        let roll = corpus::compose(2, 0).merged().window(0, length * 12);
        place.write("waltz.png", image::write(&roll.with_time(120.0, TimeSignature { beats, unit })));
        place.succeeds(&format!("fill waltz.png --bars 5-6 --chords C,G {FAST}"));
        let new = notes(&place, "variants/fill-0000.mid", 2);
        assert!(!new.is_empty(), "{beats}/{unit}");
        assert!(new.iter().all(|note| note.0 >= 4 * length && note.1 <= 6 * length), "{beats}/{unit}: {new:?}");
        place.succeeds(&format!("continue waltz.png --bars 2 {FAST}"));
    }
}

#[test]
fn what_cannot_be_done_is_a_sentence() {
    let Some(place) = place("refusals") else { return };
    place.refuses("fill song.mid", "say what to write: --bars 3-4, --pitches C4-C6 or --mask M.png");
    place.refuses("fill song.mid --bars 900", "so there is no bar 900");
    place.refuses("fill song.mid --bars 1 --track VIOLIN", "no track named 'VIOLIN'; its tracks are: MELODY, PIANO");
    place.refuses("fill song.mid --bars 1 --chords C,G", "the chords last 2 bars, but the music 1 bar");
    place.refuses("fill song.mid --bars 1 -o out.mid", "--output takes a folder");
    place.refuses("fill none.mid --bars 1", "none.mid");
    let song = place.read("song.mid");
    place.write("cut.mid", &song[..song.len() / 2]);
    place.refuses("continue cut.mid", "only a whole file can be kept event by event");
    place.write("text.mid", "no music");
    place.refuses("vary text.mid", "is not a MIDI file");
    for (arguments, part) in [
        ("fill song.mid --bars 4-3", "'4-3' ends before it begins; write 3-4"),
        ("fill song.mid --bars 0", "bars are counted from 1"),
        ("fill song.mid --pitches C9-C4", "lower one first"),
        ("fill song.mid --bars 1 --chords Am,f", "column 4: 'f' begins with a small letter; write F"),
        ("vary song.mid --strength 2", "from 0 to 1"),
        ("fill song.mid --bars 1 --follow 1.5", "from 0 to 1"),
        ("vary song.mid --follow 1", "unexpected argument"),
        ("continue song.mid --bars 5000", "at most 1024 bars"),
    ] {
        let output = place.command(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && text.contains(part), "{arguments}: {text}");
    }
    std::fs::create_dir(place.path("mine")).unwrap();
    place.write("mine/fill-0001.mid", "mine");
    place.refuses("fill song.mid --bars 1 -o mine", "already exists, and is no sample that this command wrote there");
    assert_eq!(place.read("mine/fill-0001.mid"), b"mine");
}

#[test]
fn pieces_lead_from_one_piece_to_another() {
    let Some(place) = place("morph") else { return };
    let waltz = TimeSignature { beats: 3, unit: 4 };
    for (file, index) in [("a.png", 3), ("b.png", 4)] {
        let roll = corpus::compose(3, index).merged().window(0, 12 * 12);
        place.write(file, image::write(&roll.with_time(60.0 * f64::from(index as u32 - 2), waltz)));
    }
    place.succeeds("morph a.png b.png --steps 3 --from 2 -q");
    let roll = |file: &str, bar: u32| {
        let song = SongFile::of_midi(&place.read(file), None).unwrap();
        song.roll(|_| true).window(12 * bar, 12 * 8).notes().to_vec()
    };
    let original = |index, bar: u32| corpus::compose(3, index).merged().window(0, 144).window(12 * bar, 96);
    let ends = |notes: &[Note]| notes.iter().map(|note| (note.start, note.end(), note.pitch)).collect::<Vec<_>>();
    assert_eq!(ends(&roll("variants/morph-0000.mid", 0)), ends(original(3, 1).notes()));
    let first = SongFile::open(&place.path("b.png")).unwrap().first_bar() as u32;
    assert_eq!(ends(&roll("variants/morph-0002.mid", 0)), ends(original(4, first).notes()));
    let middle = image::read(&place.read("variants/morph-0001.png"), Orphans::Drop).unwrap();
    assert!((middle.tempo - 60.0 * 2f64.sqrt()).abs() < 0.01 && !middle.notes().is_empty());
    assert_eq!((middle.time_signature, middle.steps()), (waltz, 96));
    place.refuses("morph a.png song.mid", "a morph needs two pieces in one time signature");
    place.refuses("morph a.png b.png --to 99", "so there is no bar 99");
}

#[test]
fn a_flow_without_conditions_is_refused() {
    let Some(place) = Place::trained("steering-trained") else { return };
    place.write("song.mid", corpus::compose(1, 0).midi());
    place.refuses(
        "fill song.mid --bars 1 --checkpoint flow/flow.safetensors",
        "trained without conditions, so that it cannot complete a song",
    );
}

#[test]
fn the_page_does_what_it_promises() {
    if common::gpu().is_none() {
        return;
    }
    let place = Place::new("page-of-steering");
    let blocks = STEERING.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap());
    let (mut commands, mut files) = (0, 0);
    for (kind, text) in blocks {
        for line in text.lines() {
            if kind == "files" {
                assert!(!place.read(line).is_empty());
                files += 1;
            } else {
                let arguments = line.strip_prefix("flocoder ").unwrap();
                let is_slow = !arguments.starts_with("data") && !arguments.starts_with("morph");
                let fast = if is_slow { " --steps 1" } else { "" };
                place.succeeds(&format!("{arguments}{fast}"));
                commands += 1;
            }
        }
    }
    assert!(commands > 6 && files > 8, "{commands} commands, {files} files: are all blocks read?");
}
