// The thread that writes music: the network on the GPU.

import { answer, Stopped } from "./answers.js";
import { Device } from "./device.js";
import { inflated } from "./files.js";
import { Program, encoded, parsed } from "./program.js";

async function open() {
  const loading = (bytes, total) => postMessage({ loading: { bytes, total } });
  const [kernels, module, weights] = await Promise.all([
    inflated("kernels.z"), inflated("program.z"), inflated("weights.z", loading),
  ]);
  const device = await Device.open(navigator.gpu, parsed(kernels));
  const program = await Program.open(module, device);
  await program.compute("open", weights);
  return { program, device };
}

/** Numbers of requests that are to be stopped. */
const stopped = new Set();
const proceed = (id) => {
  if (stopped.delete(id)) throw new Stopped();
};

/** The request that is being written, after which the next one is. */
let writing = Promise.resolve();

answer(open(), {
  about: ({ program, device }) => ({ ...parsed(program.call("about")), adapter: device.name }),
  song: ({ program }, { bytes }) => parsed(program.call("song", bytes)),
  write: ({ program }, { id, request }) => {
    const heard = {
      marked: (step, steps) => {
        proceed(id);
        postMessage({ id, progress: { step, steps } });
      },
      previewed: (bytes) => postMessage({ id, preview: parsed(bytes) }),
    };
    const written = writing.then(async () => {
      proceed(id);
      return parsed(await program.compute("write", encoded(request), heard));
    });
    writing = written.catch(() => {});
    return written;
  },
  stop: ({ of }) => stopped.add(of),
});
