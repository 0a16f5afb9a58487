// The colours of the style sheet, for canvases.

const NAMES = ["surface", "raised", "line", "ink", "quiet", "accent", "focus", "given", "given-edge", "fresh", "fresh-edge", "white-key", "black-key", "octave", "bar", "beat", "ivory", "ebony", "area", "playhead"];

let colours = null;
const watchers = new Set();

export function palette() {
  if (!colours) {
    const style = getComputedStyle(document.documentElement);
    colours = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    colours.font = getComputedStyle(document.body).fontFamily;
  }
  return colours;
}

export function onPalette(watcher) {
  watchers.add(watcher);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  colours = null;
  for (const watcher of watchers) watcher();
});
