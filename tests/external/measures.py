"""Computes by published packages what tests/external.rs computed by flocoder, and compares.

    python tests/external/measures.py FOLDER      # needs mir_eval, muspy and scipy

FOLDER holds .mid files of eight bars and numbers.json, what flocoder says of them.
"""

import json
import sys
from pathlib import Path

import mir_eval
import muspy
import numpy
import scipy.linalg
import scipy.stats

# muspy asks its metrics for a music in ticks; at 480 to a quarter note a step is 120 of them.
TICKS, BAR = 480, 16
STEP_SECONDS = 0.125  # at 120 beats per minute, as the files are
WORST = {}


def check(what, ours, theirs, tolerance=1e-9):
    error = abs(ours - theirs)
    WORST[what] = max(WORST.get(what, 0.0), error)
    if not error <= tolerance:
        sys.exit(f"{what}: flocoder says {ours}, the package {theirs}")


def features(path, ours):
    music = muspy.read_midi(str(path))
    assert music.resolution == TICKS
    # muspy counts the beat in which a note ends as sounding, and one more beat where the last note ends on a border. Notes
    # that end a tick earlier are counted as flocoder counts them.
    shorter = music.deepcopy()
    for track in shorter.tracks:
        for note in track.notes:
            note.duration -= 1
    grid = music.deepcopy().adjust_resolution(4)
    # On the grid its groove compares steps; for that it takes notes by their onsets alone.
    onsets = grid.deepcopy()
    for track in onsets.tracks:
        for note in track.notes:
            note.duration = 0
    theirs = {
        "notes per bar": sum(len(track.notes) for track in music.tracks) / 8,
        "distinct pitches": muspy.n_pitches_used(music),
        "pitch classes": muspy.n_pitch_classes_used(music),
        "range": muspy.pitch_range(music),
        "polyphony": muspy.polyphony(grid),
        "polyphony rate": muspy.polyphony_rate(grid, threshold=2),
        "pitch-class entropy": muspy.pitch_class_entropy(music),
        "scale consistency": muspy.scale_consistency(music),
        "empty beats": muspy.empty_beat_rate(shorter),
        "groove consistency": muspy.groove_consistency(onsets, measure_resolution=BAR),
        "duration": numpy.mean([note.duration * 4 / TICKS for track in music.tracks for note in track.notes]),
    }
    for name, value in theirs.items():
        check(f"muspy: {name}", ours[name], value)


def notes(path):
    music = muspy.read_midi(str(path))
    listed = [note for track in music.tracks for note in track.notes]
    seconds = [[note.time / TICKS / 2, note.end / TICKS / 2] for note in listed]
    hertz = mir_eval.util.midi_to_hz(numpy.array([note.pitch for note in listed], float))
    return numpy.array(seconds).reshape(-1, 2), hertz


def frames(intervals, hertz):
    times = (numpy.arange(128) + 0.5) * STEP_SECONDS
    return times, [hertz[(intervals[:, 0] <= time) & (time < intervals[:, 1])] for time in times]


def scores(truth, estimate, ours):
    (a, a_hertz), (b, b_hertz) = notes(truth), notes(estimate)
    match = mir_eval.transcription.precision_recall_f1_overlap
    check("mir_eval: note F1", ours["note"], match(a, a_hertz, b, b_hertz, offset_ratio=None)[2])
    check("mir_eval: note F1, with offsets", ours["note_with_offset"], match(a, a_hertz, b, b_hertz)[2])
    precision, recall = mir_eval.multipitch.metrics(*frames(a, a_hertz), *frames(b, b_hertz))[:2]
    check("mir_eval: frame F1", ours["frame"], 2 * precision * recall / (precision + recall))


def overlap(a, b, ours):
    densities = [scipy.stats.gaussian_kde(values) for values in (a, b)]
    reach = 8 * max(numpy.std(a), numpy.std(b))
    grid = numpy.linspace(min(a + b) - reach, max(a + b) + reach, 20001)
    area = numpy.minimum(*[density(grid) for density in densities]).sum() * (grid[1] - grid[0])
    check("scipy: overlapped area", ours, area, 1e-3)


def frechet(a, b, ours):
    a, b = numpy.array(a), numpy.array(b)
    s, t = numpy.cov(a, rowvar=False), numpy.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm(s @ t).real
    theirs = ((a.mean(0) - b.mean(0)) ** 2).sum() + numpy.trace(s + t - 2 * root)
    check("scipy: Frechet distance", ours, theirs, 1e-6 * max(1, theirs))


def main():
    folder = Path(sys.argv[1])
    numbers = json.loads((folder / "numbers.json").read_text())
    for row in numbers["rolls"]:
        features(folder / row["file"], row["features"])
    for row in numbers["pairs"]:
        scores(folder / row["truth"], folder / row["estimate"], row["f1"])
    for row in numbers["overlaps"]:
        overlap(row["a"], row["b"], row["value"])
    for row in numbers["distances"]:
        frechet(row["a"], row["b"], row["value"])
    for what, error in WORST.items():
        print(f"{what:34} largest difference {error:.1e}")


main()
