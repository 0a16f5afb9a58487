//! Text for messages: counts with their nouns, numbers of three digits, durations, words of a command line.

/// A count with its noun: `1 song`, `2 songs`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A positive number with three significant digits, never in exponents: `0.0123`, `1.23`, `123`, `12345`.
pub fn three_digits(value: f64) -> String {
    if value.is_nan() || value <= 0.0 {
        return "0".to_owned();
    }
    let decimals = |value: f64| (2 - value.log10().floor() as i64).clamp(0, 9) as usize;
    // Rounding may add a digit before the point: 9.996 is 10.0.
    let rounded: f64 = format!("{value:.0$}", decimals(value)).parse().unwrap_or(value);
    format!("{value:.0$}", decimals(if rounded > 0.0 { rounded } else { value }))
}

/// Seconds as `1:02:03` or `2:03`.
pub fn clock(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A word of a command line, in quotes if a shell would read it differently.
pub fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-=:,+%@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_song_and_two_songs() {
        assert_eq!([0, 1, 2].map(|n| count(n, "song")), ["0 songs", "1 song", "2 songs"]);
    }

    #[test]
    fn three_digits_at_any_size() {
        let of = |values: &[f64]| values.iter().map(|&value| three_digits(value)).collect::<Vec<_>>();
        assert_eq!(of(&[0.0, f64::NAN, 0.012345, 0.12345, 1.2345]), ["0", "0", "0.0123", "0.123", "1.23"]);
        assert_eq!(of(&[9.996, 12.345, 99.96, 999.6, 12345.6]), ["10.0", "12.3", "100", "1000", "12346"]);
    }

    #[test]
    fn durations_with_and_without_hours() {
        assert_eq!([0.4, 65.0, 3723.4].map(clock), ["0:00", "1:05", "1:02:03"]);
    }

    #[test]
    fn only_words_that_need_quotes_have_them() {
        let words = ["runs/codec", "train.steps=10", "my songs", "", "it's"];
        assert_eq!(words.map(shell_word), ["runs/codec", "train.steps=10", "'my songs'", "''", r"'it'\''s'"]);
    }
}
