//! The conditions that the network sees of a sample.

use super::conditions::ConditionTable;
use super::given::{estimated, suitable};
use super::request::Request;
use crate::condition::{Attribute, Row, Shown};
use crate::data::music::melody::is_melody;
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
    let expectation = table.expectation.as_ref().filter(|_| is_melody(partial.given()));
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
