"""Reads the rows of scripts/compare-peers from stdin and prints medians, ratios and targets."""

import json
import statistics
import sys

# Targets against each peer: the minimum rate relative to the Rust peer, the maximum time relative to PyTorch.
LEAST = {"matmul 512x512x512": 2.0, "conv": 5.0}
MOST = {"unet dim16 16x16 train step": 1.5, "unet dim16 16x16 euler 20 steps": 2.0, "codec hidden32 128x128 train step": 6.0}
# Maximum seconds of a first step, by the end of its name, and the minimum songs per second.
SECONDS = {", uncached": 60.0, ", cached": 5.0}
SONGS_PER_SECOND = 1000.0


def target_rate(case):
    """The minimum rate as a multiple of the Rust peer's; convolutions have a target for both passes together."""
    if case.startswith("conv"):
        return LEAST["conv"] if case.endswith("forward+backward") else None
    return LEAST.get(case)


def by_name(rows):
    """Rows grouped by program, name and batch, in order of first occurrence."""
    table = {}
    for row in rows:
        name = row.get("case") or row.get("what")
        table.setdefault((row["who"], name, row.get("batch")), []).append(row)
    return table


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def span(ours, theirs, our_key):
    """Smallest and largest ratio of our time to theirs within a round."""
    other = {row["round"]: row["ms"] for row in theirs}
    ratios = [row[our_key] / other[row["round"]] for row in ours if row["round"] in other]
    return (min(ratios), max(ratios)) if ratios else (float("nan"),) * 2


def verdict(good):
    return "met" if good else "NOT MET"


def products(table):
    yield f"{'against the Rust peer':<44} {'peer ms':>9} {'ours ms':>9} {'GFLOP/s':>8} {'ratio':>7} {'rounds':>12}  target"
    for (who, case, batch), theirs in table.items():
        ours = table.get(("ours", case, batch))
        if who != "burn" or not ours:
            continue
        them, us = median(theirs, "ms"), median(ours, "best_wall_ms")
        rate = median(ours, "gflops") * median(ours, "ms") / us
        low, high = span(ours, theirs, "best_wall_ms")
        target = target_rate(case)
        asked = f">= {target:.1f}  {verdict(them / us >= target)}" if target else "-"
        rounds = f"{1 / high:.1f}..{1 / low:.1f}"
        yield f"{case:<44} {them:>9.2f} {us:>9.2f} {rate:>8.1f} {them / us:>6.2f}x {rounds:>12}  {asked}"


def steps(table):
    yield f"{'against PyTorch':<38} {'batch':>5} {'peer ms':>9} {'ours ms':>9} {'ratio':>7} {'rounds':>12}  target"
    for (who, what, batch), theirs in table.items():
        ours = table.get(("ours", what, batch))
        if who != "torch" or not ours:
            continue
        them, us = median(theirs, "ms"), median(ours, "ms")
        low, high = span(ours, theirs, "ms")
        target = MOST.get(what)
        asked = f"<= {target:.1f}  {verdict(us / them <= target)}" if target else "-"
        yield f"{what:<38} {batch:>5} {them:>9.1f} {us:>9.1f} {us / them:>6.2f}x {low:>5.2f}..{high:<5.2f}  {asked}"


def alone(table):
    yield f"{'flocoder alone':<44} {'median':>9}  target"
    for (who, what, _), rows in table.items():
        limit = next((limit for end, limit in SECONDS.items() if (what or "").endswith(end)), None)
        if who == "ours" and limit:
            seconds = median(rows, "seconds")
            yield f"{what:<44} {seconds:>7.1f} s  <= {limit:.0f} s  {verdict(seconds <= limit)}"
    if reading := table.get(("ours", "reading songs", None)):
        rate, name = median(reading, "per_second"), f"reading {reading[0]['songs']} songs to rolls, songs per second"
        yield f"{name:<44} {rate:>9.0f}  >= {SONGS_PER_SECOND:.0f}  {verdict(rate >= SONGS_PER_SECOND)}"


def unmatched(table):
    """Our rows without a peer."""
    peers = {(what, batch) for who, what, batch in table if who != "ours"}
    for (who, what, batch), rows in table.items():
        if who == "ours" and "ms" in rows[0] and (what, batch) not in peers:
            yield f"{what:<44} {median(rows, 'best_wall_ms' if 'best_wall_ms' in rows[0] else 'ms'):>7.2f} ms"


def facts(rows):
    found = next((row for row in rows if row.get("what") == "facts"), {})
    peers = sorted({row["peer"] for row in rows if "peer" in row})
    torch = sorted({f"PyTorch {row['torch']} on {row['device']}" for row in rows if "torch" in row})
    rounds = max((row["round"] for row in rows), default=0)
    for name in ("date", "processor", "cores", "adapter", "flocoder"):
        yield f"{name}: {found.get(name)}"
    yield f"peers: {', '.join(peers + torch) or 'none'}"
    yield f"rounds: {rounds}; medians; 'rounds' is the smallest and the largest ratio within one"


rows = [json.loads(line) for line in sys.stdin]
table = by_name(rows)
for part in (facts(rows), products(table), steps(table), alone(table), unmatched(table)):
    lines = list(part)
    if len(lines) > 1 or part.__name__ == "unmatched":
        print("\n".join(lines), end="\n\n" if lines else "")
