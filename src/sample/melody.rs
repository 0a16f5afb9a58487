//! Melodies of samples: first, for the flow to accompany, or alone, over what is given.

use super::asked::Asked;
use super::generator::Generator;
use super::request::Request;
use super::shared_noise::Form;
use crate::condition::{Attribute, Row, Scales, Wish};
use crate::config::Sampling;
use crate::config::conditions::{BEATS_PER_BAR, STEPS_PER_BAR};
use crate::data::music::partial::{CellSet, PartialRoll};
use crate::data::music::roll::{PITCHES, Roll};
use crate::data::music::to_c;
use crate::melody::{Ask, Example, Melodies, Rhythm, Token};
use crate::rng::Philox;
use std::ops::RangeInclusive;

/// Keys of the choice of examples and of the candidates, combined with the seed. The first candidate has the seed's own.
const EXAMPLE_KEY: u64 = 0x6578_616d;
const CANDIDATE_KEY: u64 = 0x6361_6e64_6964_6174;
/// Candidates of each melody.
const CANDIDATES: u64 = 6;
/// Notes per bar of the training songs' melodies, of which a wish for density is a multiple.
const NOTES_PER_BAR: f32 = 4.8;
/// Share of columns in which a melody over given music sounds. With nothing asked for, one in four begins with a silent bar, as the first
/// windows of songs do.
const SOUNDING: f32 = 0.7;

impl Generator {
    /// The request with a melody of its own given for each sample, with the sample's conditions; `None` if none comes first: if the flow
    /// knows no melodies or `sampling` wants none, if notes or conditions are given, or if a rhythm is asked for, which is that of all
    /// voices.
    pub(super) fn with_melodies(&self, request: &Request, sampling: &Sampling) -> Option<Request> {
        let is_new = request.rows.is_empty()
            && request.variation.is_none()
            && request.partials.iter().all(|partial| partial.given().notes().is_empty());
        let numbers = request.first..request.first + request.count as u64;
        let asks_rhythm = numbers.clone().any(|number| request.asked(number).rhythm().is_some());
        let wanted = sampling.melody && is_new && !asks_rhythm;
        let melodies = self.melodies.as_ref().filter(|_| wanted)?;
        let rows = self.rows(request, request.first, request.count)?;
        let steps = self.config.data.steps as u32;
        let partials: Vec<PartialRoll> = match request.partials.is_empty() {
            true => vec![PartialRoll::nothing(steps); request.count],
            false => request.partials.clone(),
        };
        let wanted = |((number, row), partial): ((u64, &Row), &PartialRoll)| Wanted {
            number,
            row: row.clone(),
            given: not_free(partial.free(), &[]),
        };
        let windows: Vec<Wanted> = numbers.clone().zip(&rows).zip(&partials).map(wanted).collect();
        let mut written = tokens(melodies, &self.conditions.as_ref()?.scales, &windows, request.seed);
        for ((tokens, number), row) in written.iter_mut().zip(numbers).zip(&rows) {
            if let Some(form) = &request.asked(number).form {
                repeat(tokens, form, row);
            }
        }
        let given = |(partial, tokens): (&PartialRoll, &Vec<Token>)| {
            let melody = Roll::new(steps, Token::notes(tokens));
            PartialRoll::new(partial.completed(&melody), partial.free())
        };
        let partials = partials.iter().zip(&written).map(given).collect();
        Some(Request { rows, partials, ..request.clone() })
    }

    /// The given notes of each sample with a melody in the free cells, if the request is for melodies and the flow knows them.
    pub(super) fn melodies_alone(&self, request: &Request) -> Option<Vec<Roll>> {
        let (Some(melodies), Some(before)) = (&self.melodies, &request.melodies) else { return None };
        let numbers = request.first..request.first + request.count as u64;
        let ask = |((number, partial), before): ((u64, &PartialRoll), &Roll)| {
            let asked = request.asked(number);
            let key = asked.key.unwrap_or_else(|| to_c::key_of_notes(partial.given().notes()));
            let shift = to_c::shift_of(key);
            let recognised = || Row::of(partial.given(), 0).chords;
            let chords = asked.chords.clone().unwrap_or_else(recognised);
            // A melody that goes on is as dense as it was, unless another density is asked for.
            let begins = before.notes().is_empty();
            let given = not_free(partial.free(), &Token::of_notes(before.notes(), before.steps()));
            let is_free = |bar: &[Option<Token>]| bar.iter().any(Option::is_none);
            Ask {
                notes: given.chunks(STEPS_PER_BAR).map(|bar| density(asked).filter(|_| is_free(bar))).collect(),
                given,
                pitches: asked.register().unwrap_or_else(|| pitches(partial.free())),
                density: (begins && density(asked).is_none()).then_some(NOTES_PER_BAR),
                sounding: begins.then_some(SOUNDING),
                ..Ask::new(chords, shift, request.seed, number)
            }
        };
        let asks: Vec<Ask> = numbers.zip(&request.partials).zip(before).map(ask).collect();
        let melodies = melodies.write(&asks);
        let completed = |(partial, notes): (&PartialRoll, _)| partial.completed(&Roll::new(partial.steps(), notes));
        Some(request.partials.iter().zip(melodies).map(completed).collect())
    }
}

/// A window whose melody is to be written.
pub(super) struct Wanted {
    /// The sample's number.
    pub number: u64,
    /// The window's conditions, in C.
    pub row: Row,
    /// The tokens that are given, as they sound.
    pub given: Vec<Option<Token>>,
}

/// The melodies of windows, as they sound: each to the chords of its row, in its register, and like one of the melodies of training windows whose
/// music is like the row. Of some candidates the one is kept whose rhythm is as steady as the example's and fits
/// the music as well, or is least short of that.
pub(super) fn tokens(melodies: &Melodies, scales: &Scales, windows: &[Wanted], seed: u64) -> Vec<Vec<Token>> {
    let examples = &melodies.examples;
    let example =
        |Wanted { number, row, .. }: &Wanted| examples.like(row, scales, &mut Philox::new(seed ^ EXAMPLE_KEY, *number));
    let chosen: Vec<Option<&Example>> = windows.iter().map(example).collect();
    let asks = |(window, example): (&Wanted, &Option<&Example>)| -> Vec<Ask> {
        let candidate = |candidate: u64| ask(window, *example, seed ^ candidate.wrapping_mul(CANDIDATE_KEY));
        (0..CANDIDATES).map(candidate).collect()
    };
    let asks: Vec<Ask> = windows.iter().zip(&chosen).flat_map(asks).collect();
    let written = melodies.tokens(&asks);
    let rhythms = examples.rhythms();
    let kept = |((window, example), candidates): ((&Wanted, &Option<&Example>), &[Vec<Token>])| {
        let short = |tokens: &Vec<Token>| {
            example.map_or(0.0, |example| {
                let rhythm = Rhythm::of(&Token::notes(tokens), tokens.len() / STEPS_PER_BAR, &window.row.rhythm);
                rhythm.short_of(example.rhythm, &rhythms)
            })
        };
        candidates.iter().min_by(|a, b| short(a).total_cmp(&short(b))).cloned().unwrap_or_default()
    };
    windows.iter().zip(&chosen).zip(written.chunks(CANDIDATES as usize)).map(kept).collect()
}

/// What is asked of a window's melody. Bars in which none of its notes is to begin are silent.
fn ask(window: &Wanted, example: Option<&Example>, seed: u64) -> Ask {
    let Wanted { number, row, given } = window;
    let shift = i32::from(row.shift);
    let pitch = |attribute: Attribute| (row.attributes[attribute as usize] as i32 - shift).clamp(0, 127) as u8;
    let chords = row.chords.iter().map(|chord| chord.transposed(-shift)).collect();
    let mut ask = Ask {
        pitches: pitch(Attribute::Lowest)..=pitch(Attribute::Highest),
        given: given.clone(),
        ..Ask::new(chords, shift, seed, *number)
    };
    if let Some(Example { notes, register, sounding, .. }) = example {
        ask.notes = notes.iter().map(|&notes| Some(notes)).collect();
        ask.register = (*register > 0.0).then_some(register - shift as f32);
        ask.sounding = Some(*sounding);
        for (bar, _) in notes.iter().enumerate().filter(|(_, notes)| **notes == 0.0) {
            let columns = ask.given.iter_mut().skip(bar * STEPS_PER_BAR).take(STEPS_PER_BAR);
            columns.for_each(|given| *given = given.or(Some(Token::Silence)));
        }
    }
    ask
}

/// Notes per bar of a melody, if a density is asked for.
fn density(asked: &Asked) -> Option<f32> {
    let wish = |wish: &Wish| if let Wish::Density(factor) = wish { Some(factor * NOTES_PER_BAR) } else { None };
    asked.wishes.iter().find_map(wish)
}

/// What is known of a melody: the tokens of another one, else silence, in columns without a free cell.
pub(super) fn not_free(free: &CellSet, other: &[Token]) -> Vec<Option<Token>> {
    let is_free = |step: u32| (0..PITCHES as u8).any(|pitch| free.has(pitch, step));
    let known = |step: u32| other.get(step as usize).copied().unwrap_or(Token::Silence);
    (0..free.steps()).map(|step| (!is_free(step)).then(|| known(step))).collect()
}

/// From the lowest to the highest pitch that is free anywhere.
fn pitches(free: &CellSet) -> RangeInclusive<u8> {
    let is_free = |pitch: &u8| (0..free.steps()).any(|step| free.has(*pitch, step));
    let all = || (0..PITCHES as u8).filter(is_free);
    all().min().unwrap_or(0)..=all().max().unwrap_or(PITCHES as u8 - 1)
}

/// Gives the bars that a form makes alike the same melody, if they have the same chords.
fn repeat(tokens: &mut [Token], form: &Form, row: &Row) {
    let chords = |bar: usize| &row.chords[bar * BEATS_PER_BAR..][..BEATS_PER_BAR];
    let bars = tokens.len() / STEPS_PER_BAR;
    for (bar, model) in form.models(bars).unwrap_or_default().into_iter().enumerate() {
        if chords(bar) == chords(model) {
            tokens.copy_within(model * STEPS_PER_BAR..(model + 1) * STEPS_PER_BAR, bar * STEPS_PER_BAR);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;

    #[test]
    fn what_is_not_free_is_known() {
        let free = CellSet::rectangle(4, 60..=72, 1..3);
        let before = [Token::Onset(64), Token::Hold, Token::Hold, Token::Onset(65)];
        assert_eq!(not_free(&free, &before), [Some(before[0]), None, None, Some(before[3])]);
        assert_eq!(not_free(&free, &[])[0], Some(Token::Silence));
        assert_eq!(pitches(&free), 60..=72);
    }

    #[test]
    fn bars_of_a_form_have_the_same_melody_if_their_chords_are_the_same() {
        let mut row = Row::of(&corpus::compose(1, 0).merged().window(0, 128), 0);
        let c = "C".parse().unwrap();
        row.chords.fill(c);
        row.chords[5 * BEATS_PER_BAR] = "F".parse().unwrap();
        let mut tokens: Vec<Token> = (0..128).map(|column| Token::Onset(column as u8)).collect();
        repeat(&mut tokens, &"AB".parse().unwrap(), &row);
        assert_eq!(tokens.len(), 128);
        let again: Vec<Token> = (0..128).map(|column| Token::Onset(column as u8)).collect();
        let same = [0, 1, 2, 3, 0, 5, 2, 3].map(|bar| &again[bar * 16..][..16]).concat();
        repeat(&mut tokens, &"AB".parse().unwrap(), &row);
        assert_eq!(tokens, again, "other letters");
        repeat(&mut tokens, &"AA".parse().unwrap(), &row);
        assert_eq!(tokens, same);
    }
}
