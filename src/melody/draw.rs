//! Draws from logits.

use crate::rng::Philox;

/// How boldly is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Boldness {
    /// Logits are divided by it.
    pub temperature: f64,
    /// The likeliest classes are drawn from that have this probability together (nucleus sampling: Holtzman et al. 2019, arXiv 1904.09751).
    pub nucleus: f64,
}

/// A class of `logits` that is `allowed`; `None` if none is.
pub fn draw(
    logits: &[f32],
    allowed: impl Fn(usize) -> bool,
    Boldness { temperature, nucleus }: Boldness,
    random: &mut Philox,
) -> Option<usize> {
    // Inserted in order: they are few, and a sort is a large part of a program for the browser.
    let mut classes: Vec<usize> = Vec::with_capacity(logits.len());
    for class in (0..logits.len()).filter(|&class| allowed(class)) {
        let place = classes.iter().position(|&other| logits[other].total_cmp(&logits[class]).is_lt());
        classes.insert(place.unwrap_or(classes.len()), class);
    }
    let largest = logits[*classes.first()?];
    let weights: Vec<f64> =
        classes.iter().map(|&class| (f64::from(logits[class] - largest) / temperature).exp()).collect();
    let all: f64 = weights.iter().sum();
    let mut kept = 0.0;
    let count = weights.iter().take_while(|&&weight| {
        let before = kept;
        kept += weight;
        before < nucleus * all
    });
    let count = count.count();
    let mut rest = random.uniform() * weights[..count].iter().sum::<f64>();
    let drawn = weights[..count].iter().position(|weight| {
        rest -= weight;
        rest < 0.0
    });
    Some(classes[drawn.unwrap_or(0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_softmax() {
        let logits = [0.0, 3f32.ln(), f32::NEG_INFINITY, 9.0];
        let bold = Boldness { temperature: 1.0, nucleus: 1.0 };
        let count = |boldness| {
            let mut random = Philox::new(1, 0);
            let drawn = (0..4000).filter_map(|_| draw(&logits, |class| class < 3, boldness, &mut random));
            drawn.fold([0; 3], |mut counts, class| {
                counts[class] += 1;
                counts
            })
        };
        let [first, second, none] = count(bold);
        assert!(none == 0 && (first - 1000i32).abs() < 100 && first + second == 4000);
        assert_eq!(count(Boldness { nucleus: 0.7, ..bold }), [0, 4000, 0]);
        assert!((count(Boldness { temperature: 0.5, ..bold })[0] - 400i32).abs() < 80);
        assert_eq!(draw(&logits, |_| false, bold, &mut Philox::new(1, 0)), None);
    }
}
