//! Recognised chords against annotated ones.

use flocoder::data::dataset::song::Song;
use flocoder::data::music::beats::TempoMap;
use flocoder::data::music::chord::{Chord, recognise};
use flocoder::data::music::midi::{self, Selection};
use flocoder::data::music::roll::Roll;
use std::fs::File;
use std::io::Read;

const STEPS: u32 = 128;

/// Prints the agreement with the annotations of POP909's songs 746-818, whose archive `FLOCODER_POP909` names:
/// `FLOCODER_POP909=songs.zip cargo test --release --test chords -- --ignored --nocapture`.
#[test]
#[ignore = "needs an archive of POP909"]
fn agreement_with_pop909() {
    let path = std::env::var("FLOCODER_POP909").expect("FLOCODER_POP909 names a zip with POP909/NNN/chord_midi.txt");
    let mut archive = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let windows: Vec<_> = (746..=818).flat_map(|number| windows(&mut archive, number)).collect();
    for span in [4, 8, 16] {
        let scores: Vec<_> =
            windows.iter().filter_map(|(roll, chords)| agreement(&recognise(roll, span), span, chords)).collect();
        let mean = |of: fn(&(f64, f64)) -> f64| scores.iter().map(of).sum::<f64>() / scores.len() as f64;
        let (tones, bass) = (mean(|score| score.0), mean(|score| score.1));
        eprintln!("{} windows, spans of {span} steps: F1 of chord tones {tones:.3}, same bass {bass:.3}", scores.len());
        if span == 8 {
            assert!(tones > 0.89 && bass > 0.91);
        }
    }
}

/// F1 of chord tones and share of equal basses, over the beats where both have a chord.
fn agreement(recognised: &[Chord], span: u32, annotated: &[Chord]) -> Option<(f64, f64)> {
    let beats = annotated.iter().enumerate().map(|(beat, &chord)| (recognised[4 * beat / span as usize], chord));
    let both: Vec<_> = beats.filter(|(a, b)| !a.is_none() && !b.is_none()).collect();
    let sum = |of: fn(&(Chord, Chord)) -> u32| f64::from(both.iter().map(of).sum::<u32>());
    let common = sum(|(a, b)| (a.tones() & b.tones()).count_ones());
    let all = sum(|(a, b)| a.tones().count_ones() + b.tones().count_ones());
    let same = both.iter().filter(|(a, b)| a.bass() == b.bass()).count();
    (!both.is_empty()).then(|| (2.0 * common / all, same as f64 / both.len() as f64))
}

/// The windows of a song, 8 bars each, with the annotated chord of each beat. Songs that are not in 4/4 have none.
fn windows(archive: &mut zip::ZipArchive<File>, number: u32) -> Vec<(Roll, Vec<Chord>)> {
    let mut read = |name: String| {
        let mut bytes = Vec::new();
        archive.by_name(&name).ok()?.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    let folder = format!("POP909/{number:03}");
    let Some(bytes) = read(format!("{folder}/{number:03}.mid")) else { return Vec::new() };
    let text = |bytes: Option<Vec<u8>>| String::from_utf8(bytes.unwrap()).unwrap();
    let (beats, chords) =
        (text(read(format!("{folder}/beat_midi.txt"))), text(read(format!("{folder}/chord_midi.txt"))));
    let song = Song::from_midi(&folder, &bytes, Some(&beats), &Selection::default()).unwrap();
    if song.roll.time_signature.beats != 4 {
        return Vec::new();
    }
    // Beats that the grid adds before the first annotated one.
    let score = midi::parse(&bytes).unwrap();
    let first_tick = score.tracks.iter().flat_map(|track| &track.notes).map(|note| note.start).min().unwrap();
    let beats: Vec<f64> = beats.lines().map(|line| line.split_whitespace().next().unwrap().parse().unwrap()).collect();
    let early = position(&beats, TempoMap::new(&score).seconds(first_tick));
    let lead = (f64::from(song.roll.notes()[0].start) / 4.0 - early).round();
    let annotated: Vec<(f64, Chord)> = chords.lines().filter_map(annotation).collect();
    let chord_at = |step: u32| {
        let beat = f64::from(step / 4) + 0.5 - lead;
        let after = annotated.partition_point(|(seconds, _)| position(&beats, *seconds) <= beat);
        after.checked_sub(1).map_or(Chord::NONE, |index| annotated[index].1)
    };
    let starts = song.bars.iter().copied().step_by(8).filter(|&start| start + STEPS <= song.roll.steps());
    starts
        .map(|start| (song.roll.window(start, STEPS), (0..32).map(|beat| chord_at(start + 4 * beat)).collect()))
        .collect()
}

/// The beat at a time, as a fraction.
fn position(beats: &[f64], seconds: f64) -> f64 {
    let after = beats.partition_point(|&beat| beat <= seconds).clamp(1, beats.len() - 1);
    (after - 1) as f64 + (seconds - beats[after - 1]) / (beats[after] - beats[after - 1])
}

/// A line of an annotation: begin, end and a chord such as `F#:maj7/5`, whose bass is a degree.
fn annotation(line: &str) -> Option<(f64, Chord)> {
    let mut columns = line.split_whitespace();
    let (begin, label) = (columns.next()?.parse().ok()?, columns.nth(1)?);
    let (label, degree) = label.split_once('/').unwrap_or((label, "1"));
    let (root, quality) = label.split_once(':').unwrap_or((label, "maj"));
    let quality = quality.split('(').next()?;
    let symbol = |quality: &str| format!("{root}{quality}").parse::<Chord>();
    let broader = if quality.starts_with("min") {
        "m"
    } else if quality.starts_with("sus4") {
        "sus4"
    } else {
        ""
    };
    let chord = if label == "N" { Chord::NONE } else { symbol(quality).or_else(|_| symbol(broader)).unwrap() };
    let semitones = |degree: &str| Some([0, 2, 4, 5, 7, 9, 11, 12, 14][degree.parse::<usize>().ok()?.checked_sub(1)?]);
    let above = match degree.split_at(degree.len() - 1) {
        ("", degree) => semitones(degree)?,
        ("b", degree) => semitones(degree)? - 1,
        ("bb", degree) => semitones(degree)? - 2,
        ("#", degree) => semitones(degree)? + 1,
        _ => return None,
    };
    let bass = chord.bass().map(|root| root + above as usize);
    Some((begin, bass.map_or(chord, |bass| Chord::new(chord.classes(), bass))))
}
