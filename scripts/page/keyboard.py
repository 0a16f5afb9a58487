"""The page by keyboard alone, and what a screen reader is told."""

from checks import check


def tab_to(visit, selector, most=80):
    for _ in range(most):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector}")


@check("a note is drawn, an area marked, filled and a variant taken by keyboard alone")
def alone(visit):
    press = visit.page.keyboard.press
    tab_to(visit, "#overlay")
    assert "C 4, bar 1, beat 1" in visit.spoken(), visit.spoken()
    for _ in range(3):
        press("ArrowRight")
    press("Control+ArrowUp")
    press("Control+ArrowUp")
    assert "C 6, bar 1, beat 1, sixteenth 4: empty" in visit.spoken(), visit.spoken()
    press(".")
    press("Enter")
    assert (84, 3, 3, 84, False) in visit.notes()
    assert "given note, 3 sixteenths" in visit.spoken(), visit.spoken()
    press("Alt+ArrowUp")
    press("Alt+Shift+ArrowRight")
    assert (85, 3, 4, 84, False) in visit.notes()
    press("Delete")
    assert not any(note[0] == 85 for note in visit.notes())
    press("Control+ArrowRight")
    press("Control+ArrowRight")
    press("Shift+Control+ArrowRight")
    for _ in range(2):
        press("Shift+Control+ArrowDown")
    assert "Area: bars 3 to 4" in visit.spoken(), visit.spoken()
    region = visit.region()
    press("f")
    visit.variants()
    assert "variants are ready" in visit.spoken(), visit.spoken()
    tab_to(visit, "#cards .look")
    visit.page.wait_for_function("() => flocoder.app.tried.value !== null")
    press("Enter")
    fresh = [note for note in visit.notes() if note[4]]
    assert fresh and all(any(low <= note[0] <= high for low, high, _, _ in region) for note in fresh)
    press("2")
    press("Control+z")
    press("Control+z")
    assert not any(note[4] for note in visit.notes())


@check("shortcuts are listed under the question mark, and single keys can be turned off")
def shortcuts(visit):
    press = visit.page.keyboard.press
    press("?")
    assert visit.page.locator("#help-dialog").is_visible()
    assert visit.page.locator("#help-dialog kbd").count() > 25
    visit.page.uncheck("#help-dialog input[type=checkbox]")
    press("Escape")
    press("d")
    assert visit.page.evaluate("() => flocoder.app.tool.value") == "area"
    press("Space")
    visit.page.wait_for_function("() => flocoder.player.playing.value")
    press("Space")
    visit.page.wait_for_function("() => !flocoder.player.playing.value")


@check("all controls have names")
def names(visit):
    visit.bars(2, 2)
    visit.page.fill("#wish-variants", "2")
    visit.write()
    nameless = visit.page.evaluate("""() => [...document.querySelectorAll('button, input, select, canvas[tabindex], summary')]
        .filter((one) => one.offsetParent !== null)
        .filter((one) => !(one.ariaLabel || one.labels?.length || one.textContent.trim() || one.title))
        .map((one) => one.outerHTML)""")
    assert not nameless, nameless
