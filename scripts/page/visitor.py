"""A visit to the page: a tab with what a person sees and does there, and what went wrong behind the scenes."""

from urllib.parse import urlsplit


class Visits:
    """Opens tabs. Each check has a new browser profile."""

    def __init__(self, browser, server, site, small, artefacts):
        self.browser, self.server, self.site, self.small, self.artefacts = browser, server, site, small, artefacts

    def run(self, check):
        visit = self.open(**check.options)
        try:
            check.run(visit)
            visit.nothing_went_wrong()
        except Exception:
            name = "".join(letter if letter.isalnum() else "-" for letter in check.title)
            visit.page.screenshot(path=self.artefacts / f"failed-{name}.png")
            raise
        finally:
            visit.context.close()

    def open(self, width=1280, height=800, scheme="light", site=False, small=False, script=None, **options):
        """A visit to the server or, for `site`, to the page that needs none; `small` has the small model; `script` runs before the
        page's own."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True, **options
        )
        context.set_default_timeout(30_000)
        if script:
            context.add_init_script(script)
        place = self.small if small else self
        return Visit(self, context, context.new_page(), place.site if site else place.server)


class Visit:
    def __init__(self, visits, context, page, server):
        self.visits, self.context, self.page = visits, context, page
        self.server, self.artefacts = server, visits.artefacts
        self.errors, self.foreign = [], []
        #: Whether the server is away on purpose, which browsers report as errors.
        self.expects_errors = False
        page.on("console", lambda message: message.type == "error" and self.failed(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self.requested)
        self.load()

    def failed(self, text):
        if not self.expects_errors:
            self.errors.append(text)

    def load(self, path=""):
        self.page.goto(self.server.url + path)
        self.ready()

    def reload(self):
        self.page.reload()
        self.ready()

    def ready(self):
        self.page.wait_for_selector("html[data-ready]", state="attached")

    def tab(self):
        """Another tab of the same browser."""
        return Visit(self.visits, self.context, self.context.new_page(), self.server)

    def requested(self, request):
        address = urlsplit(request.url)
        if address.scheme not in ("blob", "data") and address.netloc != urlsplit(self.server.url).netloc:
            self.foreign.append(request.url)

    def nothing_went_wrong(self):
        assert not self.errors, f"errors in the console: {self.errors}"
        assert not self.foreign, f"requests to other origins: {self.foreign}"

    # What is seen.

    def notes(self):
        """Notes as `(pitch, start, duration, velocity, fresh)`."""
        return [tuple(note) for note in self.page.evaluate(
            "() => flocoder.notes().map((note) => [note.pitch, note.start, note.duration, note.velocity, note.fresh])")]

    def region(self):
        return self.page.evaluate("() => flocoder.app.region.value")

    def said(self, part):
        """Waits for a sentence that is shown."""
        self.page.wait_for_function("(part) => document.getElementById('toasts').textContent.includes(part)", arg=part)

    def spoken(self):
        self.page.wait_for_timeout(30)
        return self.page.locator("#live").text_content()

    # What is done.

    def at(self, step, pitch):
        """The middle of a cell, in pixels of the window."""
        self.reveal(step, pitch)
        return tuple(self.page.evaluate(
            """([step, pitch]) => {
                const { view } = flocoder.roll, box = document.getElementById('overlay').getBoundingClientRect();
                return [box.left + view.x(step + 0.5), box.top + view.y(pitch) + view.rowHeight / 2];
            }""", [step, pitch]))

    def reveal(self, step, pitch):
        """Scrolls to a cell."""
        self.page.evaluate("([step, pitch]) => flocoder.roll.view.reveal(step, pitch)", [step, pitch])
        self.page.wait_for_function("() => !flocoder.roll.view.moving")

    def tool(self, name):
        self.page.click(f"#tools [data-tool={name}]")

    def click(self, step, pitch):
        self.page.mouse.click(*self.at(step, pitch))

    def drag(self, start, end, steps=8):
        self.reveal(*end)
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end), steps=steps)
        self.page.mouse.up()

    def draw(self, step, pitch, length):
        """Draws a note of some steps."""
        self.tool("draw")
        self.drag((step, pitch), (step + length - 1, pitch))

    def bars(self, first, last):
        for field, bar in (("#bar-first", first), ("#bar-last", last)):
            self.page.fill(field, str(bar))
            self.page.press(field, "Enter")

    def write(self, task="fill"):
        """Presses a button and waits for the variants."""
        self.page.click(f"[data-task={task}]")
        return self.variants()

    def variants(self):
        self.page.wait_for_selector("#halt", state="hidden", timeout=90_000)
        self.page.wait_for_selector("#cards .card:not(.waiting)")
        return self.page.locator("#cards .card").count()

    def take(self, number):
        self.page.click(f"#cards .card:nth-child({number}) .look")
        self.page.mouse.move(5, 5)
