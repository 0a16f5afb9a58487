"""How the page looks at three widths, light and dark: screenshots, and no overflow, overlap, cut text or faint text."""

from checks import check
from files import drop_song

SIZES = {360: 740, 1024: 768, 1920: 1080}

FAULTS = """() => {
    const faults = [];
    const root = document.documentElement;
    if (root.scrollWidth > innerWidth) faults.push(`the page is ${root.scrollWidth} pixels wide in a window of ${innerWidth}`);
    const name = (one) => `${one.tagName.toLowerCase()}${one.id ? '#' + one.id : ''} “${(one.textContent || one.ariaLabel || '').trim().slice(0, 24)}”`;
    const visible = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('.unseen');
    const within = document.querySelector('dialog[open]') ?? document.body;
    const controls = [...within.querySelectorAll('button, input, select, summary, textarea')].filter(visible).map((one) => [one, seen(one)]).filter(([, box]) => box.right > box.left && box.bottom > box.top);
    for (const [index, [one, a]] of controls.entries()) {
        if (one.closest('.chords')) continue;
        const whole = one.getBoundingClientRect();
        if (!one.closest('.shelf') && (whole.left < -0.5 || whole.right > innerWidth + 0.5)) faults.push(`${name(one)} is cut by the window's edge`);
        for (const [other, b] of controls.slice(index + 1)) {
            if (one.contains(other) || other.contains(one) || (one.closest('.ends') && one.closest('.ends') === other.closest('.ends'))) continue;
            if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1) faults.push(`${name(one)} overlaps ${name(other)}`);
        }
    }
    const texts = [...within.querySelectorAll('*')].filter((one) => visible(one) && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
    for (const one of texts) {
        if (one.closest('.name, .spot, .chords, option, .detail, .share, .tray-head, textarea')) continue;
        if (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline') faults.push(`the text of ${name(one)} is cut`);
        const box = one.getBoundingClientRect(), frame = one.closest('button, .card, .kept, .row, .area-line, section, aside, header, dialog, body').getBoundingClientRect();
        if (box.right > frame.right + 1 || box.left < frame.left - 1) faults.push(`${name(one)} leaves its frame`);
        const contrast = contrastOf(one);
        if (contrast < 4.5 && !one.closest(':disabled')) faults.push(`${name(one)} has a contrast of ${contrast.toFixed(1)}`);
    }
    return faults;

    /** What is left of a box within those that scroll or clip it. */
    function seen(one) {
        let { left, right, top, bottom } = one.getBoundingClientRect();
        for (let at = one.parentElement; at; at = at.parentElement) {
            if (getComputedStyle(at).overflow === 'visible') continue;
            const frame = at.getBoundingClientRect();
            [left, right, top, bottom] = [Math.max(left, frame.left), Math.min(right, frame.right), Math.max(top, frame.top), Math.min(bottom, frame.bottom)];
        }
        return { left, right, top, bottom };
    }
    function contrastOf(one) {
        const [a, b] = [luminance(parse(getComputedStyle(one).color)), luminance(behind(one))];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }
    function behind(one) {
        for (let at = one; at; at = at.parentElement) {
            const colour = parse(getComputedStyle(at).backgroundColor);
            if (colour[3] > 0.9) return colour;
        }
        return [255, 255, 255, 1];
    }
    function parse(text) {
        const numbers = text.match(/[\\d.]+/g).map(Number);
        return [numbers[0], numbers[1], numbers[2], numbers[3] ?? 1];
    }
    function luminance([r, g, b]) {
        const linear = (value) => ((value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
        return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    }
}"""


def faultless(visit, name):
    visit.page.wait_for_timeout(250)
    visit.page.screenshot(path=visit.artefacts / f"{name}.png", full_page=True)
    faults = visit.page.evaluate(FAULTS)
    assert not faults, f"{name}: {'; '.join(faults)}"


def looks(width, scheme):
    @check(f"the layout is whole at {width} pixels, {scheme}", width=width, height=SIZES[width], scheme=scheme)
    def at(visit):
        name = f"{width}-{scheme}"
        faultless(visit, f"{name}-first")
        visit.page.keyboard.press("?")
        faultless(visit, f"{name}-help")
        visit.page.keyboard.press("Escape")
        visit.page.evaluate("() => (document.getElementById('wishes').open = true)")
        visit.page.fill("#wish-variants", "4")
        if width == 360:
            drop_song(visit)
        visit.bars(2, 2)
        visit.page.click("[data-task=fill]")
        visit.page.wait_for_selector("#progress:visible")
        visit.page.screenshot(path=visit.artefacts / f"{name}-writing.png")
        visit.variants()
        visit.page.keyboard.press("1")
        visit.page.keyboard.press("Shift+Digit3")
        faultless(visit, f"{name}-variants")


for width in SIZES:
    for scheme in ("light", "dark"):
        looks(width, scheme)


@check("the layout is whole at widths in between")
def between(visit):
    for width, height in ((430, 900), (600, 900), (768, 1024), (899, 700), (900, 700), (1366, 650), (2560, 1300)):
        visit.page.set_viewport_size({"width": width, "height": height})
        faultless(visit, f"{width}-between")


@check("on a touch screen fingers mark, scroll and zoom, and a tap is heard", width=390, height=800, has_touch=True, is_mobile=True)
def touch(visit):
    faultless(visit, "390-touch")
    visit.page.evaluate("""() => {
        const canvas = document.getElementById('overlay'), box = canvas.getBoundingClientRect();
        const send = (kind, id, x, y) => canvas.dispatchEvent(new PointerEvent(kind, { pointerId: id, pointerType: 'touch', clientX: box.left + x, clientY: box.top + y, bubbles: true, cancelable: true }));
        canvas.setPointerCapture = () => {};
        send('pointerdown', 1, 120, 120); send('pointermove', 1, 180, 200); send('pointerup', 1, 180, 200);
        flocoder.marked = flocoder.app.region.value;
        flocoder.before = flocoder.roll.view.stepWidth;
        send('pointerdown', 1, 120, 120); send('pointerdown', 2, 220, 130);
        send('pointermove', 1, 80, 120); send('pointermove', 2, 300, 130);
        send('pointerup', 1, 80, 120); send('pointerup', 2, 300, 130);
    }""")
    marked = visit.page.evaluate("() => flocoder.marked")
    assert len(marked) == 1 and marked[0][1] - marked[0][0] < 60, marked
    assert visit.region() == marked, "two fingers changed the area"
    assert visit.page.evaluate("() => flocoder.roll.view.stepWidth > flocoder.before * 1.5")
    visit.page.evaluate("() => (document.getElementById('wishes').open = true)")
    visit.page.fill("#wish-variants", "2")
    visit.page.tap("[data-task=fill]")
    visit.variants()
    visit.page.tap("#cards .card:nth-child(1) .look")
    visit.page.wait_for_function("() => flocoder.app.tried.value !== null")
    visit.page.tap("#cards .card:nth-child(1) [aria-label^=Take]")
    assert any(note[4] for note in visit.notes())


def pictures(visits, folder):
    """The pictures of the documentation."""
    for name, options in {
        "page-dark": dict(width=1440, height=900, scheme="dark"),
        "page-light": dict(width=1024, height=768, scheme="light"),
        "page-phone": dict(width=360, height=740, scheme="light"),
    }.items():
        visit = visits.open(**options)
        if name == "page-light":
            drop_song(visit)
            visit.page.wait_for_timeout(8000)
        visit.tool("area")
        visit.drag((32, 58), (63, 84))
        visit.write()
        visit.page.keyboard.press("2")
        visit.page.evaluate("() => document.activeElement.blur()")
        visit.page.mouse.move(5, 5)
        visit.page.wait_for_timeout(400)
        if name == "page-dark":
            visit.page.hover("#cards .card:nth-child(3) .look")
            visit.page.wait_for_timeout(1500)
        if name == "page-phone":
            visit.page.evaluate("() => scrollTo(0, 0)")
        visit.page.wait_for_timeout(300)
        visit.page.screenshot(path=folder / f"{name}.png")
        visit.context.close()
