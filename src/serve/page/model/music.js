// Names of pitches, keys and chords.

const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];
const SPOKEN = ["C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B"];

/** `C4` is middle C, pitch 60. */
export function pitchName(pitch) {
  return `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
}

export function spokenPitch(pitch) {
  return `${SPOKEN[pitch % 12]} ${Math.floor(pitch / 12) - 1}`;
}

export function isBlack(pitch) {
  return [1, 3, 6, 8, 10].includes(pitch % 12);
}

/** Keys as the engine spells them. */
export const KEYS = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"].flatMap((major) => [major, minorOf(major)]);

function minorOf(major) {
  const names = { C: "Am", Db: "Bbm", D: "Bm", Eb: "Cm", E: "C#m", F: "Dm", "F#": "D#m", G: "Em", Ab: "Fm", A: "F#m", Bb: "Gm", B: "G#m" };
  return names[major];
}

export function keyName(key) {
  const root = key.replace("m", "").replace("b", "♭").replace("#", "♯");
  return key.endsWith("m") ? `${root} minor` : `${root} major`;
}

const CHORD = /^([A-G][b#♭♯]?)[A-Za-z0-9+#b°ø()Δ-]*(\/[A-G][b#♭♯]?)?$/;

/** Whether a text is chords of one bar: symbols, `.`, `%` or `N.C.`, parted by spaces. */
export function isChords(text) {
  return text.trim().split(/\s+/).every((symbol) => symbol === "" || symbol === "." || symbol === "%" || symbol === "N.C." || CHORD.test(symbol));
}
