// What moves by itself is left out where the user prefers it so.

const still = matchMedia("(prefers-reduced-motion: reduce)");

export function prefersStillness() {
  return still.matches;
}
