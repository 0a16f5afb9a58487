"""The server goes away and comes back."""

import midi
from checks import check
from files import drop_song


@check("losing the server gives a sentence, and it is found again with the song")
def loses(visit):
    drop_song(visit)
    visit.expects_errors = True
    notice = visit.page.locator("#notice")
    assert notice.is_hidden()
    if visit.server.given:
        return
    visit.server.stop()
    notice.wait_for(state="visible")
    assert "does not answer" in notice.text_content()
    visit.draw(2, 90, 4)
    visit.page.keyboard.press("f")
    visit.bars(2, 2)
    visit.page.click("[data-task=fill]")
    visit.said("does not answer")
    visit.server.start()
    notice.wait_for(state="hidden")
    visit.page.fill("#wish-variants", "1")
    assert visit.write() == 1, "the song was not given to the new server"
    with visit.page.expect_download() as download:
        visit.page.click("#save")
    assert len(midi.notes_of(open(download.value.path(), "rb").read())) == 90 * 7 + 1
