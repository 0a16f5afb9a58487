"""Runs the checks of the page, one after another, and counts them."""

import argparse
import sys
import time
import traceback
from pathlib import Path

from playwright.sync_api import sync_playwright

# Importing a module adds its checks to the list, in this order.
import drawing, keyboard, listening, writing, files, tabs, runs, layout, computing, losing  # noqa: E401
from checks import CHECKS
from server import Server
from site_files import Site
from small import Small
from visitor import Visits

#: WebGPU on a machine without a GPU.
WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan,WebGPU"]


def main():
    arguments = argparse.ArgumentParser(prog="scripts/test-page")
    arguments.add_argument("only", nargs="?", default="", help="part of the name of the checks to run")
    arguments.add_argument("--binary", default="target/release/flocoder")
    arguments.add_argument("--chromium", required=True)
    arguments.add_argument("--url", help="a server that runs already, in place of the binary")
    arguments.add_argument("--page", help="folder of the page's files, in place of those in the binary")
    arguments.add_argument("--program", help="the program for the tab, in place of what scripts/build-tab builds")
    arguments.add_argument("--images", type=Path, help="folder for the pictures of the documentation")
    arguments = arguments.parse_args()

    artefacts = Path("target/page")
    artefacts.mkdir(parents=True, exist_ok=True)
    server = Server(arguments.binary, arguments.page, arguments.url, artefacts)
    site = Site(arguments.binary, artefacts, arguments.program)
    small = Small(arguments.binary, artefacts, arguments.program)
    server.start()
    try:
        with sync_playwright() as playwright:
            flags = ["--no-sandbox", "--autoplay-policy=user-gesture-required", *WEBGPU]
            browser = playwright.chromium.launch(executable_path=arguments.chromium, args=flags)
            visits = Visits(browser, server, site, small, artefacts)
            if arguments.images:
                layout.pictures(visits, arguments.images)
                return 0
            return run(visits, [check for check in CHECKS if arguments.only in check.title])
    finally:
        server.stop()
        site.stop()
        small.stop()


def run(visits, checks):
    failed = 0
    for check in checks:
        start = time.monotonic()
        try:
            visits.run(check)
            print(f"ok      {check.title} ({time.monotonic() - start:.1f} s)", flush=True)
        except Exception as error:  # A check fails in many ways: an assertion, a timeout, a browser that is gone.
            failed += 1
            place = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent.name == "page"][-1]
            print(f"FAILED  {check.title}: {Path(place.filename).name}:{place.lineno}: {place.line}: {str(error).partition(chr(10))[0]}", flush=True)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
