//! The split of songs into training and held-out songs.

use std::collections::HashSet;

use super::copies::originals;
use super::song::Song;

/// How songs are split.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Split {
    /// By the hash of seed and name: exactly the share `data.validation` of the songs, those with the lowest hashes. Copies of a
    /// song are on its side, for which the share may be a little smaller.
    #[default]
    Share,
    /// By the same hash: the songs whose hash is in the lowest `data.validation` of its range, which are about as many. The
    /// split of networks that were trained before there was [`Split::Share`].
    Range,
    /// Every song is held out but those with these [contents](Song::content).
    AllExcept(HashSet<u64>),
}

/// From this many songs on, at least one is held out if any are asked for.
const ENOUGH: usize = 10;

impl Split {
    /// Whether each song is held out, for a share of `fraction` and the split's `seed`.
    pub(super) fn held_out(&self, songs: &[Song], fraction: f64, seed: u64) -> Vec<bool> {
        let hashes = || songs.iter().map(|song| name_hash(&song.name, seed)).collect::<Vec<_>>();
        match self {
            Self::Share => by_share(&hashes(), &originals(songs), fraction),
            Self::Range => by_range(&hashes(), fraction),
            Self::AllExcept(trained) => songs.iter().map(|song| !trained.contains(&song.content())).collect(),
        }
    }

    /// What distinguishes the fingerprint of data that is split so.
    pub(super) fn mark(&self) -> &'static [u8] {
        match self {
            Self::Share => b"share",
            Self::Range => b"",
            Self::AllExcept(_) => b"all except",
        }
    }
}

/// The lowest hashes. At least one song is trained on. Of copies, the original's hash counts; they are held out together if they
/// do not exceed the share, and in any case if nothing else could be held out.
fn by_share(hashes: &[u64], originals: &[usize], fraction: f64) -> Vec<bool> {
    let least = usize::from(fraction > 0.0 && hashes.len() >= ENOUGH);
    let most = hashes.len().saturating_sub(1);
    let count = ((fraction * hashes.len() as f64).round() as usize).max(least).min(most);
    let mut order: Vec<usize> = (0..hashes.len()).collect();
    order.sort_by_key(|&i| (hashes[originals[i]], originals[i]));
    let groups = || order.chunk_by(|&a, &b| originals[a] == originals[b]);
    let mut held_out = vec![false; hashes.len()];
    let mut left = count;
    for group in groups().filter(|group| group.len() <= count) {
        if group.len() <= left {
            group.iter().for_each(|&i| held_out[i] = true);
            left -= group.len();
        }
    }
    if count > 0
        && left == count
        && let Some(smallest) = groups().min_by_key(|group| group.len()).filter(|group| group.len() <= most)
    {
        smallest.iter().for_each(|&i| held_out[i] = true);
    }
    held_out
}

/// The hashes in the lowest `fraction` of their range; one on each side at least where there are two.
fn by_range(hashes: &[u64], fraction: f64) -> Vec<bool> {
    let mut held_out: Vec<bool> = hashes.iter().map(|&hash| (hash as f64) < fraction * 2f64.powi(64)).collect();
    let songs = || 0..hashes.len();
    if !held_out.contains(&false) {
        songs().max_by_key(|&i| hashes[i]).into_iter().for_each(|i| held_out[i] = false);
    } else if fraction > 0.0 && hashes.len() > 1 && !held_out.contains(&true) {
        songs().min_by_key(|&i| hashes[i]).into_iter().for_each(|i| held_out[i] = true);
    }
    held_out
}

fn name_hash(name: &str, seed: u64) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes()).update(name.as_bytes());
    let hash = hasher.finalize();
    let (first, _) = hash.as_bytes().split_first_chunk::<8>().expect("a hash has 32 bytes");
    u64::from_le_bytes(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(range: std::ops::Range<usize>, seed: u64) -> Vec<u64> {
        range.map(|i| name_hash(&format!("{i:03}.mid"), seed)).collect()
    }

    fn share(hashes: &[u64], fraction: f64) -> Vec<bool> {
        by_share(hashes, &(0..hashes.len()).collect::<Vec<_>>(), fraction)
    }

    fn count(held_out: &[bool]) -> usize {
        held_out.iter().filter(|held_out| **held_out).count()
    }

    #[test]
    fn exactly_the_share_is_held_out() {
        for (songs, fraction, expected) in [
            (400, 0.1, 40),
            (818, 0.1, 82),
            (7, 0.3, 2),
            (10, 0.01, 1),
            (9, 0.01, 0),
            (5, 0.1, 1),
            (4, 0.1, 0),
            (1, 0.9, 0),
            (2, 0.99, 1),
            (100, 0.0, 0),
            (0, 0.5, 0),
        ] {
            for seed in 0..5 {
                assert_eq!(count(&share(&hashes(0..songs, seed), fraction)), expected, "{fraction} of {songs}");
            }
        }
        assert_ne!(share(&hashes(0..400, 0), 0.1), share(&hashes(0..400, 1), 0.1));
    }

    #[test]
    fn copies_are_held_out_together() {
        let hashes = hashes(0..40, 2);
        let originals: Vec<usize> = (0..40).map(|i| i / 4 * 4).collect();
        for fraction in [0.01, 0.05, 0.1, 0.25, 0.5, 0.9] {
            let held_out = by_share(&hashes, &originals, fraction);
            assert!((0..40).all(|i| held_out[i] == held_out[originals[i]]));
            let wanted = ((fraction * 10.0) as usize).max(1) * 4;
            assert_eq!(count(&held_out), wanted, "{fraction}");
        }
        assert_eq!(by_share(&hashes[..3], &[0, 0, 0], 0.5), [false; 3], "one song in three copies");
    }

    /// Of the songs held out by share, none has a higher hash than one that is trained on; so that a larger share keeps the
    /// songs of a smaller one.
    #[test]
    fn the_lowest_hashes_are_held_out() {
        let all = hashes(0..400, 3);
        let [few, many] = [0.1, 0.3].map(|fraction| share(&all, fraction));
        assert!(few.iter().zip(&many).all(|(few, many)| !few || *many));
        let side =
            |held_out: bool| all.iter().zip(&few).filter(move |(_, side)| **side == held_out).map(|(hash, _)| hash);
        assert!(side(true).max() < side(false).min());
    }

    #[test]
    fn the_split_by_range_does_not_depend_on_the_other_songs() {
        let all = by_range(&hashes(0..400, 0), 0.1);
        assert!((20..=60).contains(&count(&all)));
        assert_eq!(by_range(&hashes(100..400, 0), 0.1), all[100..]);
        assert_eq!([0.1, 0.99].map(|fraction| count(&by_range(&hashes(0..2, 1), fraction))), [1, 1]);
        assert_eq!(by_range(&hashes(0..1, 1), 0.1), [false]);
    }
}
