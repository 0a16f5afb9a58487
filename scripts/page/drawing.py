"""Drawing, moving, stretching, erasing; undo and redo; the area."""

from checks import check


@check("the page opens with a piece, an area, and four bars or more in view")
def opens(visit):
    assert len(visit.notes()) > 60
    assert visit.region() is not None
    assert visit.page.title() == "Example in A minor – flocoder"
    assert visit.page.locator("#chords input").count() >= 4


@check("a note is drawn, moved, stretched and erased, and all that is undone and redone")
def draws(visit):
    before = visit.notes()
    visit.draw(18, 84, 4)
    drawn = (84, 18, 4, 84, False)
    assert drawn in visit.notes(), "the note was not drawn"
    visit.tool("select")
    visit.drag((20, 84), (22, 86))
    assert (86, 20, 4, 84, False) in visit.notes(), "the note was not moved"
    x, y = visit.at(23, 86)
    width = visit.page.evaluate("() => flocoder.roll.view.stepWidth")
    visit.page.mouse.move(x + width / 2 - 2, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x + width / 2 + 2 * width, y, steps=4)
    visit.page.mouse.up()
    assert (86, 20, 6, 84, False) in visit.notes(), "the note was not stretched"
    visit.tool("erase")
    visit.click(22, 86)
    assert visit.notes() == before, "the note was not erased"
    for _ in range(4):
        visit.page.click("#undo")
    assert visit.notes() == before
    assert visit.page.locator("#undo").is_disabled()
    for _ in range(3):
        visit.page.click("#redo")
    assert (86, 20, 6, 84, False) in visit.notes(), "redo did not bring the note back"


@check("notes are selected by a rectangle, moved together and deleted")
def selects(visit):
    visit.tool("select")
    visit.drag((0, 90), (15, 66))
    chosen = visit.page.evaluate("() => flocoder.app.selection.value.size")
    assert chosen >= 4, f"{chosen} notes selected"
    count = len(visit.notes())
    visit.page.keyboard.press("Delete")
    assert len(visit.notes()) == count - chosen
    visit.page.keyboard.press("Control+z")
    assert len(visit.notes()) == count


@check("an area is a rectangle, whole bars on the ruler, or a stroke of the brush")
def marks(visit):
    visit.tool("area")
    visit.drag((33, 62), (46, 72))
    [[low, high, start, end]] = visit.region()
    assert (low, high) == (62, 72) and start <= 33 and 47 <= end <= 48, visit.region()
    x, y = visit.at(66, 80)
    top = visit.page.locator("#overlay").bounding_box()["y"] + 10
    visit.page.mouse.move(x, top)
    visit.page.mouse.down()
    visit.page.mouse.move(visit.at(90, 80)[0], top, steps=4)
    visit.page.mouse.up()
    assert visit.region() == [[0, 127, 64, 96]], visit.region()
    assert visit.page.input_value("#bar-first") == "5" and visit.page.input_value("#bar-last") == "6"
    visit.tool("brush")
    visit.drag((20, 64), (30, 76))
    region = visit.region()
    assert len(region) > 1 and all(high - low < 20 for low, high, _, _ in region), "the brush painted a rectangle"
    visit.page.keyboard.press("Escape")
    assert visit.region() is None


@check("wheel and buttons scroll and zoom")
def zooms(visit):
    width = visit.page.evaluate("() => flocoder.roll.view.stepWidth")
    visit.page.mouse.move(*visit.at(40, 70))
    visit.page.keyboard.down("Control")
    visit.page.mouse.wheel(0, -300)
    visit.page.keyboard.up("Control")
    visit.page.wait_for_function(f"() => flocoder.roll.view.stepWidth > {1.5 * width} && !flocoder.roll.view.moving")
    visit.page.mouse.wheel(200, 0)
    visit.page.wait_for_function("() => flocoder.roll.view.left > 5")
    visit.page.click("#zoom-fit")
    visit.page.wait_for_function("() => flocoder.roll.view.left < 0.1 && !flocoder.roll.view.moving")
