"""A headless Chromium, spoken to over a pipe in its own DevTools protocol: no driver to install beside it.

`find` says where it is: $CHROMIUM, or a Chromium or Chrome on PATH.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SECONDS = 90
"""Nothing on the page takes a second; the machine may be busy."""


def find() -> str | None:
    """Return the browser's path, or None where there is none."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


class Browser:
    """One tab. ``events`` holds all that the browser said of itself: (method, parameters)."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._rest, self._calls, self._session = b"", 0, ""
        self.events: list[tuple[str, dict[str, Any]]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility", "DOM"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """Call a method of the protocol and return its result."""
        self._calls += 1
        message = {"id": self._calls, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._calls:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def open(self, page: Path) -> None:
        """Open a file and wait until all of it is there."""
        self.events.clear()
        self.call("Page.navigate", url=page.resolve().as_uri())
        while not any(name == "Page.loadEventFired" for name, _ in self.events):
            self._next()

    def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression; a promise is awaited."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def show(self, *, width: int = 1280, height: int = 900, dark: bool = False, media: str = "") -> None:
        """Set the window, the user's wish for light or dark, and the medium."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def press(self, key: str, code: int) -> None:
        """Press a key and let it go; ``code`` is its Windows virtual key code."""
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    def pdf(self) -> bytes:
        """Return the page as it is printed, tagged."""
        printed = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True, generateTaggedPDF=True)
        return base64.b64decode(printed["data"])

    def picture(self, path: Path) -> None:
        """Save what the whole page looks like as PNG."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        path.write_bytes(base64.b64decode(shot["data"]))

    def tree(self) -> list[tuple[str, str, str]]:
        """Return what a screen reader meets: (role, name, description) of each thing that is not ignored."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        parts = ("role", "name", "description")
        return [
            (role, name, told)
            for node in nodes
            if not node["ignored"]
            for role, name, told in [[str(node.get(part, {}).get("value", "")) for part in parts]]
        ]

    def _next(self) -> dict[str, Any]:
        """Return the next message; an event is kept too."""
        deadline = time.monotonic() + _SECONDS
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._reading], [], [], max(0.0, deadline - time.monotonic()))
            read = os.read(self._reading, 1 << 20) if ready else b""
            assert read, "the browser does not answer"
            self._rest += read
        line, self._rest = self._rest.split(b"\0", 1)
        message: dict[str, Any] = json.loads(line)
        if "method" in message:
            self.events.append((message["method"], message["params"]))
        return message


@contextlib.contextmanager
def browser(path: str, profile: Path) -> Iterator[Browser]:
    """Start a browser that nobody sees, with an empty profile, and end it."""
    ours, theirs = os.pipe(), os.pipe()  # commands, answers
    switches = ("--headless=new", "--remote-debugging-pipe", f"--user-data-dir={profile}", "--no-first-run")
    quiet = ("--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-extensions")
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()  # Chromium has none for root

    def hand_over() -> None:
        """Give the browser its pipes where it looks for them: at 3 and 4."""
        commands, answers = os.dup(ours[0]), os.dup(theirs[1])
        os.dup2(commands, 3)
        os.dup2(answers, 4)

    with (profile.parent / "chromium.log").open("wb") as log:
        process = subprocess.Popen(
            [path, *switches, *quiet, *sandbox], stdout=log, stderr=log, preexec_fn=hand_over, close_fds=False
        )
    os.close(ours[0])
    os.close(theirs[1])
    try:
        found = Browser(theirs[0], ours[1])
        yield found
        found._session = ""
        found.call("Browser.close")
        process.wait(timeout=_SECONDS)
    finally:
        process.kill()
        process.wait()
        os.close(theirs[0])
        os.close(ours[1])
