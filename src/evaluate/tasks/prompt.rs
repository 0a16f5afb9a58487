//! What a flow is given to write a window.

use super::settings::{Attributes, Chords, Settings};
use crate::condition::{Attribute, Row, Scales, Wish};
use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::Roll;
use crate::data::music::song_context::SongContext;
use crate::sample::Asked;

/// The key of all prompts.
const C: usize = 0;

/// Given notes with the cells for new ones, and what is asked of them, in C.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What is given, and the cells for new notes.
    pub partial: PartialRoll,
    /// Chords and attributes.
    pub asked: Asked,
    /// Music to vary.
    pub original: Option<Roll>,
    /// Music whose texture the window should have, if it is not that of the bars that are given.
    pub texture: Option<Roll>,
    /// The window's song.
    pub context: Option<SongContext>,
    /// Music to follow: the window with the passage of its song that it most likely repeats.
    pub passage: Option<Roll>,
}

/// What is asked of a window with the conditions of `row`, as far as the settings tell the flow. `scales` are those of a flow with
/// conditions; of another nothing is asked.
pub fn asked(row: &Row, settings: &Settings, scales: Option<&Scales>) -> Asked {
    let Some(scales) = scales else { return Asked::default() };
    let chords = (settings.chords == Chords::Given).then(|| row.chords.clone());
    let value = |attribute: Attribute| row.attributes[attribute as usize];
    let mean = scales.window.mean[Attribute::Density as usize];
    let density = Wish::Density((value(Attribute::Density) - mean).exp());
    let register = Wish::Register(value(Attribute::Lowest) as u8, value(Attribute::Highest) as u8);
    let texture = [
        Wish::Polyphony(value(Attribute::Polyphony)),
        Wish::Duration(value(Attribute::Duration).exp()),
        Wish::Groove(value(Attribute::Groove)),
    ];
    let wishes = match settings.attributes {
        Attributes::Hidden => Vec::new(),
        Attributes::Asked => vec![density, register],
        Attributes::Given => [density, register].into_iter().chain(texture).collect(),
    };
    let wishes = wishes.into_iter().chain(settings.task.wishes()).collect();
    Asked { key: Some(C), chords, wishes, form: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;
    use crate::evaluate::tasks::Task;

    #[test]
    fn attributes_are_asked_for_in_the_units_of_a_musician() {
        let rows: Vec<Row> =
            (0..4).map(|index| Row::of(&corpus::compose(2, index).merged().window(0, 128), 0)).collect();
        let scales = Scales::fit(&rows);
        let settings = Settings { attributes: Attributes::Given, ..Settings::of(Task::Accompany) };
        let asked_of = |settings: &Settings| asked(&rows[0], settings, Some(&scales));
        let mut row = rows[1].clone();
        asked_of(&settings).wishes.iter().for_each(|wish| wish.apply(&mut row, &scales));
        for attribute in asked_of(&settings).attributes() {
            let [got, wanted] = [&row, &rows[0]].map(|row| row.attributes[attribute as usize]);
            assert!((got - wanted).abs() < 1e-5, "{attribute:?}: {got} is not {wanted}");
        }
        assert_eq!(asked_of(&settings).attributes().count(), 6);
        assert_eq!(asked_of(&settings).chords, Some(rows[0].chords.clone()));
        let two = Settings { attributes: Attributes::Asked, chords: Chords::Hidden, ..settings };
        assert_eq!((asked_of(&two).attributes().count(), asked_of(&two).chords), (3, None));
        assert_eq!(asked_of(&Settings::of(Task::Fill)).wishes, []);
        assert_eq!(asked(&rows[0], &settings, None), Asked::default());
    }
}
