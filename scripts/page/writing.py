"""Having music written: fill and the other tasks, variants, chords, cancelling."""

from checks import check


def inside(note, region):
    pitch, start = note[:2]
    return any(low <= pitch <= high and first <= start < end for low, high, first, end in region)


@check("fill leaves given notes where they are and writes inside the area; variants are taken, undone and redone")
def fills(visit):
    visit.tool("area")
    visit.drag((32, 64), (63, 84))
    region = visit.region()
    before = visit.notes()
    assert visit.write() == 4
    assert visit.notes() == before, "the piece changed before a variant was taken"
    visit.take(1)
    first = visit.notes()
    outside = [note for note in before if not inside(note, region)]
    assert [note for note in first if not note[4]] == [note for note in outside if not note[4]], "given notes changed"
    fresh = [note for note in first if note[4]]
    assert fresh and all(inside(note, region) for note in fresh), "new notes are outside of the area"
    visit.take(2)
    second = visit.notes()
    assert second != first and [note for note in second if not note[4]] == [note for note in first if not note[4]]
    assert visit.page.locator("#cards .card.taken").count() == 1
    visit.page.click("#undo")
    assert visit.notes() == first, "undo did not bring variant 1 back"
    visit.page.click("#undo")
    assert visit.notes() == before
    visit.page.click("#redo")
    visit.page.click("#redo")
    assert visit.notes() == second, "redo did not bring variant 2 back"
    visit.page.click("#settle")
    assert not any(note[4] for note in visit.notes()) and len(visit.notes()) == len(second)
    assert visit.page.locator("#settle").is_hidden()


@check("a locked seed gives the same variants, another seed others; kept variants stay")
def seeds(visit):
    visit.bars(3, 3)
    visit.page.fill("#wish-variants", "2")
    visit.page.fill("#wish-seed", "7")
    visit.page.press("#wish-seed", "Enter")
    assert visit.write() == 2

    def variants():
        return visit.page.evaluate("() => flocoder.app.batch.value.variants.map((variant) => variant.notes)")

    first = variants()
    visit.page.click("#cards .card:nth-child(1) [aria-label^=Keep]")
    assert visit.page.locator("#kept-cards .card").count() == 1
    visit.write()
    assert variants() == first, "the same seed wrote other notes"
    visit.page.click("[aria-label='Keep this seed']")
    visit.write()
    assert variants() != first, "another seed wrote the same notes"
    assert visit.page.locator("#kept-cards .card").count() == 1, "the kept variant is gone"
    visit.take(2)
    visit.page.click("#kept-cards [aria-label^=Take]")
    fresh = [note for note in visit.notes() if note[4]]
    assert len(fresh) == len(first[0]), "the kept variant is not alone in its area"


@check("chords above the bars are asked for, and undone")
def chords(visit):
    field = visit.page.locator("#chords input[data-bar='2']")
    field.fill("Dm G7")
    field.press("Enter")
    visit.page.locator("#chords input[data-bar='3']").press("Escape")
    visit.bars(3, 3)
    visit.page.fill("#wish-variants", "1")
    with visit.page.expect_request("**/api/jobs*") as asked:
        visit.write()
    assert asked.value.post_data_json["chords"] == "| Dm G7 |"
    field.fill("H9!")
    field.press("Enter")
    visit.said("is not a chord")
    field.press("Escape")
    visit.page.locator("#undo").click()
    visit.page.wait_for_function("() => document.querySelector('#chords input[data-bar=\"2\"]').value === ''")


@check("continue adds bars, accompany and vary leave the rest, new replaces the piece")
def tasks(visit):
    before = visit.notes()
    visit.page.fill("#wish-variants", "1")
    visit.page.fill("#wish-bars", "2")
    visit.page.press("#wish-bars", "Enter")
    assert visit.write("continue") == 1
    visit.take(1)
    fresh = [note for note in visit.notes() if note[4]]
    assert fresh and min(note[1] for note in fresh) >= 128, "continued before the end"
    assert [note for note in visit.notes() if not note[4]] == before
    visit.page.click("#undo")
    visit.bars(1, 2)
    assert visit.write("vary") == 1
    visit.take(1)
    assert all(note[1] < 32 for note in visit.notes() if note[4])
    visit.page.click("#undo")
    visit.tool("select")
    visit.drag((0, 90), (31, 68))
    assert visit.write("accompany") == 1
    visit.take(1)
    kept = [note for note in before if note[1] < 32 and note[0] >= 68]
    assert all(note in visit.notes() for note in kept), "the selected melody did not stay"
    visit.page.click("#undo")
    assert visit.notes() == before
    visit.page.select_option("[aria-label^='Time signature']", "3")
    assert visit.write("new") == 1
    visit.take(1)
    assert visit.page.evaluate("() => flocoder.roll.view.length") == 24, "two bars of 3/4"
    assert all(note[4] for note in visit.notes())
    visit.page.click("#undo")
    assert visit.notes() == before


@check("stop cancels what is being written")
def cancels(visit):
    visit.bars(1, 8)
    visit.page.fill("#wish-variants", "8")
    visit.page.press("#wish-variants", "Enter")
    visit.page.click("[data-task=fill]")
    visit.page.wait_for_selector("#halt:visible")
    visit.page.click("#halt")
    visit.said("Stopped")
    assert visit.page.locator("#halt").is_hidden()
    assert visit.page.locator("#cards .card").count() == 0
    visit.bars(2, 2)
    visit.page.fill("#wish-variants", "1")
    assert visit.write() == 1, "nothing can be written after a cancelled task"


@check("without an area or notes there is a sentence")
def hints(visit):
    visit.page.keyboard.press("Escape")
    visit.page.keyboard.press("f")
    visit.said("Mark the area first")
    visit.page.keyboard.press("Control+a")
    visit.page.keyboard.press("Delete")
    visit.page.keyboard.press("c")
    visit.said("no notes yet")


WATCH = """() => {
    window.seen = { previews: 0, most: 0, spoken: 0 };
    flocoder.app.job.watch((job, before) => {
        if (job?.previews && job.previews !== before?.previews) seen.previews += 1;
        seen.most = Math.max(seen.most, document.querySelectorAll('#cards .card.emerging').length);
    });
    new MutationObserver(() => (seen.spoken += 1)).observe(document.getElementById('live'), { childList: true, characterData: true, subtree: true });
}"""


def watched_fill(visit):
    """What was seen while four variants were written with a seed, and their notes."""
    visit.page.evaluate(WATCH)
    visit.page.fill("#wish-seed", "7")
    visit.page.press("#wish-seed", "Enter")
    visit.bars(3, 4)
    visit.page.click("[data-task=fill]")
    assert visit.variants() == 4
    return visit.page.evaluate("() => [seen, flocoder.app.batch.value.variants.map((variant) => variant.notes)]")


@check("the music is seen while it emerges, unless the user wants no motion; it is the same music")
def emerges(visit):
    seen, variants = watched_fill(visit)
    assert seen["previews"] > 0 and seen["most"] == 4, seen
    still = visit.visits.open(reduced_motion="reduce")
    none, same = watched_fill(still)
    still.nothing_went_wrong()
    still.context.close()
    assert none["previews"] == 0 and same == variants, none
    # The beginning, the end, and what marking the bars says.
    assert seen["spoken"] <= none["spoken"], "previews are spoken"
