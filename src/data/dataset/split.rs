//! The split of songs into training and validation.

/// Whether each song is kept for validation: if its hash of seed and name is in the lowest `fraction` of all hashes. Adding
/// or removing songs does not move others to another side, except to keep both sides non-empty. A single song is a training
/// song.
pub(super) fn split<'a>(names: impl Iterator<Item = &'a str>, fraction: f64, seed: u64) -> Vec<bool> {
    let hashes: Vec<u64> = names.map(|name| name_hash(name, seed)).collect();
    let mut validates: Vec<bool> = hashes.iter().map(|&h| (h as f64) < fraction * 2f64.powi(64)).collect();
    let songs = || 0..hashes.len();
    if !validates.contains(&false) {
        songs().max_by_key(|&i| hashes[i]).into_iter().for_each(|i| validates[i] = false);
    } else if fraction > 0.0 && hashes.len() > 1 && !validates.contains(&true) {
        songs().min_by_key(|&i| hashes[i]).into_iter().for_each(|i| validates[i] = true);
    }
    validates
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

    #[test]
    fn the_split_is_seeded_and_does_not_depend_on_the_other_songs() {
        let names: Vec<String> = (0..400).map(|i| format!("{i:03}.mid")).collect();
        let of = |range: std::ops::Range<usize>, seed| split(names[range].iter().map(String::as_str), 0.1, seed);
        let all = of(0..400, 0);
        assert!((20..=60).contains(&all.iter().filter(|v| **v).count()));
        assert_eq!(of(100..400, 0), all[100..]);
        assert_ne!(of(0..400, 1), all);
    }

    #[test]
    fn two_songs_are_on_two_sides_and_one_is_trained_on() {
        for seed in 0..20 {
            assert_eq!(split(["a", "b"].into_iter(), 0.1, seed).iter().filter(|v| **v).count(), 1);
            assert_eq!(split(["a", "b"].into_iter(), 0.99, seed).iter().filter(|v| **v).count(), 1);
        }
        assert_eq!(split(["a"].into_iter(), 0.1, 0), [false]);
        assert_eq!(split(["a", "b"].into_iter(), 0.0, 0), [false, false]);
    }
}
