// What the program asks its device to do, in order, until the device does it (`src/gpu/tab/page.rs`).

export class Commands {
  list = [];
  #memory = null;

  /** The program's memory, once it is there. */
  set memory(memory) {
    this.#memory = memory;
  }

  /** The functions that the program imports. */
  get imports() {
    const add = (name, ...numbers) => this.list.push([name, ...numbers.map((number) => number >>> 0)]);
    return {
      create: (...numbers) => add("create", ...numbers),
      destroy: (...numbers) => add("destroy", ...numbers),
      clear: (...numbers) => add("clear", ...numbers),
      copy: (...numbers) => add("copy", ...numbers),
      mark: (...numbers) => add("mark", ...numbers),
      write: (buffer, offset, at, bytes) => this.list.push(["write", buffer, offset, this.#bytes(at, bytes)]),
      preview: (at, bytes) => this.list.push(["preview", this.#bytes(at, bytes)]),
      kernel: (id, at, bytes) => this.list.push(["kernel", id, new TextDecoder().decode(this.#bytes(at, bytes))]),
      dispatch: (at, words) => this.list.push(["dispatch", new Uint32Array(this.#memory.buffer.slice(at, at + 4 * words))]),
    };
  }

  /** The commands so far, which are forgotten here. */
  take() {
    const { list } = this;
    this.list = [];
    return list;
  }

  /** A copy, since the memory changes and moves. */
  #bytes(at, bytes) {
    return new Uint8Array(this.#memory.buffer.slice(at, at + bytes));
  }
}
