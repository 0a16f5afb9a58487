//! Conditions, corrections of onsets and measures against the numbers of a NumPy statement of them, on eight windows of POP909.

use flocoder::condition::{Patches, Row, RowOrder, attributes::attributes, bar_attributes, picture, template};
use flocoder::data::music::roll::{Note, Roll};
use flocoder::data::music::{key, to_c};
use flocoder::metrics::obedience::{share_in_chord, share_in_key};
use flocoder::metrics::profile::{profile, profile_distance};
use flocoder::metrics::repetition::Repetition;
use flocoder::metrics::stray::share_stray;
use flocoder::sample::onsets::{OnsetLogits, counts, push};
use flocoder::sample::shared_noise::of_chords;
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/conditions/windows.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[track_caller]
fn close(got: impl IntoIterator<Item = impl Into<f64>>, wanted: &Value) {
    let (got, wanted): (Vec<f64>, _) = (got.into_iter().map(Into::into).collect(), numbers(wanted));
    let far = got.iter().zip(&wanted).position(|(got, wanted)| (got - wanted).abs() > 1e-4);
    assert!(got.len() == wanted.len() && far.is_none(), "{far:?}: {got:?} is not {wanted:?}");
}

/// A window as it sounds.
fn window(golden: &Value) -> Roll {
    let note = |note: &Value| {
        let [start, duration, pitch] = numbers(note)[..] else { panic!("a note has three numbers") };
        Note { start: start as u32, duration: duration as u32, pitch: pitch as u8, velocity: 80 }
    };
    Roll::new(128, golden["notes"].as_array().unwrap().iter().map(note).collect())
}

/// Each window in C with its numbers.
fn windows_in_c() -> Vec<(Roll, Value)> {
    let golden = golden();
    let in_c = |golden: &Value| (window(golden).shifted(golden["shift"].as_i64().unwrap() as i32), golden.clone());
    golden["windows"].as_array().unwrap().iter().map(in_c).collect()
}

#[test]
fn windows_are_brought_to_c() {
    for golden in golden()["windows"].as_array().unwrap() {
        let song: Vec<f64> = numbers(&golden["song_classes"]);
        let classes = key::pitch_classes(window(golden).notes()).map(f64::from);
        let shift = to_c::shift_of(to_c::key_of(&classes, &std::array::from_fn(|class| song[class])));
        assert_eq!(i64::from(shift), golden["shift"]);
    }
}

#[test]
fn rows_have_the_chords_and_attributes() {
    for (roll, golden) in windows_in_c() {
        let row = Row::of(&roll, 0);
        let got = attributes(&roll);
        // The statement counts pitches from 16 in octaves, and distinct pitches in tens.
        let [low, high, pitches] = [(got[4] - 16.0) / 12.0, (got[5] - 16.0) / 12.0, got[7] / 10.0];
        close([got[0], got[1], got[2], got[3], low, high, got[6], pitches], &golden["attributes"]);
        close(bar_attributes(&roll, 16).into_iter().flatten(), &golden["bars"]);
        close(template(&roll), &golden["rhythm"]);
        assert_eq!((row.attributes, &row.bars, row.rhythm), (got, &bar_attributes(&roll, 16), template(&roll)));
        let chords: Vec<Vec<f64>> = golden["chords"].as_array().unwrap().iter().map(numbers).collect();
        let half_bars = row.chords.chunks(2).map(|beats| {
            assert_eq!(beats[0], beats[1]);
            vec![f64::from(beats[0].tones()), beats[0].bass().map_or(15.0, |bass| bass as f64)]
        });
        assert_eq!(half_bars.collect::<Vec<_>>(), chords);
        close(of_chords(&row.chords, 4, 0.6).unwrap(), &golden["covariance"]);
    }
}

#[test]
fn the_picture_of_chords_is_the_same() {
    let (roll, golden) = &windows_in_c()[0];
    let patches = Patches { lowest: 16, rows: 24, pitches: 4, columns: 8, steps: 16, order: RowOrder::LowFirst };
    let picture = picture(Some(&Row::of(roll, 0).chords), None, &patches);
    let bits: Vec<bool> =
        picture.chunks(35).flat_map(|position| position[..32].iter().map(|&lit| lit == 1.0)).collect();
    let hex: String = bits
        .chunks(8)
        .map(|bits| format!("{:02x}", bits.iter().fold(0u8, |byte, &bit| byte << 1 | u8::from(bit))))
        .collect();
    assert_eq!(hex, golden["picture"]);
}

#[test]
fn measures_are_the_same() {
    for (roll, golden) in windows_in_c() {
        let repetition = Repetition::of(&roll);
        close(repetition.onsets, &golden["onset_f1"]);
        close(repetition.rhythm[..2].iter().copied(), &golden["rhythm_f1"]);
        let in_chord = share_in_chord(roll.notes(), &Row::of(&roll, 0).chords).unwrap();
        let classes = key::pitch_classes(roll.notes());
        let best = (0..12).max_by_key(|&key| key::notes_in(key, &classes)).unwrap();
        let out_of_key = 1.0 - share_in_key(roll.notes(), best).unwrap();
        let got = [repetition.density_variation, in_chord, out_of_key, share_stray(roll.notes())];
        let names = ["density_variation", "in_chord", "out_of_key", "stray"];
        close(got, &Value::from_iter(names.map(|name| golden[name].clone())));
    }
}

#[test]
fn profiles_and_their_distance_are_the_same() {
    let golden = golden();
    let windows = golden["windows"].as_array().unwrap();
    let rolls: Vec<Roll> = windows.iter().map(window).collect();
    for (roll, golden) in rolls.iter().zip(windows).take(2) {
        close(profile(roll), &golden["profile"]);
    }
    let (got, wanted) = (profile_distance(&rolls[..4], &rolls[4..]), golden["profile_distance"].as_f64().unwrap());
    assert!((got - wanted).abs() < 1e-3 * wanted, "{got} is not {wanted}");
}

#[test]
fn corrections_of_onsets_are_the_same() {
    let golden = golden();
    let value = |i: usize| {
        let x = i as f64;
        let logit = 5.0 * (0.7 * x + 1e-5 * x.powf(1.5)).sin() - 4.2;
        if i % 37 < 3 { logit as f32 } else { logit as f32 - 6.0 }
    };
    let logits = OnsetLogits { values: (0..96 * 128).map(value).collect(), bars: 8, steps: 16 };
    let own = {
        let mut logits = logits.clone();
        push::own_rhythm(&mut logits, 2.5);
        logits
    };
    let given = {
        let mut logits = logits.clone();
        push::given_rhythm(&mut logits, &std::array::from_fn::<_, 16, _>(|step| step % 3 == 0), push::GIVEN);
        logits
    };
    let counted = {
        let mut logits = own.clone();
        let wish: Vec<f32> = numbers(&golden["logits"]["wish"]).into_iter().map(|notes| notes as f32).collect();
        counts::meet(&mut logits, &wish, counts::MOST);
        logits
    };
    for (name, logits) in [("own", &own), ("given", &given), ("counted", &counted)] {
        close(logits.values.iter().copied().step_by(611), &golden["logits"][name]);
    }
    let onsets = |logits: &OnsetLogits| logits.values.iter().filter(|logit| **logit > 0.0).count() as u32;
    close([&logits, &own, &given, &counted].map(onsets), &golden["logits"]["onsets"]);
}
