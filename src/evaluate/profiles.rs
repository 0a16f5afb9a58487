//! The distance of profiles: of samples from songs, and of songs from other songs.

use std::fmt;

use serde::Serialize;

use super::windows::Set;
use crate::data::evenly;
use crate::data::music::roll::Roll;
use crate::metrics::profile::profile_distance;

/// Most windows of a set.
const MOST: usize = 256;

/// The Fréchet distance of [profiles](crate::metrics::profile). The songs are divided into two halves, every other song in each.
/// All sets have as many windows, because the distance depends on their number. It has no interval: resampling repeats windows,
/// which increases it.
#[derive(Debug, Clone, Serialize)]
pub struct Profiles {
    /// Number of windows of each set, at most 256.
    pub windows: usize,
    /// Distance of the samples from a half of the songs, mean of both.
    pub generated: f64,
    /// Upper baseline: distance of one half of the songs from the other, mean of both directions.
    pub real: f64,
}

impl Profiles {
    /// Of songs and of samples; `None` of fewer than two songs or without samples.
    pub fn of(songs: &Set, samples: &Set) -> Option<Self> {
        let [a, b] = halves(songs);
        let windows = [MOST, a.len(), b.len(), samples.rolls.len()].into_iter().min().filter(|windows| *windows > 0)?;
        let [a, b, samples] = [a, b, samples.rolls.iter().collect()].map(|rolls| chosen(&rolls, windows));
        let mean = |pairs: [(&[Roll], &[Roll]); 2]| {
            pairs.map(|(made, real)| profile_distance(made, real)).into_iter().sum::<f64>() / 2.0
        };
        Some(Self { windows, generated: mean([(&samples, &a), (&samples, &b)]), real: mean([(&a, &b), (&b, &a)]) })
    }
}

/// The windows of every other group from the first, and of the others.
fn halves(set: &Set) -> [Vec<&Roll>; 2] {
    let mut halves = [Vec::new(), Vec::new()];
    for (index, group) in set.grouped(set.rolls.iter().collect()).into_iter().enumerate() {
        halves[index % 2].extend(group);
    }
    halves
}

/// Some of the windows, evenly spaced.
fn chosen(rolls: &[&Roll], count: usize) -> Vec<Roll> {
    evenly(rolls, count).into_iter().cloned().collect()
}

impl fmt::Display for Profiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { windows, generated, real } = self;
        let what = format!("distance of profiles of {windows} windows");
        write!(f, "{what:<56}  {generated:<22.1} {real:.1}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;

    #[test]
    fn dense_samples_are_farther_than_songs() {
        let rolls: Vec<Roll> = (0..40).map(|index| corpus::compose(0, index).merged().window(0, 128)).collect();
        let dense = rolls.iter().map(|roll| Roll::merged(&[roll.clone(), roll.clone().shifted(7)])).collect();
        let songs = Set { rolls, groups: vec![4; 10] };
        let found = Profiles::of(&songs, &Set::of_samples(dense)).unwrap();
        assert_eq!(found.windows, 20);
        assert!(found.generated > found.real + 1.0, "{found:?}");
    }

    #[test]
    fn one_song_has_no_halves() {
        let rolls = vec![corpus::compose(0, 0).merged().window(0, 128); 2];
        let (one, two) = (Set { rolls: rolls.clone(), groups: vec![2] }, Set { rolls, groups: vec![1, 1] });
        assert!(Profiles::of(&one, &two).is_none() && Profiles::of(&two, &Set::of_samples(Vec::new())).is_none());
        let same = Profiles::of(&two, &one).unwrap();
        assert!(same.windows == 1 && same.real < 1e-6 && same.generated < 1e-6, "{same:?}");
    }
}
