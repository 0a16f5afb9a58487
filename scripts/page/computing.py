"""The page without a server: its program computes in the tab, by WebGPU on software."""

import json
import time

import midi
from checks import check

#: Most bytes of the exported site.
MOST = 8_000_000
#: Steps of the solver with the bundled model: as many variants in the same kernels in a tenth of the time.
STEPS = 2
#: Longest task of the page's thread in milliseconds, with room for the driver on the same processor.
LONGEST = 50

EMPTY = {"song": None, "removed": [], "added": [], "bars": 8, "beats": 4, "tempo": 120}
TUNE = dict(EMPTY, added=[[60 + (0, 4, 7, 9, 12, 5, 2, 11)[(start // 4 + start // 32) % 8], start, 3, 90] for start in range(0, 128, 4)])
DUET = dict(TUNE, added=TUNE["added"] + [[36 + (0, 9, 5, 7)[start // 16 % 4], start, 16, 70] for start in range(0, 128, 16)])

#: Of them, those for the bundled model: new with chords, fill, accompany, vary.
OF_BUNDLED = (1, 7, 12, 18)
#: Requests of each kind.
REQUESTS = [
    dict(task="new", bars=8),
    dict(task="new", bars=8, variants=2, chords="Am F C G", guidance=2),
    dict(task="new", bars=4, key="Em", density=1.4, register=[48, 84]),
    dict(task="new", bars=8, velocity=50, guidance=1),
    dict(task="new", bars=8, state=dict(EMPTY, beats=3)),
    dict(task="new", bars=12),
    dict(task="fill", area={"bars": [2, 3], "cells": None}, state=DUET, variants=2),
    dict(task="fill", area={"bars": [2, 5], "cells": [[60, 90, 32, 96]]}, state=DUET),
    dict(task="fill", area={"bars": [4, 4], "cells": None}, state=DUET, chords="| Dm G7 |", density=0.6),
    dict(task="fill", area={"bars": [0, 7], "cells": [[50, 70, 0, 40], [64, 80, 60, 128]]}, state=TUNE, key="C"),
    dict(task="fill", area={"bars": [6, 9], "cells": None}, state=TUNE),
    dict(task="accompany", state=TUNE),
    dict(task="accompany", state=TUNE, chords="C Am F G", variants=3),
    dict(task="accompany", state=TUNE, area={"bars": [0, 3], "cells": None}, register=[36, 60]),
    dict(task="melody", state=dict(DUET, added=DUET["added"][32:])),
    dict(task="melody", state=dict(DUET, added=DUET["added"][32:]), register=[67, 91], chords="C"),
    dict(task="continue", bars=4, state=DUET),
    dict(task="continue", bars=2, state=TUNE, chords="F G", velocity=100),
    dict(task="vary", area={"bars": [0, 3], "cells": None}, state=DUET, strength=0.5),
    dict(task="vary", area={"bars": [0, 7], "cells": [[60, 90, 0, 128]]}, state=DUET, strength=0.8, guidance=2),
]


def asked(number, request, **more):
    return {"state": EMPTY, "seed": 100 + number, "variants": 1, **request, **more}


def write(page, request):
    """What the page's engine writes, and the number of previews before."""
    return page.evaluate("""async (request) => {
        let previews = 0;
        const answer = await flocoder.app.engine.write(request, { preview: () => (previews += 1) }).done;
        return [answer, previews];
    }""", request)


def loaded(visit):
    visit.page.wait_for_function("() => window.flocoder?.app.engine.connected.value", timeout=90_000)


@check("a page without a server opens with a piece, loads its model, writes, and stays responsive", site=True, scheme="dark")
def opens(visit):
    page = visit.page
    visit.load(f"?steps={STEPS}")
    assert visit.notes(), "the page opens without a piece"
    page.wait_for_function("() => flocoder.output.strings.loaded > 0")
    page.click("#play")
    page.wait_for_function("() => flocoder.player.now() > 4")
    page.click("#play")
    loaded(visit)
    assert page.locator("#notice").is_hidden()
    page.evaluate("""() => {
        window.tasks = [];
        new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
    }""")
    before = visit.notes()
    assert visit.write() == 4
    longest = max(page.evaluate("() => tasks"), default=0)
    visit.take(2)
    assert visit.notes() != before
    total = visit.visits.site.bytes()
    print(f"        {total / 1e6:.2f} MB; longest task {longest:.0f} ms")
    assert total < MOST, f"the site has {total} bytes"
    assert longest <= LONGEST, f"a task of the page took {longest} ms"


def equal(visit, requests, **place):
    """Compares what the tab writes for requests, `(number, request)`, with what the program writes. Returns the numbers of previews."""
    loaded(visit)
    native = visit.visits.open(**place)
    apart, times, previews, notes, different = [], [], [], 0, 0
    for number, request in requests:
        wanted, _ = write(native.page, request)
        start = time.monotonic()
        written, seen = write(visit.page, request)
        times.append(time.monotonic() - start)
        previews.append(seen)
        pairs = [[set(map(tuple, one["notes"])) for one in pair] for pair in zip(written["variants"], wanted["variants"], strict=True)]
        differences = [len(a ^ b) for a, b in pairs]
        notes, different = notes + sum(len(b) for _, b in pairs), different + sum(differences)
        if any(differences):
            apart.append(f"request {number}, {request['task']}: {differences} notes differ")
        else:
            del wanted["job"], written["job"]
            assert written == wanted, f"request {number}, {request['task']}: {str(written)[-300:]} and {str(wanted)[-300:]}"
    native.context.close()
    print(f"        {len(times)} requests in {sum(times):.0f} s, the slowest in {max(times):.0f} s; {different} of {notes} notes differ")
    assert not apart, "; ".join(apart)
    return previews


@check("with a small model the tab writes the same notes as the program, for twenty requests, and shows them while they emerge", site=True, small=True)
def equal_with_small(visit):
    requests = [(number, asked(number, request, previews=True)) for number, request in enumerate(REQUESTS)]
    previews = equal(visit, requests, small=True)
    assert min(previews) > 2, previews


@check("with the bundled model the tab writes the same notes as the program", site=True)
def equal_with_bundled(visit):
    equal(visit, [(number, asked(number, REQUESTS[number], steps=STEPS)) for number in OF_BUNDLED])


@check("the tab reads a song, and saves a piece as the program does", site=True)
def saves(visit):
    loaded(visit)
    native = visit.visits.open()
    song = list(midi.song(bars=16))
    answers = []
    for page in (visit.page, native.page):
        answers.append(page.evaluate("""async (bytes) => {
            const { engine } = flocoder.app;
            const song = await engine.openSong(new Uint8Array(bytes).buffer);
            engine.songBytes = async () => new Uint8Array(bytes).buffer;
            const state = { song: song.id, removed: [0, 5], added: [[70, 8, 4, 90]], bars: 8, beats: 4, tempo: 120 };
            const files = {};
            for (const as of ["mid", "png"]) files[as] = Array.from(new Uint8Array(await (await engine.export(state, as)).arrayBuffer()));
            const request = { state, task: "fill", area: { bars: [2, 3], cells: null }, seed: 1, variants: 1, steps: 1 };
            const { variants } = await engine.write(request).done;
            return { song, ...files, variants };
        }""", song))
    native.context.close()
    # Another deflate compresses the picture.
    assert all(bytes(answer.pop("png")[:4]) == b"\x89PNG" for answer in answers)
    for part in answers[0]:
        assert answers[0][part] == answers[1][part], f"{part}: {str(answers[0][part])[:400]} and {str(answers[1][part])[:400]}"


@check("writing in the tab is stopped within a step, and goes on with the next request", site=True)
def stops(visit):
    loaded(visit)
    long = asked(0, dict(task="new", bars=8, steps=100))
    message = visit.page.evaluate("""(request) => {
        const { engine } = flocoder.app;
        const writing = engine.write(request, { progress: ({ step }) => step === 1 && writing.cancel() });
        return writing.done.then(() => "done", (error) => `${error.message} ${error.cancelled}`);
    }""", long)
    assert message == "Stopped. true", message
    assert write(visit.page, asked(0, REQUESTS[0], steps=1))[0]["variants"][0]["notes"]


@check("a browser without WebGPU gets one sentence and a link to the program", site=True, script="Object.defineProperty(navigator, 'gpu', { value: undefined });")
def unable(visit):
    assert "no WebGPU" in visit.page.locator("#notice").text_content()
    visit.page.screenshot(path=visit.artefacts / "without-webgpu.png")
    visit.page.click("#notice a")
    visit.page.wait_for_selector("text=flocoder serve --open")
    visit.page.screenshot(path=visit.artefacts / "program.png", full_page=True)
    visit.page.click("text=Back to the page")
    visit.ready()
    visit.page.click("[data-task=new]")
    visit.said("no WebGPU")
    visit.page.click("#play")
    visit.page.wait_for_function("() => flocoder.output.strings.loaded > 0")
