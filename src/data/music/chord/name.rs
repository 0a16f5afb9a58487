//! The name of a chord: `Am7`, `F`, `C/E`, `N`.

use super::quality::{QUALITIES, Quality, TEMPLATES};
use super::spelling;
use super::tones::{CLASSES, Chord};
use std::fmt;

impl fmt::Display for Chord {
    /// The name that puts the root in the bass if there is one, else a name with a slash; the tones in brackets if the chord is
    /// of no known kind. What is written is read as the same chord, brackets excepted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(bass) = self.bass() else { return f.write_str("N") };
        let Some((root, quality)) = interpretation(*self, bass) else {
            let tones: Vec<&str> = self.classes().map(|class| spelling::root(class, false)).collect();
            return write!(f, "[{}]/{}", tones.join(" "), spelling::root(bass, false));
        };
        let name = spelling::root(root, quality.intervals.contains(&3));
        write!(f, "{name}{}", quality.suffix)?;
        if root == bass { Ok(()) } else { write!(f, "/{}", spelling::bass(bass, name)) }
    }
}

impl Chord {
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
    fn a_name_is_read_as_its_chord() {
        for (root, quality) in roots(&QUALITIES) {
            for bass in 0..CLASSES {
                let chord = build((root, quality)).over(bass);
                assert_eq!(chord.to_string().parse(), Ok(chord), "{chord}");
            }
        }
    }
}
