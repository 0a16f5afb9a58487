"""Reads the rows of scripts/gpu-report from stdin and prints the page, in Markdown: measurements and their targets."""

import json
import sys

# Peak rates of an NVIDIA H200, by its data sheet.
F32_TFLOPS, F16_TFLOPS, GBYTES_PER_S = 67.0, 990.0, 4800.0
# What is wanted: a share of the f32 peak, f16 TFLOPS, a share of the bandwidth.
F32_SHARE, F16_WANTED, BANDWIDTH_SHARE = 0.60, 150.0, 0.80
LARGEST, ELEMENTS = "matmul 4096x4096x4096", "20000000"
# Steps, and the PyTorch configurations that flocoder in f32 should be no slower than.
FASTER = ("unet dim16 16x16 train step", "unet dim16 16x16 euler 20 steps", "transformer d192 l4 train step", "transformer d192 l4 euler 24 steps")
OTHERS = ("unet dim64 32x32 train step", "codec hidden32 128x128 train step", "codec hidden256 128x128 train step")
EAGER, DEFAULT, COMPILED = "torch f32", "torch tf32", "torch compiled"
# torch graphs: compiled, and replayed as CUDA graphs.
WAYS = (EAGER, DEFAULT, "torch amp", COMPILED, "torch graphs", "torch amp compiled")


def table(head, rows):
    rows = [[str(cell) for cell in row] for row in rows]
    return [f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows)] if rows else []


def number(value, digits):
    """A number of a row; empty for the rate of a case that takes no time."""
    return "" if value is None else f"{value:.{digits}f}"


def of_peak(row):
    """The larger of the shares of an H200's peak arithmetic and bandwidth that a kernel reaches."""
    peak = F16_TFLOPS if row["body"] == "matrix" and row["precision"] == "f16" else F32_TFLOPS
    share = max((row["gflops"] or 0) / 1e3 / peak, (row["gbytes_per_s"] or 0) / GBYTES_PER_S)
    return f"{share:.0%}"


def met(good):
    return "yes" if good else "**no**"


class Report:
    def __init__(self, rows):
        self.rows = rows
        self.steps = {}
        for row in rows:
            if "what" in row and "batch" in row and "ms" in row:
                self.steps.setdefault(row["what"], {})[row["part"]] = row

    def of(self, part):
        return [row for row in self.rows if row["part"] == part]

    def starting(self, part):
        return [row for row in self.rows if row["part"].startswith(part)]

    def facts(self):
        facts = next(iter(self.of("facts")), {})
        yield from (f"* {name}: {facts[name]}" for name in ("date", "flocoder", "adapter", "processor", "cores", "torch") if name in facts)

    def targets(self):
        rows = []
        for precision, share in (("f32", F32_SHARE), ("f16", None)):
            for row in self.of(f"peak product {precision}"):
                if row.get("case") == LARGEST:
                    rate = row["gflops"] / 1e3
                    asked = share * F32_TFLOPS if share else F16_WANTED
                    measured = f"{rate:.1f} TFLOPS" + (f", {rate / F32_TFLOPS:.0%} of {F32_TFLOPS:.0f}" if share else "")
                    rows.append([f"product 4096^3, {precision}", measured, f">= {asked:.0f} TFLOPS", met(rate >= asked)])
        for row in self.of("peak elementwise f32"):
            if str(row.get("case", "")).startswith(ELEMENTS):
                share = row["gbytes_per_s"] / GBYTES_PER_S
                measured = f"{row['gbytes_per_s']:.0f} GB/s, {share:.0%} of {GBYTES_PER_S:.0f}"
                rows.append([f"{row['kernel']}, 20 million elements", measured, f">= {BANDWIDTH_SHARE:.0%}", met(share >= BANDWIDTH_SHARE)])
        for what in FASTER + OTHERS:
            ways = self.steps.get(what, {})
            for way in (EAGER, DEFAULT, COMPILED) if what in FASTER else (DEFAULT,):
                if "steps f32" in ways and way in ways:
                    ratio = ways["steps f32"]["ms"] / ways[way]["ms"]
                    limit = "< 1" if what in FASTER else "<= 1"
                    rows.append([f"{what}: time against {way}", f"{ratio:.2f}x", limit, met(ratio < 1 if what in FASTER else ratio <= 1)])
            theirs = ways.get(DEFAULT, {}).get("peak_bytes")
            if "steps f32" in ways and theirs:
                ratio = ways["steps f32"]["peak_bytes"] / theirs
                rows.append([f"{what}: memory against {DEFAULT}", f"{ratio:.2f}x", "<= 1", met(ratio <= 1)])
        yield from table(["what", "measured", "target on an H200", "met"], rows)

    def whole_steps(self):
        ours = [f"steps {precision}" for precision in ("f32", "f16")]
        columns = [way for way in (*ours, *WAYS) if any(way in ways for ways in self.steps.values())]
        head = ["step", "batch", *(way.replace("steps", "flocoder") for way in columns)]

        def lines(cell):
            for what, ways in self.steps.items():
                batch = next(iter(ways.values()))["batch"]
                yield [what, batch, *(cell(ways[way]) if way in ways else "" for way in columns)]

        yield "Milliseconds, median:\n"
        yield from table(head, lines(lambda row: f"{row['ms']:.2f}"))
        yield "\nPeak memory of tensors, MiB:\n"
        yield from table(head, lines(lambda row: f"{row['peak_bytes'] / 2**20:.0f}" if row.get("peak_bytes") else ""))
        yield "\nflocoder's times in milliseconds: until the device is done, CPU time to encode, submission, the first step.\n"
        costs = [(way, what, ways[way]) for way in ours for what, ways in self.steps.items() if way in ways]
        yield from table(
            ["step", "precision", "ms", "encode", "submit", "first", "dispatches", "submissions"],
            [
                [what, way.split()[1], f"{row['ms']:.2f}", f"{row['encode_ms']:.2f}", f"{row['submit_ms']:.2f}", f"{row['first_ms']:.0f}", row["dispatches"], row["submissions"]]
                for way, what, row in costs
            ],
        )

    def selftests(self):
        rows = [[row["part"], f"{row['passed']} of {row['of']}", row["on"]] for row in self.starting("selftest") if "passed" in row]
        yield from table(["self-test", "passed", "on"], rows)
        yield from (f"* {row['part']}: `{row['failed']}`" for row in self.starting("selftest") if "failed" in row)

    def kernels(self, *parts):
        rows = [row for part in parts for row in self.starting(part) if "kernel" in row]
        yield from table(
            ["part", "kernel", "case", "variant", "tile", "ms", "GFLOP/s", "GB/s", "of peak", "correct"],
            [
                [
                    *(row[name] for name in ("part", "kernel", "case", "body")),
                    row.get("tile") or "",
                    *(number(row[name], digits) for name, digits in (("ms", 4), ("gflops", 0), ("gbytes_per_s", 0))),
                    of_peak(row),
                    {True: "yes", False: "**no**", None: ""}[row["pass"]],
                ]
                for row in rows
            ],
        )

    def slowest(self):
        times = {}
        for row in self.of("slowest, by tile"):
            if "kernel" in row:
                times.setdefault((row["kernel"], row["case"]), {})[row["tile"]] = row["ms"]
        tiles = sorted({tile for of_case in times.values() for tile in of_case}, key=lambda tile: [-int(side) for side in tile.split("x")])
        rows = [[*case, *(number(of_case.get(tile), 3) for tile in tiles)] for case, of_case in times.items()]
        yield from table(["kernel", "case", *tiles], rows)

    def training(self):
        last = {row["what"]: row for row in self.starting("training") if "what" in row}
        yield from table(
            ["training", "batch", "steps", "ms per step", "windows per second", "seconds before"],
            [[what, row["batch"], row["steps"], row["ms_per_step"], row["windows_per_second"], row["seconds_before"]] for what, row in last.items()],
        )
        yield from (f"\n{row['songs']} songs read in {row['seconds']} s: {row['per_second']} per second." for row in self.of("reading") if "songs" in row)

    def texts(self, part):
        lines = [f"    {row['text']}" for row in self.of(part) if "text" in row]
        return lines

    def parts(self):
        yield from table(["part", "seconds", "exit status"], [[row["part"], row.get("seconds", ""), row["status"]] for row in self.rows if "status" in row])

    def page(self):
        sections = [
            ("Targets", self.targets()),
            ("Whole steps", self.whole_steps() if self.steps else ()),
            ("Correctness", self.selftests()),
            ("Products and large tensors", self.kernels("peak", "product")),
            ("The ten slowest products by tile, ms", self.slowest()),
            ("Training", self.training()),
            ("Parts", self.parts()),
            ("Every kernel", self.kernels("bench")),
            *((name, self.texts(name)) for name in ("adapter", "devices", "nvidia-smi", "vulkaninfo")),
        ]
        yield "# flocoder on a GPU\n"
        yield from self.facts()
        for title, lines in sections:
            lines = list(lines)
            if lines:
                yield f"\n## {title}\n"
                yield from lines


print("\n".join(Report([json.loads(line) for line in sys.stdin]).page()))
