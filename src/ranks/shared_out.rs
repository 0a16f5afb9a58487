//! Work in pieces, of which each rank does its share.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Ranks;
use crate::error::{Error, Result};

/// What `work` gives for each of `count` pieces, in order, on the first rank; nothing on the others. Piece `i` is done by rank `i` modulo their
/// number, so that it is done as by one rank. Numbers with a fraction are to be given as bits, since they travel as text.
///
/// # Errors
/// The first of `work`, or a connection that is broken.
pub fn shared_out<T: Serialize + DeserializeOwned>(
    ranks: &Ranks,
    count: usize,
    work: impl FnMut(usize) -> Result<T>,
) -> Result<Vec<T>> {
    let own = (ranks.rank()..count).step_by(ranks.size()).map(work).collect::<Result<Vec<T>>>()?;
    if ranks.are_alone() {
        return Ok(own);
    }
    let text = if ranks.is_first() { Vec::new() } else { serde_json::to_vec(&own).expect("plain values") };
    let collected = ranks.collect(&text)?;
    if !ranks.is_first() {
        return Ok(Vec::new());
    }
    let damaged = |_| Error::Ranks("a rank sent damaged results".to_owned());
    let mut of_ranks = vec![own.into_iter()];
    for text in collected.iter().skip(1) {
        of_ranks.push(serde_json::from_slice::<Vec<T>>(text).map_err(damaged)?.into_iter());
    }
    let all = (0..count).filter_map(|piece| of_ranks[piece % ranks.size()].next());
    Ok(all.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranks::threads;

    #[test]
    fn the_first_rank_gets_all_pieces_in_order() {
        for size in [1, 2, 3, 8] {
            std::thread::scope(|scope| {
                for link in threads::links(size) {
                    scope.spawn(move || {
                        let ranks = link.ranks();
                        let got = shared_out(&ranks, 7, |piece| Ok(piece * piece)).unwrap();
                        let wanted: &[usize] = if ranks.is_first() { &[0, 1, 4, 9, 16, 25, 36] } else { &[] };
                        assert_eq!(got, wanted);
                    });
                }
            });
        }
    }
}
