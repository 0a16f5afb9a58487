//! A chord as a set of pitch classes.

/// Pitch classes of an octave; 0 is C.
pub(super) const CLASSES: usize = 12;
/// Bits of the bass in the packed form of a chord without one.
const NO_BASS: u16 = 15;

/// The pitch classes of a chord and that of its lowest note. The bass is one of the tones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    /// Bit c is set if pitch class c is a tone.
    tones: u16,
    /// 0..12, or [`NO_BASS`] in a chord without tones.
    bass: u16,
}

impl Default for Chord {
    fn default() -> Self {
        Self::NONE
    }
}

impl Chord {
    /// No chord, written N.
    pub const NONE: Self = Self { tones: 0, bass: NO_BASS };

    /// The chord of some pitch classes, to which the bass is added. Classes are taken modulo 12.
    pub fn new(classes: impl IntoIterator<Item = usize>, bass: usize) -> Self {
        let bass = bass % CLASSES;
        let tones = classes.into_iter().fold(1 << bass, |tones, class| tones | 1 << (class % CLASSES));
        Self { tones, bass: bass as u16 }
    }

    /// The chord of intervals in semitones above a root, which is its bass.
    pub(super) fn above(root: usize, intervals: &[usize]) -> Self {
        Self::new(intervals.iter().map(|interval| root + interval), root)
    }

    /// The same tones and `bass`, with that as the lowest.
    pub(super) fn over(self, bass: usize) -> Self {
        Self::new(self.classes(), bass)
    }

    /// Whether there is no chord.
    pub fn is_none(self) -> bool {
        self.tones == 0
    }

    /// Whether a pitch class is a tone.
    pub fn has(self, class: usize) -> bool {
        self.tones >> (class % CLASSES) & 1 == 1
    }

    /// The tones as bits, C lowest.
    pub fn tones(self) -> u16 {
        self.tones
    }

    /// The tones in ascending order from C.
    pub fn classes(self) -> impl Iterator<Item = usize> {
        (0..CLASSES).filter(move |&class| self.has(class))
    }

    /// The pitch class of the bass; `None` without a chord.
    pub fn bass(self) -> Option<usize> {
        (self.bass != NO_BASS).then_some(usize::from(self.bass))
    }

    /// The chord moved by `semitones`.
    pub fn transposed(self, semitones: i32) -> Self {
        let Some(bass) = self.bass() else { return self };
        let shift = semitones.rem_euclid(CLASSES as i32) as usize;
        Self::new(self.classes().map(|class| class + shift), bass + shift)
    }

    /// In 16 bits: the tones, and the bass above them.
    pub fn packed(self) -> u16 {
        self.tones | self.bass << CLASSES
    }

    /// The chord of a [`packed`](Self::packed) form; `None` if no chord has it.
    pub fn unpacked(bits: u16) -> Option<Self> {
        let chord = Self { tones: bits & 0xFFF, bass: bits >> CLASSES };
        let valid = match chord.bass() {
            None => chord.tones == 0,
            Some(bass) => bass < CLASSES && chord.has(bass),
        };
        valid.then_some(chord)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bass_is_a_tone() {
        let chord = Chord::new([0, 4, 7], 2);
        assert_eq!((chord.classes().collect::<Vec<_>>(), chord.bass()), (vec![0, 2, 4, 7], Some(2)));
        assert!(Chord::NONE.is_none() && Chord::NONE.bass().is_none() && Chord::default() == Chord::NONE);
    }

    #[test]
    fn transposition_moves_tones_and_bass_round_the_octave() {
        let chord = Chord::above(9, &[0, 3, 7]);
        assert_eq!(chord.transposed(5), Chord::above(2, &[0, 3, 7]));
        assert_eq!(chord.transposed(-14).transposed(14), chord);
        assert_eq!(Chord::NONE.transposed(3), Chord::NONE);
    }

    #[test]
    fn sixteen_bits_hold_a_chord() {
        let chords = (0..4096u16).flat_map(|tones| (0..16).map(move |bass| tones | bass << 12));
        let valid: Vec<u16> = chords.filter(|&bits| Chord::unpacked(bits).is_some()).collect();
        // Each of the twelve bass notes with any of the other eleven classes, and no chord.
        assert_eq!(valid.len(), 12 * 2048 + 1);
        assert!(valid.iter().all(|&bits| Chord::unpacked(bits).is_some_and(|chord| chord.packed() == bits)));
    }
}
