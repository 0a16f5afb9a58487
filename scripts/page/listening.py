"""Sound: the graph runs and is not silent."""

from checks import check

LOUDEST = """async () => {
    const { analyser } = flocoder.output, data = new Float32Array(analyser.fftSize);
    let loudest = 0;
    for (let turn = 0; turn < 40; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 25));
        analyser.getFloatTimeDomainData(data);
        for (const value of data) loudest = Math.max(loudest, Math.abs(value));
    }
    return loudest;
}"""


@check("play is heard, with the program's strings, and the playhead moves")
def plays(visit):
    visit.page.click("#play")
    visit.page.wait_for_function("() => flocoder.player.struck > 3")
    loudest = visit.page.evaluate(LOUDEST)
    assert 0.02 < loudest < 1.01, f"the loudest sample is {loudest}"
    assert visit.page.evaluate("() => flocoder.output.strings.loaded") > 3
    assert visit.page.evaluate("() => flocoder.player.now()") > 1
    visit.page.click("#play")
    assert visit.page.evaluate("() => flocoder.player.playing.value") is False
    visit.page.wait_for_timeout(900)
    quiet = visit.page.evaluate(LOUDEST)
    assert quiet < 0.02, f"after stop the loudest sample is {quiet}"


@check("without a loop the piece ends, and the playhead is at the start again")
def ends(visit):
    visit.page.evaluate("() => flocoder.app.seek(122)")
    visit.page.keyboard.press("Space")
    visit.page.wait_for_function("() => flocoder.player.playing.value")
    visit.page.wait_for_function("() => !flocoder.player.playing.value", timeout=5_000)
    assert visit.page.locator("#clock").text_content() == "1.1"


@check("the loop stays in the area, on the beat")
def loops(visit):
    visit.bars(2, 2)
    visit.page.click("#loop")
    visit.page.evaluate("""() => {
        const { output } = flocoder, strike = output.strike.bind(output);
        flocoder.struck = [];
        output.strike = (note, when, seconds) => (flocoder.struck.push([note.pitch, note.start, when]), strike(note, when, seconds));
        flocoder.app.edit({ ...flocoder.app.piece.value, tempo: 220 });
    }""")
    visit.page.evaluate("() => flocoder.app.seek(16)")
    visit.page.click("#play")
    visit.page.wait_for_function("() => flocoder.struck.length > 24", timeout=15_000)
    struck = visit.page.evaluate("() => flocoder.struck")
    assert all(16 <= start < 32 for _, start, _ in struck), "notes outside of the area were played"
    bass = [when for pitch, start, when in struck if (pitch, start) == (41, 16)]
    gaps = [later - earlier for earlier, later in zip(bass, bass[1:])]
    lap = 16 * 60 / 220 / 4
    assert gaps and all(abs(gap - lap) < 1e-4 for gap in gaps), f"laps of {gaps}, not {lap} seconds"


@check("pointing at a variant is heard and seen, leaving it ends that")
def auditions(visit):
    visit.bars(3, 3)
    visit.page.fill("#wish-variants", "2")
    visit.write()
    before = visit.notes()
    visit.page.hover("#cards .card:nth-child(2) .look")
    visit.page.wait_for_function("() => flocoder.app.tried.value !== null && flocoder.player.struck > 0")
    assert visit.page.evaluate(LOUDEST) > 0.02
    assert visit.page.locator("#cards .card.heard").count() == 1
    visit.page.mouse.move(5, 5)
    visit.page.wait_for_function("() => flocoder.app.tried.value === null && !flocoder.player.playing.value")
    assert visit.notes() == before


@check("given notes are muted")
def mutes(visit):
    visit.page.click("#hear-given")
    visit.page.click("#play")
    visit.page.wait_for_timeout(600)
    assert visit.page.evaluate("() => flocoder.player.struck") == 0
    assert visit.page.evaluate(LOUDEST) < 0.001
