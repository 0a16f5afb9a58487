//! Likeness of whole windows to held-out windows: overlapped areas (OA) of their features.

use crate::evaluate::bootstrap::Estimate;
use crate::evaluate::similarity::{densities, overlap};
use crate::evaluate::windows::Set;
use crate::metrics::density::Densities;
use crate::metrics::features::{Features, NAMES};

/// Features that are left out of the mean: they say nearly the same as others.
const LEFT_OUT: [&str; 2] = ["polyphony rate", "empty beats"];
/// The feature that is also compared separately.
const GROOVE: &str = "groove consistency";

/// The held-out windows.
pub struct Likeness {
    real: Set,
    features: Vec<Features>,
}

impl Likeness {
    /// To these windows.
    pub fn to(real: Set) -> Self {
        let features = real.features();
        Self { real, features }
    }

    /// Mean OA of nine features, and OA of groove consistency.
    pub fn of(&self, set: &Set, seed: u64) -> [Estimate; 2] {
        let compared = densities((&self.real, &self.features), (set, &set.features()));
        let groups = [self.real.groups.len(), set.groups.len()];
        let some = |has: &dyn Fn(&str) -> bool| {
            let chosen: Vec<Densities> =
                compared.iter().zip(NAMES).filter(|(_, name)| has(name)).map(|(found, _)| found.clone()).collect();
            overlap(&chosen, groups, seed)
        };
        [some(&|name| !LEFT_OUT.contains(&name)), some(&|name| name == GROOVE)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;
    use crate::data::music::roll::Roll;

    #[test]
    fn songs_are_like_songs_and_silence_is_not() {
        let rolls: Vec<Roll> = (0..12).map(|index| corpus::compose(1, index).merged().window(0, 128)).collect();
        let songs = Likeness::to(Set::of_samples(rolls.clone()));
        let of = |rolls| songs.of(&Set::of_samples(rolls), 0).map(|estimate| estimate.value);
        assert!(of(rolls).iter().all(|overlap| *overlap > 0.99));
        assert!(of(vec![Roll::new(128, Vec::new()); 12])[0] < 0.1);
    }
}
