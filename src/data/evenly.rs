//! An even choice.

/// At most `limit` of some items, evenly spaced.
pub fn evenly<T: Clone>(items: &[T], limit: usize) -> Vec<T> {
    let count = items.len().min(limit);
    (0..count).map(|i| items[i * items.len() / count].clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_choice_spans_all_items() {
        assert_eq!(evenly(&(0..10).collect::<Vec<_>>(), 4), [0, 2, 5, 7]);
        assert_eq!(evenly(&[1, 2], 4), [1, 2]);
    }
}
