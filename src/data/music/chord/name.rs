//! The name of a chord: `Am7`, `F`, `C/E`, `N`.

use super::quality::{QUALITIES, Quality, TEMPLATES};
use super::spelling;
use super::tones::{CLASSES, Chord};
use std::fmt;

impl fmt::Display for Chord {
    /// The name that puts the root in the bass if there is one, else a name with a slash; the tones in brackets if the chord is
    /// of no known kind. What is written is read as the same chord, brackets excepted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.named(|_| None))
    }
}

impl Chord {
    /// The name in a key, that of a major scale: a root that is in the scale is spelt as it is there, A#m in F# and Bbm in Db.
    pub fn name_in(self, key: usize) -> String {
        self.named(|class| spelling::in_scale(class, key))
    }

    /// The name, with roots as `spelt`, where it is not `None`.
    fn named(self, spelt: impl Fn(usize) -> Option<String>) -> String {
        let Some(bass) = self.bass() else { return "N".to_owned() };
        let usual =
            |class: usize, is_minor: bool| spelt(class).unwrap_or_else(|| spelling::root(class, is_minor).to_owned());
        let Some((root, quality)) = interpretation(self, bass) else {
            let tones: Vec<String> = self.classes().map(|class| usual(class, false)).collect();
            return format!("[{}]/{}", tones.join(" "), usual(bass, false));
        };
        let name = usual(root, quality.intervals.contains(&3));
        let over = if root == bass { String::new() } else { format!("/{}", spelling::bass(bass, &name)) };
        format!("{name}{}{over}", quality.suffix)
    }

    /// The pitch class of the root, as the name has it; `None` if the chord is of no known kind.
    pub fn root(self) -> Option<usize> {
        interpretation(self, self.bass()?).map(|(root, _)| root)
    }
}

/// Root and kind of a chord over a bass.
fn interpretation(chord: Chord, bass: usize) -> Option<(usize, &'static Quality)> {
    let (common, rare) = QUALITIES.split_at(TEMPLATES);
    let root_position = || QUALITIES.iter().map(|quality| (bass, quality)).find(|&named| has_tones(chord, named));
    let inversion = |qualities: &'static [Quality]| roots(qualities).find(|&named| has_tones(chord, named));
    // A chord over a foreign bass, as C/D.
    let over_bass = |qualities| roots(qualities).find(|&(root, quality)| build((root, quality)).over(bass) == chord);
    root_position()
        .or_else(|| inversion(common))
        .or_else(|| over_bass(common))
        .or_else(|| inversion(rare))
        .or_else(|| over_bass(rare))
}

/// Every kind with every root.
fn roots(qualities: &'static [Quality]) -> impl Iterator<Item = (usize, &'static Quality)> {
    qualities.iter().flat_map(|quality| (0..CLASSES).map(move |root| (root, quality)))
}

fn build((root, quality): (usize, &Quality)) -> Chord {
    Chord::above(root, quality.intervals)
}

fn has_tones(chord: Chord, named: (usize, &Quality)) -> bool {
    build(named).tones() == chord.tones()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_musicians_write_them() {
        for (chord, name) in [
            (Chord::new([9, 0, 4, 7], 9), "Am7"),
            (Chord::new([9, 0, 4, 7], 0), "C6"),
            (Chord::new([9, 0, 4, 7], 4), "Am7/E"),
            (Chord::new([5, 9, 0], 5), "F"),
            (Chord::new([0, 4, 7], 4), "C/E"),
            (Chord::new([0, 4, 7], 2), "C/D"),
            (Chord::new([9, 1, 4], 1), "A/C#"),
            (Chord::new([0, 2, 7], 0), "Csus2"),
            (Chord::new([0, 2, 7], 7), "Gsus4"),
            (Chord::new([1, 4, 8], 1), "C#m"),
            (Chord::new([1, 5, 8], 1), "Db"),
            (Chord::new([0, 1, 2], 1), "[C Db D]/Db"),
            (Chord::NONE, "N"),
        ] {
            assert_eq!(chord.to_string(), name);
        }
        let root = |name: &str| name.parse::<Chord>().unwrap().root();
        assert_eq!((root("A/C#"), root("C/D"), root("N")), (Some(9), Some(0), None));
    }

    #[test]
    fn roots_of_a_key_are_spelt_by_its_scale() {
        let name = |text: &str, key: usize| text.parse::<Chord>().unwrap().name_in(key);
        for (chord, key, spelt) in [
            ("Bbm", 6, "A#m"),
            ("Db", 11, "C#"),
            ("D#m", 1, "Ebm"),
            ("D#m", 8, "Ebm"),
            ("G#m", 11, "G#m"),
            ("A#m", 1, "Bbm"),
            ("C#/F", 6, "C#/E#"),
            ("Ab", 0, "Ab"),
            ("C#m", 9, "C#m"),
            ("D#m", 3, "Ebm"),
        ] {
            assert_eq!(name(chord, key), spelt, "{chord} in {key}");
        }
        for key in 0..CLASSES {
            for (root, quality) in roots(&QUALITIES) {
                let chord = build((root, quality));
                assert_eq!(chord.name_in(key).parse(), Ok(chord));
            }
        }
    }

    #[test]
    fn a_name_is_read_as_its_chord() {
        for (root, quality) in roots(&QUALITIES) {
            for bass in 0..CLASSES {
                let chord = build((root, quality)).over(bass);
                assert_eq!(chord.to_string().parse(), Ok(chord), "{chord}");
            }
        }
    }
}
