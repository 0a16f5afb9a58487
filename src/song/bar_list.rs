//! Bars as a user lists them: `3-4`, `1,5-8`.

use std::str::FromStr;

use crate::text::count;

/// Bars, counted from 0, in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BarList(Vec<usize>);

impl BarList {
    /// Most bars of a list.
    const MOST: usize = 1 << 16;

    /// All of a number of bars.
    pub fn all(bars: usize) -> Self {
        Self((0..bars).collect())
    }

    /// The bars from one on.
    pub fn from(first: usize, bars: usize) -> Self {
        Self((first..first + bars).collect())
    }

    /// Some bars, counted from 0, in any order.
    pub fn of(mut bars: Vec<usize>) -> Self {
        bars.sort_unstable();
        bars.dedup();
        Self(bars)
    }

    /// The bars, counted from 0.
    pub fn bars(&self) -> &[usize] {
        &self.0
    }

    /// The bars of a song with this number of bars.
    ///
    /// # Errors
    /// One sentence if there is a bar that the song does not have.
    pub fn within(&self, bars: usize) -> Result<&[usize], String> {
        match self.0.last() {
            Some(&last) if last >= bars => Err(format!("has {}, so there is no bar {}", count(bars, "bar"), last + 1)),
            _ => Ok(&self.0),
        }
    }

    /// First and last of each run of bars in succession, counted from 0.
    pub fn runs(&self) -> Vec<(usize, usize)> {
        self.0.chunk_by(|a, b| a + 1 == *b).map(|run| (run[0], run[run.len() - 1])).collect()
    }
}

impl FromStr for BarList {
    type Err = String;

    /// Bars counted from 1, with ranges, separated by commas.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut bars = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number = |text: &str| {
                let number = text.trim().parse::<usize>().ok().filter(|number| (1..=Self::MOST).contains(number));
                number.ok_or_else(|| {
                    format!("'{}' is not a bar; bars are counted from 1, as in 3-4 or 1,5-8", text.trim())
                })
            };
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return Err(format!("'{}' ends before it begins; write {last}-{first}", part.trim()));
            }
            bars.extend(first - 1..last);
        }
        Ok(Self::of(bars))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_counted_from_1() {
        let list = |text: &str| text.parse::<BarList>().map(|list| list.0);
        assert_eq!(list("3-4"), Ok(vec![2, 3]));
        assert_eq!(list("7, 1-3,2"), Ok(vec![0, 1, 2, 6]));
        for bad in ["", "0", "3-", "4-3", "a", "-3", "1,,2", "99999999999999999999"] {
            assert!(list(bad).is_err(), "{bad}");
        }
        assert_eq!(list("4-3").unwrap_err(), "'4-3' ends before it begins; write 3-4");
        assert_eq!("1-2,4,6-7".parse::<BarList>().unwrap().runs(), [(0, 1), (3, 3), (5, 6)]);
        assert_eq!("3-9".parse::<BarList>().unwrap().within(8).unwrap_err(), "has 8 bars, so there is no bar 9");
    }
}
