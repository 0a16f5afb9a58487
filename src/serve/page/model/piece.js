// A piece: an immutable value. Every change makes a new one, so that undo is a list of pieces.
//
//   song     a dropped MIDI file as the engine described it, or null
//   removed  indices of the song's notes that were taken out
//   added    notes that were drawn, moved or written: { id, pitch, start, duration, velocity, fresh }
//   bars, beats, tempo   length in bars, quarter notes per bar, beats per minute
//   chords   text by number of the bar, as the user typed it
//   found    chords that were recognised: [{ start, steps, symbol }]
//   name     what the title shows
//
// Times are in steps, sixteenths of a bar of 4/4. A note has a key: `s12` is the song's note 12, `a5` the added note with id 5.

export const STEPS_PER_BEAT = 4;

export function emptyPiece({ bars = 8, beats = 4, tempo = 120, name = "" } = {}) {
  return { song: null, removed: [], added: [], nextId: 0, bars, beats, tempo, chords: {}, found: [], name };
}

export function pieceOfSong(song, name) {
  return { ...emptyPiece({ bars: song.bars.length, tempo: Math.round(song.tempo), name }), song, found: song.chords };
}

const notesByPiece = new WeakMap();

/** All notes that sound, by start. */
export function notesOf(piece) {
  let notes = notesByPiece.get(piece);
  if (!notes) {
    const removed = new Set(piece.removed);
    const ofSong = (piece.song?.notes ?? [])
      .map(([pitch, start, duration, velocity, track], index) => ({ key: `s${index}`, pitch, start, duration, velocity, track, fresh: false }))
      .filter((_, index) => !removed.has(index));
    const added = piece.added.map((note) => ({ ...note, key: `a${note.id}` }));
    notes = [...ofSong, ...added].sort((a, b) => a.start - b.start || a.pitch - b.pitch);
    notesByPiece.set(piece, notes);
  }
  return notes;
}

const barsByPiece = new WeakMap();

/** The bars, `{ start, steps, beats }`. Bars are appended where notes are behind the last one. */
export function barsOf(piece) {
  let bars = barsByPiece.get(piece);
  if (!bars) {
    bars = piece.song ? [...piece.song.bars] : [];
    const last = bars.at(-1);
    const next = { steps: last?.steps ?? Math.round(piece.beats * STEPS_PER_BEAT), beats: last?.beats ?? piece.beats };
    const sound = Math.max(0, ...piece.added.map((note) => note.start + 1));
    for (let start = last ? last.start + last.steps : 0; bars.length < piece.bars || start < sound; start += next.steps) {
      bars.push({ start, ...next });
    }
    barsByPiece.set(piece, bars);
  }
  return bars;
}

/** Length in steps, whole bars. */
export function lengthOf(piece) {
  const last = barsOf(piece).at(-1);
  return last ? last.start + last.steps : 0;
}

/** The index of the bar in which a step is. */
export function barAt(piece, step) {
  const bars = barsOf(piece);
  let low = 0;
  let high = bars.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (bars[middle].start <= step) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Adds notes; returns the piece and the keys of the notes. */
export function addNotes(piece, notes) {
  let id = piece.nextId;
  const added = notes.map(({ pitch, start, duration, velocity, fresh = false }) => ({ id: id++, pitch, start, duration, velocity, fresh }));
  return [{ ...piece, added: [...piece.added, ...added], nextId: id }, added.map((note) => `a${note.id}`)];
}

export function removeNotes(piece, keys) {
  const gone = new Set(keys);
  const ofSong = [...gone].filter((key) => key.startsWith("s")).map((key) => Number(key.slice(1)));
  return {
    ...piece,
    removed: [...new Set([...piece.removed, ...ofSong])],
    added: piece.added.filter((note) => !gone.has(`a${note.id}`)),
  };
}

/** Puts changed notes in the place of those with the same keys; returns the piece and the new keys, in order. */
export function replaceNotes(piece, notes) {
  const [next, keys] = addNotes(removeNotes(piece, notes.map((note) => note.key)), notes);
  return [next, keys];
}

/** The piece with its new notes as given ones. */
export function settled(piece) {
  if (!piece.added.some((note) => note.fresh)) return piece;
  return { ...piece, added: piece.added.map((note) => (note.fresh ? { ...note, fresh: false } : note)) };
}

/** What the engine is told of a piece. */
export function stateOf(piece) {
  return {
    song: piece.song?.id ?? null,
    removed: piece.removed,
    added: piece.added.map(({ pitch, start, duration, velocity }) => [pitch, start, duration, velocity]),
    bars: piece.song ? piece.bars : barsOf(piece).length,
    beats: piece.beats,
    tempo: piece.tempo,
  };
}
