"""The server under test: a process that can be ended and started again at the same port."""

import socket
import subprocess


class Server:
    def __init__(self, binary, page, url, artefacts, checkpoint=None):
        self.binary, self.page, self.log = binary, page, artefacts / "server.txt"
        self.runs = artefacts / "runs"
        self.runs.mkdir(parents=True, exist_ok=True)
        self.given, self.checkpoint = url, checkpoint
        self.url = url
        self.process = None
        self.port = free_port()

    def start(self):
        if self.given:
            return
        command = [self.binary, "serve", "--port", str(self.port), "--runs", self.runs]
        command += ["--page", self.page] if self.page else []
        command += ["--checkpoint", self.checkpoint] if self.checkpoint else []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=open(self.log, "ab"), text=True)
        # The first line is the page's URL.
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http"), f"the server did not print its URL; see {self.log}"

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=20)
            self.process = None


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
