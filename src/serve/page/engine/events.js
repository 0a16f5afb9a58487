// A stream of server-sent events that is opened again whenever it is lost.

const NAMES = ["queued", "progress", "preview", "result", "failed", "cancelled"];
/** Milliseconds before each further attempt. */
const PAUSES = [250, 500, 1000, 2000];

export function listen(address, { opened, lost, event }) {
  let failures = 0;
  const connect = () => {
    const source = new EventSource(address);
    source.onopen = () => {
      failures = 0;
      opened();
    };
    source.onerror = () => {
      source.close();
      lost();
      setTimeout(connect, PAUSES[Math.min(failures++, PAUSES.length - 1)]);
    };
    for (const name of NAMES) source.addEventListener(name, (message) => event(name, JSON.parse(message.data)));
    addEventListener("pagehide", () => source.close(), { once: true });
    addEventListener("pageshow", (shown) => shown.persisted && connect(), { once: true });
  };
  connect();
}
