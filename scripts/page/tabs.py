"""Two tabs at once."""

from checks import check


@check("two tabs keep their own pieces, and a closed one is taken up again")
def two(visit):
    other = visit.tab()
    # A tab in the background draws no frames.
    visit.page.bring_to_front()
    visit.draw(4, 88, 4)
    other.page.bring_to_front()
    other.draw(8, 91, 2)
    first, second = visit.notes(), other.notes()
    assert first != second
    visit.page.wait_for_timeout(500)
    visit.reload()
    other.reload()
    assert visit.notes() == first and other.notes() == second, "a tab has the notes of another"
    visit.page.bring_to_front()
    visit.bars(2, 2)
    visit.page.fill("#wish-variants", "1")
    visit.write()
    assert other.page.evaluate("() => flocoder.app.batch.value") is None
    other.page.close()
    third = visit.tab()
    assert third.notes() == second, "the closed tab's piece was not taken up"
    other.nothing_went_wrong()
    third.nothing_went_wrong()
