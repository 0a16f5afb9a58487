// The thread that reads songs, writes files and renders sound: the program without its network.

import { answer } from "./answers.js";
import { inflated } from "./files.js";
import { Program, encoded, parsed } from "./program.js";

answer(inflated("program.z").then((module) => Program.open(module, null)), {
  song: (program, { bytes }) => parsed(program.call("song", bytes)),
  export: (program, { state, as }) => program.call("export", encoded({ state, as })),
  string: (program, { pitch }) => program.call("sound", encoded(pitch)),
});
