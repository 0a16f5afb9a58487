"""Load of `flocoder serve`: several clients at once, as pages behave. Standard library only."""

import argparse
import http.client
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

# Seconds that a job may take before it counts as lost.
PATIENCE = 240


def memory(process):
    """Resident memory of a process in MiB; None if the system does not tell."""
    try:
        text = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return None
    line = next(line for line in text.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


class Client(threading.Thread):
    """A page: it drops a song, asks for parts of it one after the other, exports, and sometimes cancels or reloads."""

    def __init__(self, number, address, songs, until):
        super().__init__(daemon=True)
        self.name = f"client-{number}"
        self.address, self.songs, self.until = address, songs, until
        self.random = random.Random(number)
        self.counts = {"result": 0, "cancelled": 0, "failed": 0, "busy": 0, "export": 0}
        self.faults = []

    def request(self, method, path, body=b""):
        connection = http.client.HTTPConnection(self.address, timeout=PATIENCE)
        connection.request(method, path, body, {"X-Flocoder": "1"})
        response = connection.getresponse()
        status, answer = response.status, response.read()
        connection.close()
        return status, answer

    def listen(self):
        self.stream = http.client.HTTPConnection(self.address, timeout=PATIENCE)
        self.stream.request("GET", f"/api/events?client={self.name}")
        self.events = self.stream.getresponse()
        assert self.events.status == 200, self.events.status
        while not self.events.readline().startswith(b": listening"):
            pass

    def outcome(self, job):
        """How a job ends."""
        name = None
        while True:
            line = self.events.readline()
            if not line:
                return "the stream has ended"
            if line.startswith(b"event: "):
                name = line[7:].strip().decode()
            elif line.startswith(b"data: ") and name in ("result", "cancelled", "failed"):
                if json.loads(line[6:])["job"] == job:
                    return name

    def work(self):
        status, answer = self.request("POST", "/api/songs", self.random.choice(self.songs))
        assert status == 200, (status, answer[:200])
        song = json.loads(answer)
        state = {"song": song["id"], "removed": [0, 1], "added": [[60, 32, 4, 80], [64, 36, 4, 80]]}
        first = self.random.randrange(len(song["bars"]) - 2)
        task = self.random.choice(["fill", "continue", "vary", "new"])
        body = {"state": state, "task": task, "area": {"bars": [first, first + 1]}, "bars": 4, "steps": 2,
                "seed": self.random.randrange(1 << 40), "variants": self.random.randint(1, 4)}
        status, answer = self.request("POST", f"/api/jobs?client={self.name}", json.dumps(body))
        if status == 429:
            self.counts["busy"] += 1
            time.sleep(0.2)
            return
        assert status == 202, (status, answer[:200])
        job = json.loads(answer)["job"]
        chance = self.random.random()
        if chance < 0.1:
            self.request("DELETE", f"/api/jobs/{job}")
        elif chance < 0.15:
            # A page that is reloaded, whose job is cancelled.
            self.stream.close()
            self.events.close()
            self.listen()
            return
        outcome = self.outcome(job)
        if outcome not in self.counts:
            raise AssertionError(f"job {job}: {outcome}")
        self.counts[outcome] += 1
        kind = self.random.choice(["mid", "png", "wav"]) if chance < 0.4 else "mid"
        status, answer = self.request("POST", f"/api/export?as={kind}", json.dumps({"state": state}))
        assert status in (200, 429), (status, answer[:200])
        self.counts["export" if status == 200 else "busy"] += 1

    def run(self):
        try:
            self.listen()
            while time.monotonic() < self.until:
                self.work()
            self.stream.close()
        except Exception as error:  # Whatever it is, it is reported.
            self.faults.append(f"{self.name}: {error!r}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=300)
    arguments = parser.parse_args()
    program = str(Path(arguments.program).resolve())
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "data", "compose", folder, "--songs", "40", "-q"], check=True, stdout=subprocess.DEVNULL)
        songs = [path.read_bytes() for path in sorted(Path(folder).rglob("*.mid"))]
    server = subprocess.Popen([program, "serve", "--port", "0", "-q"], stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().strip().removeprefix("http://").rstrip("/")
        # Pipelines, latents of silence and the cache of songs are there after some requests.
        warm = [Client(-1 - number, address, songs, time.monotonic() + 0.1 * arguments.seconds) for number in range(2)]
        run(warm)
        before = memory(server)
        until = time.monotonic() + arguments.seconds
        clients = [Client(number, address, songs, until) for number in range(arguments.clients)]
        middle = run(clients, lambda: memory(server))
        after = memory(server)
        alive = server.poll() is None
    finally:
        server.terminate()
        server.wait()
    faults = [fault for client in warm + clients for fault in client.faults]
    counts = {name: sum(client.counts[name] for client in clients) for name in clients[0].counts}
    print(f"{arguments.clients} clients, {arguments.seconds:.0f} s: " + ", ".join(f"{n} {name}" for name, n in counts.items()))
    if before is not None:
        fifth = max(1, len(middle) // 5)
        means = [sum(part) / len(part) for part in (middle[at : at + fifth] for at in range(0, 5 * fifth, fifth)) if part]
        print(f"memory: {before:.0f} MiB before, at most {max(middle):.0f} MiB, {after:.0f} MiB after")
        print("mean of each fifth of the time: " + ", ".join(f"{mean:.0f}" for mean in means) + " MiB")
    for fault in faults:
        print(f"fault: {fault}", file=sys.stderr)
    if faults or counts["failed"] or not alive:
        sys.exit("a job was lost, or the server has ended" if alive else "the server has ended")


def run(clients, watch=None):
    """Runs clients to their end. Returns what `watch` has returned each second."""
    for client in clients:
        client.start()
    seen = []
    while any(client.is_alive() for client in clients):
        time.sleep(1)
        if watch is not None:
            seen.append(watch())
    return seen


if __name__ == "__main__":
    main()
