"""Runs the `bench` of a given PyTorch script for some of its networks and the bundled flow's transformer, with peak memory in the rows.

The script is imported unchanged. It must build its networks with `Unet(dim=..)` and `Codec(hidden=..)`, compile them with
`torch.compile`, time them with `median_seconds(step, sync, repeats)`, and print one JSON object per row. The transformer is that of
tests/golden/transformer.py, as large as in flocoder's bench.

    torch_bench.py SCRIPT [--device cuda] [--batch 64] [--repeats 10] [--tf32] [--amp] [--compile [MODE]] [--only dim16 ...]
"""

import argparse
import builtins
import gc
import importlib.util
import json
import math
import pathlib
import time

TRANSFORMER = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "transformer.py"

def load(path):
    spec = importlib.util.spec_from_file_location("peer", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Watch:
    """Tracks the network being timed, skips unselected ones, and measures the memory of the others."""

    def __init__(self, peer, only):
        self.peer, self.only, self.cuda = peer, only, peer.torch.cuda
        self.measure = peer.median_seconds
        self.selected, self.before, self.peak = True, 0, None
        for name, width in (("Unet", "dim"), ("Codec", "hidden")):
            setattr(peer, name, self.noting(getattr(peer, name), width))
        peer.median_seconds, peer.print = self.median_seconds, self.print

    def noting(self, network, width):
        def build(**settings):
            self.begin(f"{width}{settings[width]}")
            return network(**settings)

        return build

    def begin(self, name):
        """Selects the network that is built next, or not. What the previous one still holds must not be counted."""
        self.selected = not self.only or name in self.only
        gc.collect()
        self.before = self.cuda.memory_allocated() if self.cuda.is_initialized() else 0

    def median_seconds(self, step, sync, repeats):
        if not self.selected:
            return math.nan
        # The first steps try out algorithms, whose memory is not part of the peak, and a GPU's clock rises from idle over some tenths of a
        # second.
        begin, steps = time.monotonic(), 0
        while steps < 3 or (self.cuda.is_initialized() and time.monotonic() - begin < 1):
            step()
            sync()
            steps += 1
        if self.cuda.is_initialized():
            self.cuda.reset_peak_memory_stats()
        seconds = self.measure(step, sync, repeats)
        self.peak = self.cuda.max_memory_allocated() - self.before if self.cuda.is_initialized() else None
        return seconds

    def print(self, text, **_):
        row = json.loads(text)
        if math.isfinite(row["ms"]):
            builtins.print(json.dumps(row | {"peak_bytes": self.peak}), flush=True)


def transformer(peer, args):
    """Times a training step and 24 Euler steps of the bundled flow's network, batch 8."""
    torch, batch, steps = peer.torch, 8, 24
    cuda = args.device == "cuda"
    sync = torch.cuda.synchronize if cuda else lambda: None
    shape = dict(width=192, layers=4, rows=3, channels=16, picture=35, attributes=8, height=24, columns=8)
    net = load(TRANSFORMER).Transformer(**shape).to(args.device)
    grid = batch, shape["height"], shape["columns"]
    drawn = lambda *sizes: torch.randn(*sizes, device=args.device)
    x, target, picture = (drawn(*grid, channels) for channels in (16, 16, shape["picture"]))
    t, conditions = torch.rand(batch, device=args.device), (picture, drawn(batch, 2 * shape["attributes"]), drawn(batch, 2))
    optimizer = torch.optim.Adam(net.parameters(), 1e-4, fused=cuda)
    run = torch.compile(net) if args.compile else net
    autocast = lambda: torch.autocast(args.device, torch.float16 if cuda else torch.bfloat16, enabled=args.amp)

    def train_step():
        optimizer.zero_grad()
        with autocast():
            loss = torch.nn.functional.mse_loss(run(x, t, *conditions), target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()

    @torch.no_grad()
    def sample():
        y = torch.randn_like(x)
        with autocast():
            for i in range(steps):
                y = y + run(y, torch.full((batch,), i / steps, device=args.device), *conditions) / steps

    row = dict(torch=torch.__version__, tf32=args.tf32, amp=args.amp, compile=args.compile)
    for what, step in (("train step", train_step), (f"euler {steps} steps", sample)):
        seconds = peer.median_seconds(step, sync, args.repeats)
        peer.print(json.dumps(row | dict(what=f"transformer d192 l4 {what}", batch=batch, ms=1e3 * seconds, per_second=batch / seconds)))


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("script")
parser.add_argument("--device", default="cpu")
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--repeats", type=int, default=10)
for flag in ("--tf32", "--amp"):
    parser.add_argument(flag, action="store_true")
parser.add_argument("--compile", nargs="?", const="default", default="", metavar="MODE", help="a mode of torch.compile [default: default]")
parser.add_argument("--only", nargs="*", default=[], help="networks, such as dim16 hidden32 transformer [default: all]")
args = parser.parse_args()
peer = load(args.script)
compiled = peer.torch.compile
peer.torch.compile = lambda network, **_: compiled(network, mode=args.compile)
watch = Watch(peer, args.only)
if args.only != ["transformer"]:
    peer.bench(args)
if not args.only or "transformer" in args.only:
    watch.begin("transformer")
    transformer(peer, args)
