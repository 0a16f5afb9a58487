// What computes. The rest of the page knows this interface alone; `server.js` implements it by HTTP, `tab.js` in the tab.
//
//   about()               -> { version, adapter, model, limits, conditions }
//   openSong(bytes)       -> a song: { id, steps, bars, tempo, key, tracks, notes, chords, note }
//   write(request, heard) -> { done, cancel() }; `done` resolves to { variants, chords, key } or rejects with an EngineError.
//                            `heard` has queued({ ahead }), progress({ step, steps }), preview({ variants }), all optional.
//   export(state, as)     -> a Blob; `as` is "mid", "wav" or "png"
//   string(pitch)         -> the bytes of a .wav of one note
//   runs(), run(name), fileOfRun(name, file)   training runs, only where `about` has `runs: true`
//   connected             a Signal: null while nothing is known, then true or false
//   notice                a Signal: a sentence that stays while it is true, also as { text, link: { text, address } }, or null
//   songBytes             set by the page: (id) -> bytes of a song, for an engine that has forgotten it
//
// A state and a request are plain JSON (`stateOf` in model/piece.js, `request` in model/request.js).

/** The engine that this page was made for: `flocoder export --web` writes pages that compute in the tab. */
export async function openEngine() {
  if (document.documentElement.dataset.engine === "tab") return new (await import("./tab.js")).TabEngine();
  return new (await import("./server.js")).ServerEngine();
}
