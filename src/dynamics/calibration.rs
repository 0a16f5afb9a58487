//! Velocities with the level and spread wanted.

use super::Loudness;
use super::loudness::median;

/// Most by which a shape is stretched. One that is nearly flat stays so.
const MOST: f64 = 3.0;

/// Moves velocities so that their median is the level, and stretches them so that the median distance from it is the spread.
pub fn calibrated(velocities: &[f64], wanted: Loudness) -> Vec<u8> {
    let Some(level) = median(&mut velocities.to_vec()) else { return Vec::new() };
    let mut distances: Vec<f64> = velocities.iter().map(|velocity| (velocity - level).abs()).collect();
    let spread = median(&mut distances).unwrap_or(0.0);
    let stretch = if spread > 0.0 { (f64::from(wanted.spread) / spread).min(MOST) } else { 1.0 };
    let moved = |velocity: &f64| f64::from(wanted.level) + stretch * (velocity - level);
    velocities.iter().map(|velocity| moved(velocity).round().clamp(1.0, 127.0) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_and_spread_are_those_wanted() {
        let wanted = Loudness { level: 84, spread: 10 };
        assert_eq!(calibrated(&[70.0, 75.0, 80.0, 85.0, 90.0], wanted), [64, 74, 84, 94, 104]);
        assert_eq!(calibrated(&[80.0, 80.0, 80.0, 81.0], wanted), [84, 84, 84, 85], "nothing to stretch");
        assert_eq!(calibrated(&[79.0, 80.0, 81.0], wanted), [81, 84, 87], "not by more than three");
        assert_eq!(calibrated(&[0.0, 80.0, 160.0], Loudness { level: 84, spread: 80 })[..], [4, 84, 127]);
        assert!(calibrated(&[], wanted).is_empty());
    }
}
