// The files of the engine: compressed, with what is received so far.

/** The contents of a file that was compressed by zlib. `received` is called with bytes and their total, which may be 0. */
export async function inflated(address, received = () => {}) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} is missing on this server (${answer.status}).`);
  const total = Number(answer.headers.get("Content-Length") ?? 0);
  let bytes = 0;
  const counted = new TransformStream({
    transform(part, out) {
      bytes += part.length;
      received(bytes, total);
      out.enqueue(part);
    },
  });
  const stream = answer.body.pipeThrough(counted).pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
