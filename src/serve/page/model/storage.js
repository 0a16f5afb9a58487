// What survives a reload: a small database of the browser, with sessions and the bytes of songs.

const NAME = "flocoder";
const STORES = ["sessions", "songs"];

let opened = null;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => STORES.forEach((store) => request.result.createObjectStore(store));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function inStore(store, mode, work) {
  const request = work((await database()).transaction(store, mode).objectStore(store));
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export const read = (store, key) => inStore(store, "readonly", (objects) => objects.get(key));
export const readAll = (store) => inStore(store, "readonly", (objects) => objects.getAll());
export const write = (store, key, value) => inStore(store, "readwrite", (objects) => objects.put(value, key));
export const remove = (store, key) => inStore(store, "readwrite", (objects) => objects.delete(key));
