"""Runs the `bench` of a given PyTorch script for some of its networks, and adds peak memory to its rows.

The script is imported unchanged. It must build its networks with `Unet(dim=..)` and `Codec(hidden=..)`, time them with
`median_seconds(step, sync, repeats)`, and print one JSON object per row.

    torch_bench.py SCRIPT [--device cuda] [--batch 64] [--repeats 10] [--tf32] [--amp] [--compile] [--only dim16 ...]
"""

import argparse
import builtins
import gc
import importlib.util
import json
import math
import time


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
            name = f"{width}{settings[width]}"
            self.selected = not self.only or name in self.only
            # The script may still hold the previous network, whose memory must not be counted.
            gc.collect()
            self.before = self.cuda.memory_allocated() if self.cuda.is_initialized() else 0
            return network(**settings)

        return build

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


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("script")
parser.add_argument("--device", default="cpu")
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--repeats", type=int, default=10)
for flag in ("--tf32", "--amp", "--compile"):
    parser.add_argument(flag, action="store_true")
parser.add_argument("--only", nargs="*", default=[], help="networks by their width, such as dim16 hidden32 [default: all]")
args = parser.parse_args()
peer = load(args.script)
Watch(peer, args.only)
peer.bench(args)
