// What a visitor is told whose browser cannot compute.

export const UNABLE =
  "This browser has no WebGPU, so it writes no music here; a current Chrome, Edge, Safari or Firefox does, and so does the program.";

/** The page about the program, which `flocoder export --web` writes. */
export const PROGRAM = { text: "How to get the program", address: "program.html" };
