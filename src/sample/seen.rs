//! The conditions that the network sees of a sample.

use super::conditions::ConditionTable;
use super::given::{estimated, suitable};
use super::request::Request;
use crate::condition::{Attribute, Row, Shown};
use crate::data::music::partial::PartialRoll;
use crate::rng::Philox;

/// Key of the choice of suitable conditions, combined with the seed.
const SUITABLE_KEY: u64 = 0x7375_6974;
/// The attributes of suitable conditions that are shown. The others say less of what given notes leave open than the notes themselves.
const OF_SUITABLE: [Attribute; 5] =
    [Attribute::Density, Attribute::Groove, Attribute::Lowest, Attribute::Highest, Attribute::Onsets];

/// The conditions of a sample, and what the network sees of them. With given music it sees what was asked for, and what can be told from
/// the bars that are given whole, or else what is expected beside the given notes if they are a melody, or else the attributes of a window
/// that might contain them: those of any other contradict them.
pub fn seen(
    row: Row,
    request: &Request,
    (seed, number, partial): (u64, u64, Option<&PartialRoll>),
    table: &ConditionTable,
) -> (Row, Shown) {
    let Some(partial) = partial.filter(|partial| request.rows.is_empty() && !partial.given().notes().is_empty()) else {
        return (row, Shown::ALL);
    };
    let asked = request.asked(number);
    let texture = request.textures.get((number - request.first) as usize);
    let texture = texture.map(|roll| roll.clone().shifted(row.shift.into()));
    let expectation = table.expectation.as_ref().filter(|_| request.is_beside_melody(number, table));
    let estimate = estimated(&row, partial, texture.as_ref(), &table.patches);
    let (mut row, mut shown) = match (estimate, expectation) {
        (Some(estimate), _) => (estimate, Shown::ALL),
        (None, Some(expectation)) => {
            let (has_chords, context) = (asked.chords.is_some(), request.context(number));
            let expected = expectation.row(row, partial.given(), has_chords, context, &table.scales);
            (expected, Shown { rhythm: false, ..Shown::ALL })
        }
        (None, None) => {
            let mut random = Philox::new(seed ^ SUITABLE_KEY, number);
            let suitable = suitable(&table.rows, partial, &table.scales, &mut random);
            let attributes = Attribute::ALL.map(|attribute| OF_SUITABLE.contains(&attribute));
            (Row { attributes: suitable.attributes, ..row }, Shown { attributes, ..Shown::NOTHING })
        }
    };
    asked.wishes.iter().for_each(|wish| wish.apply(&mut row, &table.scales));
    shown.chords = asked.chords.is_some();
    shown.rhythm |= asked.rhythm().is_some();
    (row, shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::{Example, Expectation};
    use crate::config::Config;
    use crate::data::corpus;
    use crate::data::music::partial::CellSet;
    use crate::data::music::roll::{Note, Roll};
    use crate::data::music::song_context::SongContext;

    #[test]
    fn whether_music_is_a_melody_does_not_depend_on_its_key() {
        let context = SongContext { tempo: 90.0, section: None };
        let example = |index| {
            let song = corpus::compose(4, index);
            let of = |roll: &Roll| Row::of(&roll.window(64, 128), 0);
            Example { melody: of(&song.melody), context, whole: of(&song.merged()) }
        };
        let examples: Vec<Example> = (0..20).map(example).collect();
        let rows: Vec<Row> = examples.iter().map(|example| example.whole.clone()).collect();
        let mut table = ConditionTable::of(&Config::default(), &rows);
        table.expectation = Expectation::fit(&examples, &table.scales);
        let note = |bar: u32| Note { start: 16 * bar, duration: 16, pitch: 56, velocity: 80 };
        let low = PartialRoll::new(Roll::new(128, (0..8).map(note).collect()), &CellSet::all(128));
        let request = Request { count: 1, batch: 1, partials: vec![low.clone()], ..Request::default() };
        for shift in [0, -3, 3] {
            let row = Row { shift: shift as i8, ..rows[0].clone() };
            let (_, shown) = seen(row, &request, (0, 0, Some(&low.shifted(shift))), &table);
            assert!(shown.bars, "the expected texture is shown where the music is transposed by {shift}");
        }
    }
}
