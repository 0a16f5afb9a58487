//! The built-in corpus: files, melodies and statistics.

use flocoder::data::corpus;
use flocoder::data::music::midi;
use flocoder::metrics::features::{Features, NAMES, STEPS_PER_WINDOW, Summary};
use std::fs;

#[test]
fn a_song_does_not_depend_on_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (few, many) = (folder.path().join("few"), folder.path().join("many"));
    let mut done = Vec::new();
    corpus::write(&few, 2, 7, |n| done.push(n)).unwrap();
    corpus::write(&many, 5, 7, |_| ()).unwrap();
    assert_eq!(done, [1, 2]);
    for name in ["song-0001.mid", "song-0002.mid"] {
        assert_eq!(fs::read(few.join(name)).unwrap(), fs::read(many.join(name)).unwrap());
    }
    assert_eq!(fs::read_dir(&many).unwrap().count(), 5, "only the songs are in the folder");
    assert_ne!(corpus::compose(7, 0).midi(), corpus::compose(8, 0).midi());
    assert_ne!(corpus::compose(7, 0).midi(), corpus::compose(7, 1).midi());
}

#[test]
fn other_files_are_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    corpus::write(folder.path(), 2, 1, |_| ()).unwrap();
    corpus::write(folder.path(), 3, 1, |_| ()).unwrap();
    let before = fs::read(folder.path().join("song-0001.mid")).unwrap();
    let message = corpus::write(folder.path(), 1, 2, |_| ()).unwrap_err().to_string();
    assert!(message.contains("song-0001.mid"), "{message}");
    assert_eq!(fs::read(folder.path().join("song-0001.mid")).unwrap(), before);
}

/// Every song is a .mid file with two tracks, in which each note is on the grid at its composed position.
#[test]
fn songs_are_midi_files_on_the_grid() {
    for index in 0..30 {
        let song = corpus::compose(0, index);
        let score = midi::parse(&song.midi()).unwrap();
        for (name, roll) in [("MELODY", &song.melody), ("PIANO", &song.piano)] {
            let track = score.tracks.iter().find(|track| track.name.is(name)).unwrap();
            let ticks = score.ticks_per_beat / 4;
            let mut read: Vec<_> = track.notes.iter().map(|n| (n.start, n.end, n.pitch, n.velocity)).collect();
            read.sort_unstable();
            let mut meant: Vec<_> = roll
                .notes()
                .iter()
                .map(|n| (u64::from(n.start * ticks), u64::from(n.end() * ticks), n.pitch, n.velocity))
                .collect();
            meant.sort_unstable();
            assert_eq!(read, meant, "{} {name}", song.name);
        }
        let bars = song.piano.steps() / 16;
        assert!((24..=48).contains(&bars) && song.piano.steps().is_multiple_of(16), "{} has {bars} bars", song.name);
        assert!((70.0..=140.0).contains(&song.piano.tempo));
        assert_eq!(song.piano.notes()[0].start, 0);
    }
}

#[test]
fn a_melody_is_one_singable_voice() {
    for index in 0..60 {
        let song = corpus::compose(3, index);
        for pair in song.melody.notes().windows(2) {
            assert!(pair[0].end() <= pair[1].start, "{}: two notes at once", song.name);
            let leap = pair[0].pitch.abs_diff(pair[1].pitch);
            // a section may begin in another register, with its upbeat
            let begins = (pair[1].start + 4) % 64 < 8;
            assert!(
                leap <= 12 || begins && leap <= 21,
                "{}: a leap of {leap} semitones at step {}",
                song.name,
                pair[1].start
            );
        }
        assert!(song.melody.notes().iter().all(|note| (57..=88).contains(&note.pitch)), "{}", song.name);
    }
}

/// The numbers that training and the demo rely on, near those of popular songs but somewhat sparser.
#[test]
fn the_corpus_has_the_intended_statistics() {
    let windows: Vec<Features> = (0..60)
        .flat_map(|index| {
            let roll = corpus::compose(0, index).merged();
            Features::of_windows(roll.notes(), roll.steps(), STEPS_PER_WINDOW)
        })
        .collect();
    let summary = Summary::of(&windows);
    let within = |name: &str, low: f64, high: f64| {
        let mean = summary.mean[NAMES.iter().position(|known| *known == name).unwrap()];
        assert!((low..high).contains(&mean), "{name} is {mean:.3}");
    };
    within("notes per bar", 12.0, 20.0);
    within("polyphony", 3.0, 4.0);
    within("pitch-class entropy", 2.6, 2.8);
    within("scale consistency", 0.95, 1.0);
    within("empty beats", 0.0, 0.03);
}
