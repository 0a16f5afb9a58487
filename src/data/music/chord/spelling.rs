//! Names of pitch classes, as roots and as the bass under a root.

use super::tones::CLASSES;

/// Pitch classes of the letters from C on.
const LETTERS: [(char, usize); 7] = [('C', 0), ('D', 2), ('E', 4), ('F', 5), ('G', 7), ('A', 9), ('B', 11)];
/// Usual roots of major and of minor chords.
const MAJOR: [&str; CLASSES] = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
const MINOR: [&str; CLASSES] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "Bb", "B"];
/// Letters from the root up to each interval: a minor third and a major third are both two letters up.
const LETTERS_UP: [usize; CLASSES] = [0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6];

/// The name of a root.
pub(super) fn root(class: usize, is_minor: bool) -> &'static str {
    if is_minor { MINOR[class] } else { MAJOR[class] }
}

/// The name of a tone of a major scale on this pitch class, as the scale has it; `None` of another tone.
pub(super) fn in_scale(class: usize, tonic: usize) -> Option<String> {
    const SCALE: [usize; 7] = [0, 2, 4, 5, 7, 9, 11];
    let degree = SCALE.iter().position(|&up| (tonic + up) % CLASSES == class)?;
    let first = LETTERS.iter().position(|(letter, _)| MAJOR[tonic].starts_with(*letter))?;
    signed(LETTERS[(first + degree) % LETTERS.len()], class)
}

/// A letter with the sign that makes it a pitch class; `None` if it needs two.
fn signed((letter, natural): (char, usize), class: usize) -> Option<String> {
    match (class + CLASSES - natural) % CLASSES {
        0 => Some(letter.to_string()),
        1 => Some(format!("{letter}#")),
        11 => Some(format!("{letter}b")),
        _ => None,
    }
}

/// The name of a bass under a root with this name: C# under A, Db under Gb. A note that would need two signs has its usual name.
pub(super) fn bass(class: usize, root_name: &str) -> String {
    let spelled = read(root_name).and_then(|(root, _)| {
        let letter = LETTERS.iter().position(|(letter, _)| root_name.starts_with(*letter))?;
        signed(LETTERS[(letter + LETTERS_UP[(class + CLASSES - root) % CLASSES]) % LETTERS.len()], class)
    });
    spelled.unwrap_or_else(|| MAJOR[class].to_owned())
}

/// The pitch class of a letter and an accidental at the beginning of a text, and the rest of the text.
pub(super) fn read(text: &str) -> Option<(usize, &str)> {
    let first = text.chars().next()?;
    let (_, class) = LETTERS.into_iter().find(|(letter, _)| *letter == first)?;
    let rest = &text[1..];
    let sign = |marks: [&str; 2]| marks.into_iter().find_map(|mark| rest.strip_prefix(mark));
    Some(match (sign(["#", "♯"]), sign(["b", "♭"])) {
        (Some(rest), _) => ((class + 1) % CLASSES, rest),
        (_, Some(rest)) => ((class + CLASSES - 1) % CLASSES, rest),
        _ => (class, rest),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bass_has_the_letter_of_its_interval() {
        for (class, root, name) in [
            (1, "A", "C#"),
            (10, "C", "Bb"),
            (4, "F#", "E"),
            (0, "Ab", "C"),
            (6, "D", "F#"),
            (3, "B", "D#"),
            (6, "B", "F#"),
        ] {
            assert_eq!(bass(class, root), name, "{name} under {root}");
        }
    }

    #[test]
    fn names_are_read_as_their_class() {
        for class in 0..CLASSES {
            assert_eq!(read(MAJOR[class]), Some((class, "")));
            assert_eq!(read(MINOR[class]), Some((class, "")));
        }
        assert_eq!((read("Cbm7"), read("E♯")), (Some((11, "m7")), Some((5, ""))));
        assert_eq!((read("H"), read("")), (None, None));
    }
}
