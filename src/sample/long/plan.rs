//! The windows in which a long piece is written.

use std::ops::Range;

use crate::sample::shared_noise::Form;

/// Bars of a window, and those that a window has in common with the music before it.
pub const WINDOW: usize = 8;
const OVERLAP: usize = WINDOW / 2;
/// Most bars of a piece: a quarter of an hour at 120 beats per minute.
pub const MOST: usize = 512;

/// A window of a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Its first bar.
    pub start: usize,
    /// The bars that are written in it; those before are given.
    pub written: Range<usize>,
    /// The first of the bars that the written ones are a variation of.
    pub varies: Option<usize>,
}

/// The bars of a piece, and how they return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Number of bars.
    pub bars: usize,
    /// For each bar the first one that it is like, which may be the bar itself.
    pub models: Vec<usize>,
}

impl Plan {
    /// A piece of some bars, from [`WINDOW`] to [`MOST`], with a form or without.
    ///
    /// # Errors
    /// One sentence if the letters of the form do not divide them into whole half windows.
    pub fn new(bars: usize, form: Option<&Form>) -> Result<Self, String> {
        let models = match form {
            Some(form) => form.models(bars)?,
            None => (0..bars).collect(),
        };
        let returns = |bar: &usize| models[*bar] != *bar && (*bar == 0 || models[*bar - 1] + 1 != models[*bar]);
        if let Some(bar) = (0..bars).filter(returns).find(|bar| !bar.is_multiple_of(OVERLAP)) {
            return Err(format!(
                "the sections of a piece are of {OVERLAP} bars or a multiple, but one begins at bar {}",
                bar + 1
            ));
        }
        Ok(Self { bars, models })
    }

    /// The windows, from left to right. The first is written as a whole unless a section returns in it, all others continue the four
    /// bars before.
    pub fn windows(&self) -> Vec<Window> {
        let mut windows = Vec::new();
        let mut done = 0;
        while done < self.bars {
            let model = self.models[done];
            let most = (done.saturating_sub(OVERLAP) + WINDOW).min(self.bars);
            // A run of bars that are all new, or all of one place.
            let end = (done..most).find(|&bar| self.models[bar] != model + (bar - done)).unwrap_or(most);
            let varies = (model != done).then_some(model);
            windows.push(Window { start: done.saturating_sub(OVERLAP), written: done..end, varies });
            done = end;
        }
        windows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(bars: usize, form: Option<&str>) -> Vec<(usize, Range<usize>, Option<usize>)> {
        let form = form.map(|form| form.parse().unwrap());
        let plan = Plan::new(bars, form.as_ref()).unwrap();
        plan.windows().into_iter().map(|window| (window.start, window.written, window.varies)).collect()
    }

    #[test]
    fn a_piece_without_a_form_goes_on() {
        assert_eq!(windows(8, None), [(0, 0..8, None)]);
        assert_eq!(windows(18, None), [(0, 0..8, None), (4, 8..12, None), (8, 12..16, None), (12, 16..18, None)]);
    }

    #[test]
    fn sections_return() {
        let written = [
            (0, 0..8, None),
            (4, 8..12, Some(0)),
            (8, 12..16, Some(4)),
            (12, 16..20, None),
            (16, 20..24, None),
            (20, 24..28, Some(0)),
            (24, 28..32, Some(4)),
        ];
        assert_eq!(windows(32, Some("AABA")), written);
        assert_eq!(windows(8, Some("AA")), [(0, 0..4, None), (0, 4..8, Some(0))]);
    }

    #[test]
    fn what_is_no_piece_is_refused() {
        assert!(Plan::new(12, Some(&"ABCAAA".parse().unwrap())).unwrap_err().contains("sections"));
        assert!(Plan::new(9, Some(&"AB".parse().unwrap())).unwrap_err().contains("evenly"));
    }
}
