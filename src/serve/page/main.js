// Puts the page together: the engine, the state, and the parts that show and change it.

import { App } from "./app.js";
import { openEngine } from "./engine/engine.js";
import { openLink } from "./model/link.js";
import { lengthOf, notesOf, removeNotes, settled } from "./model/piece.js";
import { spanOf } from "./model/region.js";
import { Session } from "./model/session.js";
import { connectAreaLine } from "./panel/area-line.js";
import { Clipboard } from "./panel/clipboard.js";
import { Files } from "./panel/files.js";
import { connectHelp } from "./panel/help.js";
import { connectMessages } from "./panel/messages.js";
import { Runs } from "./panel/runs.js";
import { connectShare } from "./panel/share.js";
import { connectShortcuts } from "./panel/shortcuts.js";
import { connectHistory, connectTools } from "./panel/toolbar.js";
import { connectTransport, togglePlay } from "./panel/transport.js";
import { Tray } from "./panel/tray.js";
import { connectWishes } from "./panel/wishes.js";
import { connectActions, Writer } from "./panel/write.js";
import { ChordLine } from "./roll/chord-line.js";
import { Overview } from "./roll/overview.js";
import { Roll } from "./roll/roll.js";
import { Audition } from "./sound/audition.js";
import { Output } from "./sound/output.js";
import { Player } from "./sound/player.js";

const $ = (id) => document.getElementById(id);

const engine = await openEngine();
const app = new App(engine);
const session = new Session(app);
engine.songBytes = (id) => session.songBytes(id);
connectMessages(app, { toasts: $("toasts"), notice: $("notice"), live: $("live") });

addEventListener("hashchange", () => location.hash.startsWith("#piece=") && location.reload());
const linked = await openLink(app, (id, bytes) => session.keepSong(id, bytes));
const resumed = linked ? (await session.begin({ fresh: true }), true) : await session.begin();

const output = new Output(engine);
const player = new Player(output, source);
const audition = new Audition(app, player);
const writer = new Writer(app);
audition.hearing.watch((id) => id !== null && roll.view.reveal(audition.span[0]));

const roll = new Roll(app, player, { box: $("roll"), grid: $("grid"), overlay: $("overlay") });
app.touch = (pitch, velocity) => output.touch(pitch, velocity);
app.lit = (pitch) => roll.light(pitch);
app.seek = (step) => player.seek(Math.max(0, Math.min(step, lengthOf(app.shown) - 1)));
new ChordLine(app, roll, $("chords"));
new Overview(app, roll, $("overview"));

connectTools(app, roll, { tools: $("tools"), zoomIn: $("zoom-in"), zoomOut: $("zoom-out"), fit: $("zoom-fit"), spot: $("spot") });
connectHistory(app, { undo: $("undo"), redo: $("redo"), name: $("name") });
connectTransport(app, player, roll, audition, {
  play: $("play"), rewind: $("rewind"), loop: $("loop"), clock: $("clock"), tempo: $("tempo"), tempoValue: $("tempo-value"),
  volume: $("volume"), given: $("hear-given"), fresh: $("hear-fresh"), midi: $("midi"), midiLabel: $("midi-label"),
});
connectAreaLine(app, { first: $("bar-first"), last: $("bar-last"), pitches: $("area-pitches"), clear: $("area-clear") });
connectActions(app, writer, $("actions"), $("halt"));
connectWishes(app, { rows: $("rows"), tracks: $("tracks"), box: $("wishes") });
const tray = new Tray(app, audition, writer, {
  progress: $("progress"), text: $("progress-text"), hints: $("hints"), cards: $("cards"), kept: $("kept"), keptCards: $("kept-cards"), again: $("again"),
});
const files = new Files(app, roll, session, { open: $("open"), file: $("file"), save: $("save"), wav: $("save-wav"), png: $("save-png"), drop: $("drop") });
new Runs(app, audition, { button: $("runs"), dialog: $("runs-dialog") });
connectShare(app, session, $("copy-link"), $("link-dialog"));

const clipboard = new Clipboard(app, () => (app.cursor.value.seen ? app.cursor.value.step : player.now() ?? player.position.value));

const actions = {
  write: (task) => writer.write(task),
  take: (index) => tray.takeAt(index),
  hear: (index) => tray.hearAt(index),
  keep: (index) => tray.keepAt(index),
  play: () => togglePlay(app, player, audition),
  rewind: () => player.seek(0),
  loop: () => (app.loop.value = !app.loop.value),
  muteGiven: () => $("hear-given").click(),
  muteFresh: () => $("hear-fresh").click(),
  tool: (name) => (app.tool.value = name),
  zoom: (factor) => roll.zoom(factor),
  fit: () => roll.fit({ all: true }),
  undo: () => app.history.undo(),
  redo: () => app.history.redo(),
  selectAll: () => app.select(notesOf(app.piece.value).map((note) => note.key)),
  settle: () => app.edit(settled(app.piece.value)),
  copy: () => clipboard.copy(),
  cut: () => clipboard.cut(),
  paste: () => clipboard.paste(),
  remove: () => app.selection.value.size > 0 && app.edit(removeNotes(app.piece.value, app.selection.value), []),
  open: () => $("file").click(),
  save: () => files.save("mid"),
  help: () => $("help-dialog").showModal(),
  escape,
};
connectShortcuts(actions, () => app.singleKeys.value);
connectHelp(app, $("help-dialog"), actions, $("help"));
$("settle").addEventListener("click", actions.settle);
app.piece.watch((piece) => ($("settle").hidden = !piece.added.some((note) => note.fresh)), { now: true });
app.piece.watch((piece) => ($("empty").hidden = notesOf(piece).length > 0), { now: true });

engine.about().then((about) => (app.about.value = about)).catch(() => {});
engine.connected.watch((connected) => {
  if (connected && !app.about.value) engine.about().then((about) => (app.about.value = about)).catch(() => {});
});
output.strings.load(notesOf(app.piece.value).map((note) => note.pitch));
if (resumed) roll.fit({}, true);

/** What the player plays now. */
function source() {
  const piece = app.shown;
  const { given, fresh } = app.heard.value;
  const all = notesOf(piece);
  const notes = given && fresh ? all : all.filter((note) => (note.fresh ? fresh : given));
  const region = app.region.value;
  const length = lengthOf(piece);
  const loop = audition.span ?? (app.loop.value ? (region ? spanOf(region) : [0, length]) : null);
  return { notes, tempo: piece.tempo, loop, length };
}

function escape() {
  if (app.job.value) writer.halt();
  else if (audition.hearing.value) audition.stop();
  else if (app.selection.value.size > 0) app.select([]);
  else app.region.value = null;
}

/** For tests and for the curious. */
window.flocoder = { app, player, output, roll, session, notes: () => notesOf(app.piece.value) };
document.documentElement.dataset.ready = "yes";
