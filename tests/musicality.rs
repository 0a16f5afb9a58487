//! Measures of melody, bass and harmony on songs and on samples.

use flocoder::data::dataset::song::Song;
use flocoder::data::dataset::source::scan;
use flocoder::data::music::chord::{Chord, recognise};
use flocoder::data::music::midi::Selection;
use flocoder::data::music::roll::Roll;
use flocoder::metrics::density::Densities;
use flocoder::metrics::obedience::share_in_chord;
use flocoder::metrics::profile::profile_distance;
use flocoder::metrics::repetition::Repetition;
use flocoder::metrics::stray::share_stray;
use flocoder::metrics::{bass, bass::Bass, harmony, harmony::Harmony, melody, melody::Melody};
use std::path::Path;
use std::slice;

const STEPS: u32 = 128;
const LEAST_NOTES: usize = 8;

/// Prints the measures of songs 746-818 of POP909, of other songs of it and of a folder of samples:
/// `FLOCODER_POP909=songs.zip FLOCODER_SAMPLES=samples cargo test --release --test musicality -- --ignored --nocapture`.
#[test]
#[ignore = "needs an archive of POP909 and a folder of samples"]
fn songs_and_samples_are_told_apart() {
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let songs = scan(Path::new(&variable("FLOCODER_POP909")), &Selection::default(), &|_, _| ()).unwrap().songs;
    let number = |song: &Song| song.name.split('/').nth(1).and_then(|number| number.parse::<u32>().ok());
    let of =
        |from: u32, to: u32| songs.iter().filter(move |song| number(song).is_some_and(|n| (from..=to).contains(&n)));
    let held_out: Vec<Roll> = of(746, 818).flat_map(windows).collect();
    let others: Vec<Roll> = of(600, 680).flat_map(windows).collect();
    let samples: Vec<Roll> = std::fs::read_dir(variable("FLOCODER_SAMPLES"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mid"))
        .map(|path| Song::from_midi("sample", &std::fs::read(path).unwrap(), None, &Selection::default()).unwrap())
        .map(|song| song.roll.window(0, STEPS))
        .filter(|roll| roll.notes().len() >= LEAST_NOTES)
        .collect();
    let sets = [&held_out, &others, &samples].map(|rolls| measures(rolls));
    eprintln!("{} windows of songs 746-818, {} of 600-680, {} samples", held_out.len(), others.len(), samples.len());
    for (index, name) in names().iter().enumerate() {
        let column =
            |set: &Vec<Vec<f64>>| set.iter().map(|row| row[index]).filter(|value| !value.is_nan()).collect::<Vec<_>>();
        let [real, other, made] = sets.each_ref().map(column);
        let overlap =
            |a: &Vec<f64>| Densities::of([slice::from_ref(a), slice::from_ref(&real)]).overlap([&[1.0], &[1.0]]);
        let summary = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
            format!("{mean:6.3} +- {:.3}", variance.sqrt())
        };
        eprintln!(
            "{name:22} {}   {} (OA {:.2})   {} (OA {:.2})",
            summary(&real),
            summary(&other),
            overlap(&other),
            summary(&made),
            overlap(&made)
        );
    }
    let count = samples.len().min(others.len());
    let distance = |rolls: &[Roll]| profile_distance(&rolls[..count], &held_out);
    eprintln!(
        "distance of profiles of {count}: other songs {:.1}, samples {:.1}",
        distance(&others),
        distance(&samples)
    );
}

/// The windows of a song in 4/4, 8 bars each.
fn windows(song: &Song) -> Vec<Roll> {
    let starts = song.bars.iter().copied().step_by(8).filter(|start| start + STEPS <= song.roll.steps());
    let windows = starts.map(|start| song.roll.window(start, STEPS)).filter(|roll| roll.notes().len() >= LEAST_NOTES);
    if song.roll.time_signature.beats == 4 { windows.collect() } else { Vec::new() }
}

fn names() -> Vec<&'static str> {
    let more = ["notes in the chord", "stray notes", "bar +1", "bar +2", "bar +4", "rhythm +1", "density variation"];
    [&melody::NAMES[..], &bass::NAMES, &harmony::NAMES, &more].concat()
}

/// The measures of each window, NaN where it has none.
fn measures(rolls: &[Roll]) -> Vec<Vec<f64>> {
    let row = |roll: &Roll| {
        let chords: Vec<Chord> = recognise(roll, 8).into_iter().flat_map(|chord| [chord; 2]).collect();
        let melody = Melody::of(roll, &chords).map_or([f64::NAN; 6], |melody| melody.values());
        let bass = Bass::of(roll, &chords).map_or([f64::NAN; 2], |bass| bass.values());
        let harmony = Harmony::of(&chords).map_or([f64::NAN; 5], |harmony| harmony.values());
        let repetition = Repetition::of(roll);
        let more = [share_in_chord(roll.notes(), &chords).unwrap_or(f64::NAN), share_stray(roll.notes())];
        let rest = [repetition.rhythm[0], repetition.density_variation];
        [&melody[..], &bass, &harmony, &more, &repetition.onsets, &rest].concat()
    };
    rolls.iter().map(row).collect()
}
