//! A form: letters for parts of the music, of which equal ones are alike.

use std::str::FromStr;

/// Covariance of the noise of bars that the form makes alike, and of others.
const ALIKE: f64 = 0.75;
const OTHERS: f64 = 0.12;

/// A form such as `AABA`. Each letter is an equal part of the music; bar k of a part is like bar k of the parts with its letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form(Vec<char>);

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.chars().enumerate().find(|(_, letter)| !letter.is_ascii_alphabetic()) {
            Some((index, other)) => {
                Err(format!("column {}: '{other}' in a form; write letters, as in AABA", index + 1))
            }
            None if text.is_empty() => Err("the form is empty; write letters, as in AABA".into()),
            None => Ok(Self(text.to_ascii_uppercase().chars().collect())),
        }
    }
}

impl Form {
    /// The covariance `[bars, bars]` of the bars' noise: 1 on the diagonal, 0.75 for bars that are alike, 0.12 for others. It is
    /// positive definite.
    ///
    /// # Errors
    /// One sentence if the letters do not divide the bars evenly.
    pub fn covariance(&self, bars: usize) -> Result<Vec<f64>, String> {
        let models = self.models(bars)?;
        let entry = |i: usize, j: usize| match (i == j, models[i] == models[j]) {
            (true, _) => 1.0,
            (false, true) => ALIKE,
            (false, false) => OTHERS,
        };
        Ok((0..bars).flat_map(|i| (0..bars).map(move |j| entry(i, j))).collect())
    }

    /// For each bar the first bar that it is like, which may be the bar itself.
    ///
    /// # Errors
    /// As [`covariance`](Self::covariance).
    pub fn models(&self, bars: usize) -> Result<Vec<usize>, String> {
        let letters = self.0.len();
        if !bars.is_multiple_of(letters) {
            return Err(format!("a form of {letters} letters does not divide {bars} bars evenly"));
        }
        let part = bars / letters;
        let name = |bar: usize| (self.0[bar / part], bar % part);
        Ok((0..bars).map(|bar| (0..bar).find(|&other| name(other) == name(bar)).unwrap_or(bar)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs of bars that are alike, the earlier first.
    fn alike(form: &str, bars: usize) -> Vec<(usize, usize)> {
        let k = form.parse::<Form>().unwrap().covariance(bars).unwrap();
        let pairs = (0..bars).flat_map(|i| (i + 1..bars).map(move |j| (i, j)));
        pairs.filter(|(i, j)| k[i * bars + j] == ALIKE && k[j * bars + i] == ALIKE).collect()
    }

    #[test]
    fn equal_letters_are_alike() {
        assert_eq!(alike("ABCDABCD", 8), [(0, 4), (1, 5), (2, 6), (3, 7)]);
        assert_eq!(alike("aaba", 8), [(0, 2), (0, 6), (1, 3), (1, 7), (2, 6), (3, 7)]);
        assert_eq!(alike("A", 8), []);
        assert_eq!("AABA".parse::<Form>().unwrap().models(8).unwrap(), [0, 1, 0, 1, 4, 5, 0, 1]);
    }

    #[test]
    fn errors_say_what_to_write() {
        assert_eq!("AB A".parse::<Form>().unwrap_err(), "column 3: ' ' in a form; write letters, as in AABA");
        assert!("".parse::<Form>().is_err());
        let three: Form = "ABA".parse().unwrap();
        assert_eq!(three.covariance(8).unwrap_err(), "a form of 3 letters does not divide 8 bars evenly");
    }
}
