//! Numbers that options take.

/// Parses a whole number of at least 1.
pub fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("it takes a whole number, 1 or more".to_owned()),
        Ok(number) => Ok(number),
    }
}

/// Parses a number from 0 to 1.
pub fn share(text: &str) -> Result<f64, String> {
    let parsed = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    parsed.ok_or_else(|| "it takes a number from 0 to 1".to_owned())
}

/// Parses a number of at least 0.
pub fn zero_or_more(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..=f64::MAX).contains(&number) => Ok(number),
        _ => Err("it takes a number, 0 or more".to_owned()),
    }
}
