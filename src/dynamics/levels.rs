//! The levels and spreads of training windows, of which samples draw theirs.

use super::{Asked, Loudness};
use crate::data::evenly;
use crate::rng::Philox;

/// Most rows of a table.
const MOST: usize = 1024;
/// A spread is drawn among the rows whose level is nearest to the one asked for, and the reverse: this part of all rows.
const NEAREST: usize = 16;

/// Level and spread of each of some training windows. They are drawn together: loud music has less room to spread, and some
/// songs are sequenced with one velocity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels(Vec<Loudness>);

impl Levels {
    /// At most 1024 of those of training windows, evenly spaced.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub fn of(windows: &[Loudness]) -> Self {
        assert!(!windows.is_empty(), "levels of no windows");
        Self(evenly(windows, MOST))
    }

    /// What a sample gets: what is asked, and the rest of a row of the table that is near to it.
    pub fn draw(&self, asked: &Asked, random: &mut Philox) -> Loudness {
        let distance = |row: &&Loudness| {
            let of = |asked: Option<u8>, value: u8| asked.map_or(0, |asked| asked.abs_diff(value).into());
            of(asked.level, row.level) + of(asked.spread, row.spread)
        };
        let mut rows: Vec<&Loudness> = self.0.iter().collect();
        if !asked.is_empty() {
            rows.sort_by_key(|row| -> u32 { distance(row) });
            rows.truncate(rows.len().div_ceil(NEAREST));
        }
        asked.over(**random.choose(&rows))
    }

    /// The median level.
    pub fn median(&self) -> u8 {
        let mut levels: Vec<u8> = self.0.iter().map(|row| row.level).collect();
        super::loudness::median(&mut levels).expect("a table has rows")
    }

    /// The rows as numbers, level and spread of each, as a checkpoint holds them.
    pub(super) fn values(&self) -> Vec<f32> {
        self.0.iter().flat_map(|row| [row.level.into(), row.spread.into()]).collect()
    }

    /// The rows of [`values`](Self::values).
    ///
    /// # Errors
    /// One clause if there are none, or one is out of range.
    pub(super) fn of_values(values: &[f32]) -> Result<Self, String> {
        let fits = |value: &f32| (0.0..=127.0).contains(value);
        if values.is_empty() || !values.len().is_multiple_of(2) || !values.iter().all(fits) {
            return Err("the table of levels and spreads is damaged".into());
        }
        let row = |&[level, spread]: &[f32; 2]| Loudness { level: level as u8, spread: spread as u8 };
        Ok(Self(values.as_chunks().0.iter().map(row).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Levels {
        Levels::of(&(0..64).map(|i| Loudness { level: 50 + i, spread: i / 4 }).collect::<Vec<_>>())
    }

    #[test]
    fn level_and_spread_are_drawn_together_and_near_what_is_asked() {
        let draw = |asked: &Asked, stream| table().draw(asked, &mut Philox::new(0, stream));
        for stream in 0..50 {
            let free = draw(&Asked::default(), stream);
            assert_eq!(free.spread, (free.level - 50) / 4, "a row of the table");
            let loud = draw(&Asked { level: Some(110), spread: None }, stream);
            assert!(loud.level == 110 && loud.spread >= 14, "{loud:?}");
            let flat = draw(&Asked { level: None, spread: Some(1) }, stream);
            assert!(flat.spread == 1 && flat.level < 60, "{flat:?}");
            let both = Asked { level: Some(70), spread: Some(12) };
            assert_eq!(draw(&both, stream), Loudness { level: 70, spread: 12 });
        }
    }

    #[test]
    fn a_table_is_read_as_it_was_written() {
        assert_eq!(Levels::of_values(&table().values()), Ok(table()));
        for damaged in [&[][..], &[80.0], &[80.0, 128.0], &[-1.0, 0.0]] {
            assert!(Levels::of_values(damaged).is_err(), "{damaged:?}");
        }
    }
}
