// The calls that a worker answers: messages `{ id, call, ... }`, answered by `{ id, done }` or `{ id, failed, status, cancelled }`.

/** What a call rejects with that was stopped on purpose. */
export class Stopped extends Error {
  constructor() {
    super("Stopped.");
  }
}

/** Answers with functions of what `opened` resolves to and of the message, and says when it is there: `{ ready }` or `{ broken }`. */
export function answer(opened, calls) {
  opened.then(() => postMessage({ ready: true }), (error) => postMessage({ broken: error.message }));
  addEventListener("message", async ({ data }) => {
    const { id, call } = data;
    if (call === "stop") return calls.stop(data);
    try {
      postMessage({ id, done: await calls[call](await opened, data) });
    } catch (error) {
      postMessage({ id, failed: error.message, status: error.status ?? 0, cancelled: error instanceof Stopped });
    }
  });
}
