"""A small model of the kind of the bundled one, trained in half a minute, so that a browser computes whole solutions with it."""

import shutil
import subprocess

from server import Server
from site_files import Site

CODEC = "vqvae.hidden=16 train.steps=300 train.checkpoint_every=300 train.validate_every=300"
FLOW = "flow.width=32 flow.layers=1 flow.dynamics=true flow.augs_per=1 train.batch=8 train.learning_rate=3e-3 train.steps=300 train.checkpoint_every=300 train.validate_every=300"


class Small:
    """Its server and its site, once they are needed."""

    def __init__(self, binary, artefacts, program):
        self.binary, self.folder = binary, artefacts / "small"
        self.program = program
        self.made = None

    def _make(self):
        if not self.made:
            checkpoint = self.train()
            server = Server(self.binary, None, None, self.folder, checkpoint)
            server.start()
            self.made = server, Site(self.binary, self.folder, self.program, checkpoint)
        return self.made

    @property
    def server(self):
        return self._make()[0]

    @property
    def site(self):
        return self._make()[1]

    def train(self):
        songs, codec, flow = (self.folder / name for name in ("songs", "codec", "flow"))
        checkpoint = flow / "flow.safetensors"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.run("data", "compose", songs, "--songs", "12")
        self.run("train-vqvae", "--config", "configs/demo_vqvae.yaml", "--data", songs, "--output", codec, *CODEC.split())
        self.run("train-flow", "--config", "configs/octave_fill.yaml", "--data", songs, "--output", flow,
                 "--codec", codec / "codec.safetensors", "--cache", self.folder / "cache", *FLOW.split())
        # As a site has its weights.
        rounded = self.folder / "small.safetensors"
        self.run("export", checkpoint, rounded, "--f16")
        return rounded

    def run(self, *arguments):
        subprocess.run([self.binary, *arguments, "-q"], check=True, stdout=subprocess.DEVNULL)

    def stop(self):
        if self.made:
            for part in self.made:
                part.stop()
