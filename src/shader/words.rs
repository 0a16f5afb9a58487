//! Words of a WGSL text, which passes over its text replace.

/// The text with its words replaced. `replace` is given the text written so far, a word, and the text after it; it returns what is written
/// in place of the word and the rest of the text, or `None` to leave the word as it is. A comment counts as one word.
pub(super) fn rewritten<'a>(
    mut text: &'a str,
    mut replace: impl FnMut(&str, &'a str, &'a str) -> Option<(String, &'a str)>,
) -> String {
    let mut out = String::with_capacity(2 * text.len());
    while let Some(start) = text.find(|c: char| c == '/' || is_word(c)) {
        out.push_str(&text[..start]);
        text = &text[start..];
        let length = match text {
            _ if text.starts_with("//") => text.find('\n').unwrap_or(text.len()),
            _ if text.starts_with('/') => 1,
            _ => text.find(|c| !is_word(c)).unwrap_or(text.len()),
        };
        let word;
        (word, text) = text.split_at(length);
        match replace(&out, word, text) {
            Some((written, rest)) => {
                out.push_str(&written);
                text = rest;
            }
            None => out.push_str(word),
        }
    }
    out + text
}

/// Whether a word that follows this text may be a binding: what follows a dot is a field, and an address is not a load.
pub(super) fn may_be_binding(before: &str) -> bool {
    !before.ends_with(['.', '&'])
}

pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The position of the first `end` outside of all brackets.
pub(super) fn end_of(text: &str, end: char) -> usize {
    let mut depth = 0;
    text.find(|c| {
        let found = depth == 0 && c == end;
        depth += i32::from(matches!(c, '(' | '[')) - i32::from(matches!(c, ')' | ']'));
        found
    })
    .unwrap_or(text.len())
}
