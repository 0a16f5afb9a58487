// The keyboard, as one table that is obeyed and shown under `?`.

/** Groups of `[keys, what they do, match, action]`; those without `match` are handled by the roll and are only shown. */
export function shortcutsOf(act) {
  return [
    ["Write", [
      ["F", "Fill the area", "f", () => act.write("fill")],
      ["Y", "Vary the area", "y", () => act.write("vary")],
      ["C", "Continue the piece", "c", () => act.write("continue")],
      ["A", "Accompany", "a", () => act.write("accompany")],
      ["M", "Write a melody", "m", () => act.write("melody")],
      ["N", "New piece", "n", () => act.write("new")],
      ["Esc", "Stop writing; else clear selection, then area", "Escape", act.escape],
    ]],
    ["Variants", [
      ["1 – 8", "Take a variant", /^[1-8]$/, (event) => act.take(Number(event.key) - 1)],
      ["Alt+1 – 8", "Hear a variant, or stop it", null],
      ["Shift+1 – 8", "Keep a variant", null],
      ["K", "Make the new notes given ones", "k", act.settle],
    ]],
    ["Play", [
      ["Space", "Play or stop", " ", act.play],
      ["Home", "Back to the start", "Home", act.rewind],
      ["L", "Loop the area, or the whole piece", "l", act.loop],
      ["G", "Mute or hear given notes", "g", act.muteGiven],
      ["H", "Mute or hear new notes", "h", act.muteFresh],
    ]],
    ["Tools and view", [
      ["R", "Area: drag a rectangle", "r", () => act.tool("area")],
      ["B", "Brush", "b", () => act.tool("brush")],
      ["D", "Draw", "d", () => act.tool("draw")],
      ["S", "Select", "s", () => act.tool("select")],
      ["E", "Erase", "e", () => act.tool("erase")],
      ["+ −", "Zoom", /^[+=-]$/, (event) => act.zoom(event.key === "-" ? 1 / 1.4 : 1.4)],
      ["0", "Show the whole piece", "0", act.fit],
      ["Ctrl+wheel", "Zoom in time; Alt+wheel in pitch", null],
      ["Shift+drag", "Add to the area or the selection", null],
    ]],
    ["In the roll, by keyboard", [
      ["← → ↑ ↓", "Move the cursor; with Ctrl by a bar or an octave", null],
      ["Enter", "Draw a note, or remove the one under the cursor", null],
      [", .", "Shorter, longer notes to draw", null],
      ["Shift+arrows", "Mark the area", null],
      ["X", "Select the note under the cursor", null],
      ["Alt+arrows", "Move the selected notes", null],
      ["Alt+Shift+← →", "Stretch them", null],
      ["Alt+Shift+↑ ↓", "Louder, softer", null],
      ["Del", "Remove the selected notes", null],
    ]],
    ["Piece", [
      ["Ctrl+Z", "Undo", null],
      ["Ctrl+Shift+Z", "Redo, as Ctrl+Y", null],
      ["Ctrl+A", "Select all notes", null],
      ["Ctrl+C X V", "Copy, cut, paste at the playhead", null],
      ["Ctrl+O", "Open a MIDI file", null],
      ["Ctrl+S", "Save as MIDI", null],
      ["?", "These keys", "?", act.help],
    ]],
  ];
}

const WITH_CTRL = { c: "copy", x: "cut", v: "paste", z: "undo", y: "redo", a: "selectAll", o: "open", s: "save" };

export function connectShortcuts(act, singleKeys) {
  const table = shortcutsOf(act).flatMap(([, rows]) => rows).filter(([, , match]) => match);
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const inField = event.target.closest?.("input:not([type=range]):not([type=checkbox]), select, textarea");
    if (event.ctrlKey || event.metaKey) {
      const name = event.key.toLowerCase() === "z" && event.shiftKey ? "redo" : WITH_CTRL[event.key.toLowerCase()];
      if (!name || event.altKey || inField) return;
      event.preventDefault();
      act[name]();
      return;
    }
    if (inField) return;
    const digit = /^Digit([1-8])$/.exec(event.code)?.[1];
    if (digit && singleKeys() && (event.altKey || event.shiftKey)) {
      event.preventDefault();
      (event.altKey ? act.hear : act.keep)(Number(digit) - 1);
      return;
    }
    if (event.altKey) return;
    if (event.key === "Delete" || event.key === "Backspace") return act.remove();
    const isPress = event.target.closest?.("button, summary, a") && (event.key === " " || event.key === "Enter");
    const isSlide = event.target.matches?.("input[type=range]") && ["Home", "+", "-"].includes(event.key);
    if (isPress || isSlide) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const row = table.find(([, , match]) => (match instanceof RegExp ? match.test(key) : match === key));
    const isLetter = key.length === 1 && key !== " ";
    if (!row || event.repeat || (isLetter && !singleKeys())) return;
    event.preventDefault();
    row[3](event);
  });
}
