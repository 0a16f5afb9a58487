//! Pieces longer than a window, and the best of several samples, by the bundled flow.

mod common;

use common::program::Place;
use flocoder::data::music::midi::{self, Selection};
use flocoder::data::music::roll::{Note, Roll};
use flocoder::data::picture::cells::Orphans;
use flocoder::data::picture::image;

const FEW_STEPS: &str = "sample --steps 4 --seed 3";

fn roll(place: &Place, path: &str) -> Roll {
    image::read(&place.read(path), Orphans::Drop).unwrap()
}

/// The notes that begin in some bars, from the first of them on.
fn bars(roll: &Roll, from: u32, to: u32) -> Vec<(u32, u8)> {
    let inside = |note: &&Note| (16 * from..16 * to).contains(&note.start);
    roll.notes().iter().filter(inside).map(|note| (note.start - 16 * from, note.pitch)).collect()
}

fn common_share(a: &[(u32, u8)], b: &[(u32, u8)]) -> f64 {
    2.0 * a.iter().filter(|onset| b.contains(onset)).count() as f64 / (a.len() + b.len()).max(1) as f64
}

#[test]
fn a_long_piece_has_its_bars_its_chords_and_its_form() {
    if common::gpu().is_none() {
        return;
    }
    let place = Place::new("long");
    let printed = place.succeeds(&format!(
        "{FEW_STEPS} -n 2 --bars 24 --form ABA --chords Am,F,C,G,Am,F,C,G,Dm,G,C,A,Dm,G,C,C --tempo 92 -o one"
    ));
    assert!(printed.contains("Am | F | C | G | Am | F | C | G | Dm | G | C | A"), "{printed}");
    place.succeeds(&format!(
        "{FEW_STEPS} -n 2 --batch 1 --bars 24 --form ABA --chords Am,F,C,G,Am,F,C,G,Dm,G,C,A,Dm,G,C,C --tempo 92 -o two"
    ));
    for number in 0..2 {
        let piece = roll(&place, &format!("one/sample-{number:04}.png"));
        assert_eq!((piece.steps(), piece.tempo), (24 * 16, 92.0));
        assert_eq!(piece.notes(), roll(&place, &format!("two/sample-{number:04}.png")).notes(), "in any batch");
        let [first, second, third] = [0, 8, 16].map(|bar| bars(&piece, bar, bar + 8));
        assert!(!second.is_empty());
        let (again, other) = (common_share(&first, &third), common_share(&first, &second));
        assert!(again > other, "a section that returns is like itself: {again:.2}, another one {other:.2}");
    }
}

#[test]
fn the_best_samples_are_those_of_the_seed_and_keep_their_numbers() {
    if common::gpu().is_none() {
        return;
    }
    let place = Place::new("best");
    place.succeeds(&format!("{FEW_STEPS} -n 4 -o all"));
    place.succeeds(&format!("{FEW_STEPS} --best 2/4 -o best"));
    let kept: Vec<u64> = (0..4).filter(|number| place.path(&format!("best/sample-{number:04}.mid")).exists()).collect();
    assert_eq!(kept.len(), 2);
    for number in kept {
        let file = format!("sample-{number:04}.mid");
        assert!(place.read(&format!("all/{file}")) == place.read(&format!("best/{file}")));
    }
    let said = place.succeeds(&format!("{FEW_STEPS} --best 1/2 -o said"));
    assert!(said.contains(", unlike songs by "), "{said}");
    for (arguments, part) in
        [("--bars 7", "a piece has 8 to 512 bars, not 7"), ("--bars 12 --form ABCAAA", "the sections of a piece")]
    {
        place.refuses(&format!("{FEW_STEPS} {arguments} -o none"), part);
    }
    is_misuse(&place, "--best 5/4", "it takes how many are kept of how many");
    is_misuse(&place, "--tempo 5", "from 10 to 400");
}

#[test]
fn swing_and_a_human_move_notes_in_the_files_only() {
    if common::gpu().is_none() {
        return;
    }
    let place = Place::new("timing");
    place.succeeds(&format!("{FEW_STEPS} -n 1 -o plain"));
    place.succeeds(&format!("{FEW_STEPS} -n 1 --humanize --swing 0.6 -o moved"));
    assert_eq!(roll(&place, "plain/sample-0000.png"), roll(&place, "moved/sample-0000.png"));
    let [plain, moved] = ["plain", "moved"].map(|folder| {
        let score = midi::parse(&place.read(&format!("{folder}/sample-0000.mid"))).unwrap();
        score.notes(&Selection::default()).unwrap()
    });
    assert_eq!(plain.len(), moved.len());
    let (off, total) = (plain.iter().zip(&moved).filter(|(a, b)| a.start != b.start).count(), plain.len());
    assert!(off > total / 2, "{off} of {total}");
    is_misuse(&place, "--swing 0.9", "from 0.5 to 0.75");
    is_misuse(&place, "--humanize=9", "from 0 to 4");
}

#[test]
fn another_time_signature_has_its_own_bars() {
    if common::gpu().is_none() {
        return;
    }
    let place = Place::new("metre");
    for (arguments, steps) in [
        ("--time-signature 3/4", 8 * 12),
        ("--time-signature 3/4 --bars 12 --chords |Am,.,G|", 12 * 12),
        ("--time-signature 6/8", 8 * 12),
        ("--time-signature 12/8", 4 * 24),
        ("--time-signature 2/4 --chords C,G", 16 * 8),
        ("--time-signature 5/4 --bars 6", 6 * 20),
    ] {
        place.succeeds(&format!("{FEW_STEPS} -n 1 {arguments} -o out"));
        let piece = roll(&place, "out/sample-0000.png");
        assert_eq!(piece.steps(), steps, "{arguments}");
        assert!(!piece.notes().is_empty());
    }
    is_misuse(&place, "--time-signature 9/4", "a flow writes bars of at most 32");
}

/// Options with a value that they do not take.
fn is_misuse(place: &Place, arguments: &str, part: &str) {
    let output = place.command(&format!("{FEW_STEPS} {arguments} -o none")).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && message.contains(part), "{arguments}: {message}");
}
