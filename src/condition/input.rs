//! The conditions of one sample as a network's inputs.

use super::attributes::COUNT;
use super::{Patches, Row, Scales, Shown, picture};

/// Inputs of a conditioned flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// `[rows, columns, channels]`: chords and bars ([`picture`](picture())).
    pub picture: Vec<f32>,
    /// The normalised attributes of the window and, if asked for, of the rhythm, 0 where hidden; then for each of these numbers
    /// 1 if it is shown, else 0.
    pub attributes: Vec<f32>,
    /// Whether chords and bars are shown, as 1 or 0.
    pub flags: [f32; 2],
}

impl Input {
    /// Of a row, as far as it is shown.
    ///
    /// # Panics
    /// If the row has not the beats and bars of the patches.
    pub fn of(row: &Row, shown: &Shown, scales: &Scales, patches: &Patches, with_rhythm: bool) -> Self {
        let bars: Vec<_> = row.bars.iter().map(|&bar| scales.bar.apply(bar)).collect();
        let flag = |shown: bool| if shown { 1.0 } else { 0.0 };
        let mut values = scales.window.apply(row.attributes).to_vec();
        let mut flags: Vec<f32> = shown.attributes.map(flag).to_vec();
        if with_rhythm {
            let rhythm = scales.rhythm.apply(row.rhythm);
            values.extend(rhythm);
            flags.resize(COUNT + rhythm.len(), flag(shown.rhythm));
        }
        let seen = values.iter().zip(&flags).map(|(value, flag)| value * flag);
        Self {
            picture: picture(shown.chords.then_some(&row.chords), shown.bars.then_some(&bars), patches),
            attributes: seen.chain(flags.iter().copied()).collect(),
            flags: [flag(shown.chords), flag(shown.bars)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::RowOrder;
    use crate::data::corpus;

    #[test]
    fn hidden_parts_are_zeros() {
        let patches = Patches { lowest: 16, rows: 24, pitches: 4, columns: 8, steps: 16, order: RowOrder::HighFirst };
        let row = Row::of(&corpus::compose(0, 0).merged().window(0, 128), 0);
        let other = Row::of(&corpus::compose(0, 1).merged().window(0, 128), 0);
        let scales = Scales::fit(&[row.clone(), other]);
        let all = Input::of(&row, &Shown::ALL, &scales, &patches, true);
        assert_eq!((all.picture.len(), all.attributes.len(), all.flags), (24 * 8 * 35, 48, [1.0; 2]));
        let nothing = Input::of(&row, &Shown::NOTHING, &scales, &patches, false);
        assert!(nothing.picture.iter().chain(&nothing.attributes).chain(&nothing.flags).all(|&number| number == 0.0));
        let mut shown = Shown { chords: false, ..Shown::ALL };
        shown.attributes[2] = false;
        let some = Input::of(&row, &shown, &scales, &patches, false);
        assert_eq!((some.attributes[2], some.attributes[10], some.attributes[11]), (0.0, 0.0, 1.0));
        assert!(some.picture.chunks(35).zip(all.picture.chunks(35)).all(|(some, all)| some[32..] == all[32..]));
        assert_eq!((some.flags, some.picture[..32].iter().sum::<f32>()), ([0.0, 1.0], 0.0));
    }
}
