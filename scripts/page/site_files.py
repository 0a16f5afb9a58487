"""The page that computes in the tab, on a file server without a special header."""

import functools
import http.server
import subprocess
import threading
from pathlib import Path

#: Where `scripts/build-tab` leaves the program for the tab.
FOLDER = Path("target/tab")


class Site:
    def __init__(self, binary, artefacts, program, checkpoint=None):
        self.binary, self.folder, self.program = binary, artefacts / "site", program
        self.checkpoint = ["--checkpoint", checkpoint] if checkpoint else []
        self.server = None

    @property
    def url(self):
        """Exports and serves it when it is first needed."""
        if not self.server:
            self.export()
            handler = functools.partial(Files, directory=self.folder)
            self.server = Server(("127.0.0.1", 0), handler)
            threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/"

    def export(self):
        program = self.program or subprocess.run(["scripts/build-tab", FOLDER], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        subprocess.run([self.binary, "export", "--web", self.folder, "--program", program, *self.checkpoint], check=True, stdout=subprocess.DEVNULL)

    def bytes(self):
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())

    def stop(self):
        if self.server:
            self.server.shutdown()


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """A tab that was closed while it was loading is no error."""


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass
