// The program (`src/tab/program.rs`), compiled to WebAssembly, with its device.

import { Commands } from "./commands.js";

/** How a call ended. */
const DONE = 0;
const READING = 2;

/** A refusal, `{ error, status }`. */
export class Refusal extends Error {
  constructor({ error, status }) {
    super(error);
    this.status = status;
  }
}

export class Program {
  #commands = new Commands();
  #calls;
  #device;

  static async open(module, device) {
    const program = new Program();
    const { instance } = await WebAssembly.instantiate(module, { device: program.#commands.imports });
    program.#calls = instance.exports;
    program.#commands.memory = instance.exports.memory;
    program.#device = device;
    return program;
  }

  /** A call that needs no device. Returns bytes. */
  call(name, input = new Uint8Array()) {
    const [status, bytes] = this.#call(name, input);
    if (status !== DONE) throw new Refusal(parsed(bytes));
    return bytes;
  }

  /** A call that computes: whenever it needs values, they are computed, and it goes on with them. Returns bytes. */
  async compute(name, input, heard) {
    let [status, bytes] = this.#call(name, input);
    while (status === READING) {
      await this.#device.run(this.#commands.take(), heard);
      const wanted = new Uint32Array(bytes.buffer, 0, 3);
      [status, bytes] = this.#call("answer", await this.#device.read(...wanted));
    }
    await this.#device.run(this.#commands.take(), heard);
    if (status !== DONE) throw new Refusal(parsed(bytes));
    return bytes;
  }

  #call(name, input) {
    const calls = this.#calls;
    const at = calls.input(input.length);
    new Uint8Array(calls.memory.buffer, at, input.length).set(input);
    let status;
    try {
      status = calls[name]();
    } catch {
      throw new Error(`The program has failed, which is a bug: ${new TextDecoder().decode(this.#output())}`);
    }
    return [status, this.#output()];
  }

  #output() {
    const { memory, output, output_bytes: bytes } = this.#calls;
    const at = output();
    return new Uint8Array(memory.buffer.slice(at, at + bytes()));
  }
}

export function encoded(value) {
  return new TextEncoder().encode(JSON.stringify(value));
}

export function parsed(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes));
}
