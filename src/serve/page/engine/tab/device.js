// The commands of the program on the browser's WebGPU.

import { UNABLE } from "./unable.js";

/** Dispatches of a submission. */
const SUBMITTED = 128;
/** Bytes from one dispatch's `Params` to the next: the alignment of offsets into a uniform buffer. */
const SLICE = 256;
/** Most bind groups that are kept. */
const GROUPS = 16_384;

export class Device {
  #device;
  #sources;
  #kernels = new Map();
  #buffers = new Map();
  #uniforms;
  #uniformLayout;
  #uniformGroup;
  #params = new Uint8Array(SUBMITTED * SLICE);
  #encoder = null;
  #pass = null;
  #recorded = 0;
  #failure = null;

  /** `sources` are the kernels by name: `{ wgsl, writable, params }`. */
  static async open(gpu, sources) {
    const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
    if (!adapter) throw new Error(UNABLE);
    return new Device(await adapter.requestDevice(), adapter, sources);
  }

  constructor(device, adapter, sources) {
    this.#device = device;
    this.#sources = sources;
    const { vendor, architecture, description } = adapter.info ?? {};
    this.name = description || [vendor, architecture].filter(Boolean).join(" ") || "WebGPU";
    device.onuncapturederror = ({ error }) => (this.#failure ??= error.message);
    device.lost.then(({ message, reason }) => reason !== "destroyed" && (this.#failure ??= `The GPU was lost (${message}). Reload the page.`));
    this.#uniforms = device.createBuffer({ size: this.#params.length, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
    const buffer = { type: "uniform", hasDynamicOffset: true };
    this.#uniformLayout = device.createBindGroupLayout({ entries: [{ binding: 0, visibility: GPUShaderStage.COMPUTE, buffer }] });
    const resource = { buffer: this.#uniforms, size: SLICE };
    this.#uniformGroup = device.createBindGroup({ layout: this.#uniformLayout, entries: [{ binding: 0, resource }] });
  }

  /**
   * Does commands. `heard` has marked(done, all), which is called when a step is computed, and previewed(bytes), both optional. `marked`
   * throws to stop, after which buffers are still made and destroyed, since the program counts on it.
   */
  async run(commands, { marked, previewed } = {}) {
    await Promise.all(commands.filter(([name]) => name === "kernel").map(([, id, name]) => this.#compile(id, name)));
    let stopped = null;
    for (const [name, ...of] of commands) {
      if (name === "create" || name === "destroy") this.#keep(name, of);
      else if (stopped) continue;
      else if (name === "dispatch") this.#dispatch(of[0]);
      else if (name === "mark") stopped = await this.#finish().then(() => marked?.(...of)).catch((error) => error);
      else if (name === "preview") previewed?.(of[0]);
      else this.#move(name, of);
    }
    this.#submit();
    if (stopped) throw stopped;
    this.#check();
  }

  /** Values of a range. */
  async read(buffer, offset, bytes) {
    const size = Math.ceil(bytes / 4) * 4;
    const staging = this.#device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
    this.#outside().copyBufferToBuffer(this.#buffers.get(buffer), offset, staging, 0, size);
    this.#submit();
    await staging.mapAsync(GPUMapMode.READ);
    const values = new Uint8Array(staging.getMappedRange().slice(0, bytes));
    staging.destroy();
    this.#check();
    return values;
  }

  async #compile(id, name) {
    const source = this.#sources[name];
    if (!source) throw new Error(`The page has no kernel "${name}"; export it again.`);
    const device = this.#device;
    const entry = (writable, binding) => ({
      binding, visibility: GPUShaderStage.COMPUTE, buffer: { type: writable ? "storage" : "read-only-storage" },
    });
    const layout = device.createBindGroupLayout({ entries: source.writable.map(entry) });
    const layouts = source.params ? [layout, this.#uniformLayout] : [layout];
    const pipeline = await device.createComputePipelineAsync({
      label: name,
      layout: device.createPipelineLayout({ bindGroupLayouts: layouts }),
      compute: { module: device.createShaderModule({ code: source.wgsl, label: name }), entryPoint: "main" },
    });
    this.#kernels.set(id, { pipeline, layout, hasParams: source.params > 0, groups: new Map() });
  }

  #dispatch(words) {
    const kernel = this.#kernels.get(words[0]);
    const bindings = words.subarray(5, 5 + 3 * words[4]);
    const params = words.subarray(5 + bindings.length);
    this.#pass ??= this.#open().beginComputePass();
    this.#pass.setPipeline(kernel.pipeline);
    this.#pass.setBindGroup(0, this.#group(kernel, bindings));
    if (kernel.hasParams) {
      const slice = this.#recorded * SLICE;
      new Uint32Array(this.#params.buffer, slice, params.length).set(params);
      this.#pass.setBindGroup(1, this.#uniformGroup, [slice]);
    }
    this.#pass.dispatchWorkgroups(words[1], words[2], words[3]);
    this.#recorded += 1;
    if (this.#recorded === SUBMITTED) this.#submit();
  }

  #group(kernel, bindings) {
    const key = bindings.join();
    if (!kernel.groups.has(key)) {
      if (kernel.groups.size >= GROUPS) kernel.groups.clear();
      const entry = (_, binding) => {
        const [buffer, offset, size] = bindings.subarray(3 * binding);
        return { binding, resource: { buffer: this.#buffers.get(buffer), offset, size } };
      };
      const entries = Array.from({ length: bindings.length / 3 }, entry);
      kernel.groups.set(key, this.#device.createBindGroup({ layout: kernel.layout, entries }));
    }
    return kernel.groups.get(key);
  }

  #keep(name, [buffer, size]) {
    if (name === "create") {
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      this.#buffers.set(buffer, this.#device.createBuffer({ size, usage }));
      return;
    }
    this.#submit();
    this.#buffers.get(buffer).destroy();
    this.#buffers.delete(buffer);
    for (const { groups } of this.#kernels.values()) groups.clear();
  }

  #move(name, [buffer, ...of]) {
    if (name === "write") {
      // The write would overtake what is recorded.
      this.#submit();
      this.#device.queue.writeBuffer(this.#buffers.get(buffer), of[0], of[1]);
    } else if (name === "clear") {
      this.#outside().clearBuffer(this.#buffers.get(buffer), of[0], of[1]);
    } else if (name === "copy") {
      this.#outside().copyBufferToBuffer(this.#buffers.get(buffer), of[0], this.#buffers.get(of[1]), of[2], of[3]);
    }
  }

  #open() {
    return (this.#encoder ??= this.#device.createCommandEncoder());
  }

  /** The encoder, outside of a pass. */
  #outside() {
    this.#pass?.end();
    this.#pass = null;
    return this.#open();
  }

  #submit() {
    if (!this.#encoder) return;
    this.#outside();
    this.#device.queue.writeBuffer(this.#uniforms, 0, this.#params, 0, this.#recorded * SLICE);
    this.#device.queue.submit([this.#encoder.finish()]);
    this.#encoder = null;
    this.#recorded = 0;
  }

  async #finish() {
    this.#submit();
    await this.#device.queue.onSubmittedWorkDone();
    this.#check();
  }

  #check() {
    if (this.#failure) throw new Error(this.#failure);
  }
}
