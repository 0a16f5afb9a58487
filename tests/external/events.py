"""Reads a run's event files by TensorBoard itself, and compares them with the run's metrics.jsonl.

    python tests/external/events.py RUN      # needs tensorboard
"""

import json
import math
import struct
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

PNG = b"\x89PNG\r\n\x1a\n"


def main():
    folder = Path(sys.argv[1])
    events = EventAccumulator(str(folder / "events"), size_guidance={"scalars": 0, "images": 0, "histograms": 0, "tensors": 0})
    events.Reload()
    tags = events.Tags()
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    expected = {}
    for line in lines:
        for name, value in line.items():
            if name not in ("step", "phase") and value is not None:
                expected.setdefault(f"{line['phase']}/{name}", []).append((line["step"], value))
    for tag, points in expected.items():
        found = [(event.step, event.value) for event in events.Scalars(tag)]
        if [step for step, _ in found] != [step for step, _ in points]:
            sys.exit(f"{tag}: steps {found} instead of {points}")
        for (_, a), (_, b) in zip(found, points):
            if not math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-30):
                sys.exit(f"{tag}: {a} instead of {b}")
    for tag in tags["images"]:
        for image in events.Images(tag):
            data = image.encoded_image_string
            if not data.startswith(PNG) or struct.unpack(">II", data[16:24]) != (image.width, image.height):
                sys.exit(f"{tag}: no picture of {image.width} x {image.height}")
    for tag in tags["histograms"]:
        for event in events.Histograms(tag):
            histogram = event.histogram_value
            if not math.isclose(sum(histogram.bucket), histogram.num):
                sys.exit(f"{tag}: buckets of {sum(histogram.bucket)} in all, but {histogram.num} values")
    print(f"{folder.name}: {len(expected)} scalars in {len(lines)} lines, images {tags['images']}, histograms {tags['histograms']}")


main()
