"""Songs in, files and links out, and what a reload finds."""

import midi
from checks import check

DROP = """async ([bytes, name]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], name, { type: 'audio/midi' }));
    const box = document.getElementById('roll');
    for (const kind of ['dragenter', 'dragover', 'drop']) box.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


def drop(visit, data, name="song.mid"):
    visit.page.evaluate(DROP, [list(data), name])


def drop_song(visit):
    drop(visit, midi.song())
    visit.page.wait_for_function("() => flocoder.app.piece.value.song !== null")


@check("a song of three minutes is dropped, a part is filled, and the .mid keeps all the rest")
def drops(visit):
    drop_song(visit)
    count = len(visit.notes())
    assert count == 90 * 7, f"{count} notes"
    visit.bars(41, 42)
    visit.page.fill("#wish-variants", "2")
    visit.write()
    visit.take(2)
    fresh = [note for note in visit.notes() if note[4]]
    assert fresh and all(40 * 16 <= note[1] < 42 * 16 for note in fresh)
    with visit.page.expect_download() as download:
        visit.page.click("#save")
    assert download.value.suggested_filename == "song.mid"
    saved = midi.notes_of(open(download.value.path(), "rb").read())
    given = [note for note in midi.notes_of(midi.song()) if not 160 <= note[1] < 168]
    assert all(note in saved for note in given), "notes of the song changed"
    assert len(saved) == len(given) + len(fresh), f"{len(saved)} notes, not {len(given)} and {len(fresh)}"


@check("a reload finds the song, the area, the variants and the history")
def reloads(visit):
    drop_song(visit)
    visit.bars(10, 10)
    visit.page.fill("#wish-variants", "2")
    visit.page.press("#wish-variants", "Enter")
    visit.write()
    visit.take(1)
    notes, region = visit.notes(), visit.region()
    visit.page.wait_for_timeout(500)
    visit.reload()
    assert visit.notes() == notes and visit.region() == region
    assert visit.page.locator("#cards .card").count() == 2
    visit.take(2)
    assert visit.notes() != notes
    visit.page.click("#undo")
    visit.page.click("#undo")
    assert len(visit.notes()) == 90 * 7 and not any(note[4] for note in visit.notes())
    visit.page.click("#undo")
    assert visit.page.evaluate("() => flocoder.app.piece.value.song") is None


@check("a link holds the whole piece, the song too", permissions=["clipboard-read", "clipboard-write"])
def links(visit):
    drop_song(visit)
    visit.draw(2, 90, 4)
    visit.bars(2, 3)
    notes, region = visit.notes(), visit.region()
    visit.page.click("#copy-link")
    visit.said("The link is copied")
    link = visit.page.evaluate("() => navigator.clipboard.readText()")
    assert len(link) < 100_000
    other = visit.visits.open()
    try:
        other.page.goto("about:blank")
        other.page.goto(link)
        other.ready()
        assert other.notes() == notes and other.region() == region
        assert "#" not in other.page.url
        other.nothing_went_wrong()
    finally:
        other.context.close()
    # In a tab that has a piece already.
    visit.page.keyboard.press("Control+a")
    visit.page.keyboard.press("Delete")
    visit.page.wait_for_timeout(500)
    visit.page.evaluate("(link) => void (location.href = link)", link)
    visit.page.wait_for_function("(count) => window.flocoder && flocoder.notes().length === count", arg=len(notes))
    assert visit.notes() == notes


@check("the piece is saved as sound and as a picture, and is ready to be dragged out")
def saves(visit):
    for button, start in (("#save-wav", b"RIFF"), ("#save-png", b"\x89PNG")):
        with visit.page.expect_download() as download:
            visit.page.click(button)
        assert open(download.value.path(), "rb").read(4) == start
    visit.page.hover("#save")
    visit.page.wait_for_timeout(800)
    offered = visit.page.evaluate("""() => {
        const dataTransfer = new DataTransfer();
        document.getElementById('save').dispatchEvent(new DragEvent('dragstart', { dataTransfer, bubbles: true, cancelable: true }));
        return dataTransfer.getData('DownloadURL');
    }""")
    assert offered.startswith("audio/midi:Example in A minor.mid:blob:"), offered


@check("a file that is no MIDI gives a sentence and changes nothing")
def refuses(visit):
    before = visit.notes()
    visit.expects_errors = True
    drop(visit, b"this is no MIDI file", "notes.mid")
    visit.page.wait_for_selector("#toasts .toast")
    text = visit.page.locator("#toasts").text_content()
    assert len(text) > 15 and "undefined" not in text, text
    assert visit.notes() == before
