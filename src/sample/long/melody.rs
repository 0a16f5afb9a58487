//! The melodies of long pieces, before anything else of them is written.

use super::conditions::{of_window, window_seed};
use super::plan::{Plan, WINDOW, Window};
use crate::condition::{Row, Scales};
use crate::config::conditions::STEPS_PER_BAR;
use crate::data::music::roll::{Note, Roll};
use crate::melody::{Melodies, Token};
use crate::sample::melody::{Wanted, not_free, tokens as tokens_of};
use crate::sample::{Metre, Request};

/// The melody of each piece of a request, window after window, each after the tokens before it. Sections that return have the same.
pub fn melodies(
    (melodies, scales): (&Melodies, &Scales),
    request: &Request,
    rows: &[Row],
    (plan, metre): (&Plan, &Metre),
) -> Vec<Vec<Note>> {
    let silent = not_free(&metre.free(WINDOW), &[]);
    let mut written: Vec<Vec<Token>> = vec![Vec::new(); request.count];
    for (index, Window { start, written: own, varies }) in plan.windows().into_iter().enumerate() {
        if let Some(first) = varies {
            let columns = first * STEPS_PER_BAR..(first + own.len()) * STEPS_PER_BAR;
            written.iter_mut().for_each(|tokens| tokens.extend_from_within(columns.clone()));
            continue;
        }
        let seed = window_seed(request.seed, index);
        let wanted = |((number, row), tokens): ((u64, &Row), &Vec<Token>)| {
            let mut given = silent.clone();
            let before = &tokens[start * STEPS_PER_BAR..];
            given.iter_mut().zip(before).for_each(|(given, token)| *given = Some(*token));
            Wanted { number, row: of_window(row, start), given }
        };
        let wanted: Vec<Wanted> = (request.first..).zip(rows).zip(&written).map(wanted).collect();
        let columns = (own.start - start) * STEPS_PER_BAR..(own.end - start) * STEPS_PER_BAR;
        for (tokens, new) in written.iter_mut().zip(tokens_of(melodies, scales, &wanted, seed)) {
            tokens.extend(&new[columns.clone()]);
        }
    }
    written.iter().map(|tokens| Token::notes(tokens)).collect()
}

/// Notes with those of a melody that begin in the bars that a window writes.
pub fn with_melody(piece: &Roll, melody: &[Note], window: &Window) -> Roll {
    let own = (window.written.start * STEPS_PER_BAR) as u32..(window.written.end * STEPS_PER_BAR) as u32;
    let new = melody.iter().filter(|note| own.contains(&note.start)).copied();
    piece.with_notes(piece.steps(), piece.notes().iter().copied().chain(new).collect())
}
