"""A headless Chromium of this machine, driven through a pipe: no driver to install, no port that others could use.

Source: the Chrome DevTools Protocol, domains Target, Page, Runtime, Emulation, Input.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    *("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars"),
)
# Chromium reads commands from descriptor 3 and answers on 4.
_LAUNCHER = """
import fcntl, os, sys
commands, answers = (fcntl.fcntl(int(given), fcntl.F_DUPFD, 10) for given in sys.argv[1:3])
os.dup2(commands, 3)
os.dup2(answers, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
DESKTOP, PHONE = (1280, 900), (375, 812)
SECONDS = 20
Json = dict[str, Any]


class Page:
    """One tab. `requested`: the URLs that it asked for, `said`: what its scripts complained of."""

    def __init__(self, commands: IO[bytes], answers: IO[bytes]) -> None:
        self._commands, self._answers, self._number = commands, answers, 0
        self.requested: list[str] = []
        self.said: list[str] = []
        self._events: list[str] = []
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Json:
        """One command of the protocol, and its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._commands.write(json.dumps(message | ({"sessionId": self._session} if self._session else {})).encode())
        self._commands.write(b"\0")
        self._commands.flush()
        while (answer := self._next()).get("id") != self._number:
            self._note(answer)
        assert "error" not in answer, answer
        result: Json = answer["result"]
        return result

    def open(self, url: str) -> None:
        """Return when the page and what belongs to it are loaded."""
        self._events.clear()
        self.call("Page.navigate", url=url)
        while "Page.loadEventFired" not in self._events:
            self._note(self._next())

    def look(self, size: tuple[int, int], *, dark: bool = False) -> None:
        """As on a screen of this width and height in CSS pixels."""
        width, height = size
        self.call(
            "Emulation.setDeviceMetricsOverride",
            **{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for."""
        found = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, condition: str) -> Any:
        """The value of an expression as soon as it is true: looked at after each change of the page."""
        return self.run(
            f"""new Promise((found, failed) => {{
              const look = () => {{ const value = {condition}; if (value) {{ watch.disconnect(); found(value); }} }};
              const watch = new MutationObserver(look);
              watch.observe(document, {{subtree: true, childList: true, attributes: true, characterData: true}});
              setTimeout(() => failed(new Error({json.dumps(condition)} + " in: " + document.body.innerText)),
                {SECONDS * 1000});
              look();
            }})"""
        )

    def type(self, text: str) -> None:
        """Into what has the focus."""
        self.call("Input.insertText", text=text)

    def press(self, key: str, *, code: int, control: bool = False) -> None:
        """A key, `code` as in `KeyboardEvent.keyCode`."""
        key_ = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 2 if control else 0}
        typed = {"text": "\r"} if key == "Enter" and not control else {}
        self.call("Input.dispatchKeyEvent", type="keyDown" if typed else "rawKeyDown", **key_, **typed)
        self.call("Input.dispatchKeyEvent", type="keyUp", **key_)

    def shoot(self, file: Path) -> None:
        """The whole page as a PNG."""
        taken = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(taken["data"]))

    def _next(self) -> Json:
        """The next message. Empty only when the browser has ended."""
        read = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            assert byte, "Chromium has ended"
            read += byte
        message: Json = json.loads(read)
        return message

    def _note(self, event: Json) -> None:
        method, parameters = event.get("method", ""), event.get("params", {})
        self._events.append(method)
        if method == "Network.requestWillBeSent":
            self.requested.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.said.append(parameters["exceptionDetails"]["exception"].get("description", "an exception"))
        elif method == "Log.entryAdded":
            self.said.append(parameters["entry"]["text"])


@contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    """A tab of a browser of its own, with an empty profile in `folder`; skips where there is no Chromium."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"there is no Chromium on this machine: none of {', '.join(NAMES)} is on PATH")
    # Root has no sandbox to go into.
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else []), f"--user-data-dir={folder / 'profile'}"]
    (commands_out, commands_in), (answers_out, answers_in) = os.pipe(), os.pipe()
    launch = [sys.executable, "-c", _LAUNCHER, str(commands_out), str(answers_in)]
    with (
        (folder / "chromium.log").open("wb") as log,
        subprocess.Popen(
            [*launch, found, *flags, "--remote-debugging-pipe"],
            pass_fds=(commands_out, answers_in),
            stdout=log,
            stderr=log,
        ) as process,
        os.fdopen(commands_in, "wb") as commands,
        os.fdopen(answers_out, "rb") as answers,
    ):
        os.close(commands_out)
        os.close(answers_in)
        try:
            page = Page(commands, answers)
            yield page
        finally:
            process.terminate()
