"""Training runs, for which the server is started with a folder of one."""

import json

from checks import check


def write_run(folder, picture):
    """A run of two lines and a picture."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [{"step": 100, "phase": "train", "loss": 0.5}, {"step": 100, "phase": "validation", "loss": 0.625}]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "curves.png").write_bytes(picture)


@check("training runs are shown with their numbers and curves")
def shows(visit):
    with visit.page.expect_download() as download:
        visit.page.click("#save-png")
    write_run(visit.server.runs / "flow", open(download.value.path(), "rb").read())
    visit.page.click("#runs")
    visit.page.wait_for_selector("#runs-dialog img")
    visit.page.wait_for_function("() => document.querySelector('#runs-dialog img').naturalWidth > 0")
    assert "validation, step 100: loss 0.625" in visit.page.locator("#runs-dialog p").text_content()
    visit.page.keyboard.press("Escape")
    assert visit.page.locator("#runs-dialog").is_hidden()
