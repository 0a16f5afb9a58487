//! Which conditions a network sees. In training each is hidden at random, so that any may be left out when sampling.

use super::attributes::COUNT;
use crate::rng::Philox;

/// Probabilities of hiding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hiding {
    /// The chords, the bars and all attributes, each independently.
    pub part: f64,
    /// Each attribute by itself.
    pub attribute: f64,
    /// The rhythm, which is also hidden with all attributes.
    pub rhythm: f64,
}

impl Default for Hiding {
    fn default() -> Self {
        Self { part: 0.15, attribute: 0.3, rhythm: 0.25 }
    }
}

/// Which parts of the conditions are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The chords.
    pub chords: bool,
    /// The attributes of bars.
    pub bars: bool,
    /// Each attribute of the window.
    pub attributes: [bool; COUNT],
    /// The rhythm.
    pub rhythm: bool,
}

impl Shown {
    /// Everything.
    pub const ALL: Self = Self { chords: true, bars: true, attributes: [true; COUNT], rhythm: true };
    /// Nothing: the condition that guidance extrapolates from.
    pub const NOTHING: Self = Self { chords: false, bars: false, attributes: [false; COUNT], rhythm: false };

    /// A random choice. It uses the same number of draws whatever it is.
    pub fn draw(random: &mut Philox, hiding: &Hiding) -> Self {
        let mut shows = |probability: f64| !random.chance(probability);
        let (chords, bars, attributes) = (shows(hiding.part), shows(hiding.part), shows(hiding.part));
        let each: [bool; COUNT] = std::array::from_fn(|_| shows(hiding.attribute));
        let rhythm = shows(hiding.rhythm);
        Self { chords, bars, attributes: each.map(|each| each && attributes), rhythm: rhythm && attributes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_hidden_as_often_as_asked() {
        let draws: Vec<Shown> =
            (0..20_000).map(|index| Shown::draw(&mut Philox::new(3, index), &Hiding::default())).collect();
        let share = |of: &dyn Fn(&Shown) -> bool| draws.iter().filter(|shown| of(shown)).count() as f64 / 20_000.0;
        let close = |a: f64, b: f64| assert!((a - b).abs() < 0.012, "{a} is not {b}");
        close(share(&|shown| shown.chords), 0.85);
        close(share(&|shown| shown.bars), 0.85);
        close(share(&|shown| shown.chords && shown.bars), 0.85 * 0.85);
        for attribute in 0..COUNT {
            close(share(&|shown| shown.attributes[attribute]), 0.85 * 0.7);
        }
        close(share(&|shown| shown.attributes == [false; COUNT]), 0.15 + 0.85 * 0.3f64.powi(8));
        close(share(&|shown| shown.rhythm), 0.85 * 0.75);
    }

    #[test]
    fn a_stream_gives_one_choice() {
        let draw = |stream| Shown::draw(&mut Philox::new(1, stream), &Hiding::default());
        assert_eq!(draw(5), draw(5));
        let never = Hiding { part: 0.0, attribute: 0.0, rhythm: 0.0 };
        assert_eq!(Shown::draw(&mut Philox::new(1, 2), &never), Shown::ALL);
        assert_eq!(Shown::draw(&mut Philox::new(1, 2), &Hiding { part: 1.0, ..never }), Shown::NOTHING);
    }
}
