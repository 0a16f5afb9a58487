"""The verdict of Tint, Chromium's compiler of WGSL, on each .wgsl file of a folder.

SwiftShader, on which it runs, has no 16-bit floats. So texts that use them are judged with floats of 32 bits in their place.
Cooperative matrices are not part of WebGPU: texts that use them are counted, not judged. `enable subgroups;`, which wgpu does not
accept and WebGPU requires, is put before the texts that use subgroups. A text with a barrier in divergent flow must be refused.
"""

import argparse
import http.server
import re
import sys
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

FLAGS = [
    "--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan,WebGPU",
]
OPEN = """async () => {
    const adapter = await navigator.gpu?.requestAdapter();
    if (!adapter?.features.has('subgroups')) return false;
    window.device = await adapter.requestDevice({ requiredFeatures: ['subgroups'] });
    return true;
}"""
JUDGE = """async (texts) => {
    const judge = async (code) => {
        device.pushErrorScope('validation');
        const module = device.createShaderModule({ code });
        const { messages } = await module.getCompilationInfo();
        const wrong = messages.filter((message) => message.type !== 'info')
            .map((message) => `${message.lineNum}: ${message.type}: ${message.message} at ${code.split('\\n')[message.lineNum - 1]?.trim()}`);
        const error = await device.popErrorScope();
        if (error && wrong.length === 0) wrong.push(error.message);
        return wrong;
    };
    const verdicts = [];
    for (const text of texts) verdicts.push(await judge(text));
    return verdicts;
}"""


class EmptyPage(http.server.BaseHTTPRequestHandler):
    """WebGPU is offered to pages of a server on this machine, not to empty tabs."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Tint</title>")

    def log_message(self, *_):
        pass


DIVERGENT = """@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) invocation: u32) {
    if invocation < 4u { workgroupBarrier(); }
}
"""


def for_web_gpu(text):
    """The text without 16-bit floats, with subgroups enabled."""
    if "enable f16;" in text:
        text = re.sub(r"\bf16\b", "f32", text.replace("enable f16;", ""))
    code = re.sub(r"//.*", "", text)
    return "enable subgroups;\n" + text if re.search(r"\bsubgroup(_\w+|[A-Z]\w*)\b", code) else text


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--chromium", required=True)
    arguments = arguments.parse_args()
    files = sorted(arguments.folder.glob("*.wgsl"))
    texts = {file.stem: file.read_text() for file in files}
    judged = {name: text for name, text in texts.items() if "enable wgpu_cooperative_matrix;" not in text}
    # Texts that are equal with floats of 32 bits are judged once.
    names = {}
    for name, text in judged.items():
        names.setdefault(for_web_gpu(text), name)

    server = http.server.HTTPServer(("127.0.0.1", 0), EmptyPage)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    wrong = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=FLAGS)
        page = browser.new_page()
        page.set_default_timeout(0)
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        if not page.evaluate(OPEN):
            sys.exit("the browser has no adapter for WebGPU with subgroups")
        if not any("uniform" in message for message in page.evaluate(JUDGE, [DIVERGENT])[0]):
            sys.exit("the browser accepts a barrier in divergent flow")
        pairs = list(names.items())
        for first in range(0, len(pairs), 50):
            some = pairs[first : first + 50]
            for (_, name), verdict in zip(some, page.evaluate(JUDGE, [text for text, _ in some])):
                for message in verdict:
                    print(f"{name}:{message}", file=sys.stderr)
                wrong += bool(verdict)
        browser.close()
    matrices = len(texts) - len(judged)
    print(f"{len(texts)} texts, of which {len(names)} differ with floats of 32 bits and {matrices} use matrix units: "
          f"{wrong} refused", file=sys.stderr)
    return 1 if wrong or not names else 0


sys.exit(main())
