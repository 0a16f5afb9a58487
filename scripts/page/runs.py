"""Training runs, for which the server is started with a folder of one."""

import json
import shutil
import subprocess
from types import SimpleNamespace

import midi
from checks import check

#: A codec that trains until it is stopped, with a validation now and then.
ENDLESS = "vqvae.hidden=8 train.batch=2 train.steps=1000000 train.checkpoint_every=1000000 train.validate_every=50 data.validation_windows=4"


def write_run(folder, picture):
    """A run of two lines and a picture."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [{"step": 100, "phase": "train", "loss": 0.5}, {"step": 100, "phase": "validation", "loss": 0.625}]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "curves.png").write_bytes(picture)
    (folder / "samples-000100-0.mid").write_bytes(midi.song(bars=8))


@check("training runs are shown with their numbers and curves")
def shows(visit):
    with visit.page.expect_download() as download:
        visit.page.click("#save-png")
    write_run(visit.server.runs / "flow", open(download.value.path(), "rb").read())
    visit.page.click("#runs")
    visit.page.wait_for_selector("#runs-dialog img")
    visit.page.wait_for_function("() => document.querySelector('#runs-dialog img').naturalWidth > 0")
    assert "validation, step 100: loss 0.625" in visit.page.locator("#runs-dialog p").text_content()
    visit.page.click("#runs-dialog button:has-text('step 100, sample 1')")
    visit.page.wait_for_function("() => flocoder.player.playing.value")
    visit.page.keyboard.press("Escape")
    assert visit.page.locator("#runs-dialog").is_hidden()


@check("the page of a run that is watched opens with it, and says when the training has ended")
def watched(visit):
    folder = visit.artefacts / "watched"
    shutil.rmtree(folder, ignore_errors=True)
    binary = visit.server.binary
    subprocess.run([binary, "data", "compose", folder / "songs", "--songs", "6", "-q"], check=True, stdout=subprocess.DEVNULL)
    command = [binary, "train-vqvae", "--watch", "-q", "--config", "configs/demo_vqvae.yaml", "--data", folder / "songs", "--output", folder / "codec"]
    training = subprocess.Popen([*command, *ENDLESS.split()], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        lines = iter(training.stderr.readline, "")
        url = next(line for line in lines if line.startswith("watch the run at ")).split()[-1]
        visit.server = SimpleNamespace(url=url)
        visit.load()
        visit.page.wait_for_selector("#runs-dialog[open]")
        visit.page.wait_for_function("() => document.querySelector('#runs-dialog select').value === 'codec'")
        visit.page.wait_for_selector("#runs-dialog img[alt^=reconstructions]", timeout=90_000)
        visit.page.wait_for_function("() => [...document.querySelectorAll('#runs-dialog img')].every((image) => image.naturalWidth > 0)")
        visit.page.screenshot(path=visit.artefacts / "watched.png")
    finally:
        visit.expects_errors = True
        training.terminate()
        training.wait(timeout=60)
    visit.page.wait_for_function("() => document.getElementById('notice').textContent.includes('training has ended')")
