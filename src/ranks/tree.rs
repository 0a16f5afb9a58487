//! The binary tree in which the parts of a batch are added: a function of their number alone.
//!
//! Floating-point sums depend on their order. So the order is fixed, whoever computes the parts. A node of n leaves has the largest
//! power of two below n in its left subtree, as in the tree of BLAKE3. Each rank owns one subtree. The upper part of the tree, over the
//! sums of the ranks, is then the same as if one process had added all parts.

use std::ops::Range;

/// How the leaves of a subtree, and the ranks that compute them, are split.
struct Split {
    leaves: usize,
    ranks: usize,
}

/// The left subtree of `leaves` leaves for `ranks` ranks, two or more and at most one per leaf.
fn left(leaves: usize, ranks: usize) -> Split {
    let left = 1 << (leaves - 1).ilog2();
    // In proportion, but at least one rank and at most one per leaf on both sides.
    let share = (ranks * left + leaves / 2) / leaves;
    Split { leaves: left, ranks: share.clamp((ranks + left).saturating_sub(leaves).max(1), left.min(ranks - 1)) }
}

/// The parts of each rank, in order: all of `parts`, each once, and at least one for each rank.
///
/// # Panics
/// If there are more ranks than parts, or none.
#[track_caller]
pub fn shares(parts: usize, ranks: usize) -> Vec<Range<usize>> {
    assert!((1..=parts).contains(&ranks), "{parts} parts for {ranks} ranks");
    let mut shares = Vec::new();
    share_out(0..parts, ranks, &mut shares);
    shares
}

fn share_out(parts: Range<usize>, ranks: usize, shares: &mut Vec<Range<usize>>) {
    if ranks == 1 {
        return shares.push(parts);
    }
    let split = left(parts.len(), ranks);
    let middle = parts.start + split.leaves;
    share_out(parts.start..middle, split.ranks, shares);
    share_out(middle..parts.end, ranks - split.ranks, shares);
}

/// The sum in the tree over `parts` parts, of which `next` gives the sums of `ranks` ranks in order. With as many ranks as parts these
/// are the parts themselves. At most one sum per level of the tree is kept while the next ones are computed.
///
/// # Errors
/// The first of `next`.
///
/// # Panics
/// If there are more ranks than parts, or none.
#[track_caller]
pub fn sum<T, E>(
    parts: usize,
    ranks: usize,
    next: &mut impl FnMut() -> Result<T, E>,
    add: &impl Fn(T, T) -> T,
) -> Result<T, E> {
    assert!((1..=parts).contains(&ranks), "{parts} parts for {ranks} ranks");
    if ranks == 1 {
        return next();
    }
    let split = left(parts, ranks);
    let first = sum(split.leaves, split.ranks, next, add)?;
    let second = sum(parts - split.leaves, ranks - split.ranks, next, add)?;
    Ok(add(first, second))
}

/// The tree over parts that are computed one after another: the sums of left subtrees, which wait for their right sides.
#[derive(Debug)]
pub struct Waiting<T> {
    /// Each with its number of parts, a power of two, the largest first.
    sums: Vec<(usize, T)>,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self { sums: Vec::new() }
    }
}

impl<T> Waiting<T> {
    /// Adds the next part, which is not the last one. `add` gets the left side first.
    pub fn push(&mut self, part: T, add: impl Fn(T, T) -> T) {
        let mut new = (1, part);
        while let Some((count, sum)) = self.sums.pop_if(|(count, _)| *count == new.0) {
            new = (2 * count, add(sum, new.1));
        }
        self.sums.push(new);
    }

    /// The sums that the last part completes, in the order in which it is added to them: the sum of all is that of the tree.
    pub fn before_last(self) -> impl Iterator<Item = T> {
        self.sums.into_iter().rev().map(|(_, sum)| sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// The order of additions, as text.
    fn written(names: Vec<String>, parts: usize, ranks: usize) -> String {
        let mut names = names.into_iter();
        let mut next = || Ok::<_, Infallible>(names.next().unwrap());
        let Ok(text) = sum(parts, ranks, &mut next, &|a, b| format!("({a}{b})"));
        text
    }

    fn of_parts(parts: Range<usize>) -> String {
        let count = parts.len();
        written(parts.map(|part| part.to_string()).collect(), count, count)
    }

    #[test]
    fn the_left_side_is_a_whole_tree() {
        assert_eq!(of_parts(0..1), "0");
        assert_eq!(of_parts(0..4), "((01)(23))");
        assert_eq!(of_parts(0..7), "(((01)(23))((45)6))");
    }

    #[test]
    fn any_number_of_ranks_adds_in_the_same_order() {
        for parts in 1..=33 {
            for ranks in 1..=parts {
                let shares = shares(parts, ranks);
                assert_eq!(shares.len(), ranks);
                assert!(shares.windows(2).all(|pair| pair[0].end == pair[1].start && !pair[0].is_empty()));
                assert_eq!((shares[0].start, shares[ranks - 1].end), (0, parts));
                let sums = shares.into_iter().map(of_parts).collect();
                assert_eq!(written(sums, parts, ranks), of_parts(0..parts), "{parts} parts, {ranks} ranks");
            }
        }
    }

    #[test]
    fn parts_one_after_another_are_added_in_the_same_order() {
        let add = |a: String, b: String| format!("({a}{b})");
        for parts in 1..=33 {
            let mut waiting = Waiting::default();
            (0..parts - 1).for_each(|part: usize| waiting.push(part.to_string(), add));
            let sum = waiting.before_last().fold((parts - 1).to_string(), |sum, left| add(left, sum));
            assert_eq!(sum, of_parts(0..parts));
        }
    }

    #[test]
    fn a_power_of_two_is_shared_out_evenly() {
        for (parts, ranks) in [(8, 2), (8, 4), (8, 8), (16, 4), (6, 3), (4, 1)] {
            assert!(shares(parts, ranks).iter().all(|share| share.len() == parts / ranks), "{parts} on {ranks}");
        }
        assert_eq!(shares(4, 3), [0..1, 1..2, 2..4]);
    }
}
