"""Headless Chromium, driven by its DevTools protocol."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SECONDS = 30
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
_KEYS = {"Enter": (13, "\r"), "Tab": (9, ""), " ": (32, " ")}
_CONTROL = 2


class Page:
    """A tab.

    Args:
        connection: To the browser.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self._session: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        target = self.command("Target.createTarget", url="about:blank")
        attached = self.command("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        for domain in ("Page", "Runtime", "Log"):
            self.command(f"{domain}.enable")

    def command(self, method: str, **parameters: Any) -> Any:
        """Return what the browser answers; the events that come before are kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters, **self._session}
        self._connection.send(json.dumps(message))
        while True:
            answer = json.loads(self._connection.recv(SECONDS))
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def open(self, url: str) -> None:
        """Load a page; what the last one has said is forgotten."""
        self.events.clear()
        assert "errorText" not in self.command("Page.navigate", url=url)
        self.wait(f"location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript."""
        answer = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str) -> Any:
        """Return the value of an expression, once it is true."""
        deadline = time.monotonic() + SECONDS
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < deadline, expression
            time.sleep(0.02)
        return value

    def type(self, selector: str, text: str) -> None:
        """Replace the text of a field, as a person does."""
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self.evaluate(f"document.querySelector({json.dumps(selector)}).select()")
        self.command("Input.insertText", text=text)
        if not text:
            self.press("Backspace")

    def click(self, selector: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def press(self, key: str, control: bool = False) -> None:
        """Press a key where the focus is."""
        code, text = _KEYS.get(key, (8 if key == "Backspace" else 0, ""))
        what = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": code}
        down = {**what, "text": text} if text and not control else what
        self.command("Input.dispatchKeyEvent", type="keyDown", modifiers=_CONTROL * control, **down)
        self.command("Input.dispatchKeyEvent", type="keyUp", modifiers=_CONTROL * control, **what)

    def problems(self) -> list[str]:
        """Return what the page's scripts and the browser have complained of: exceptions, errors, refused content."""
        # what was said before this is answered has come by then
        self.evaluate("0")
        found = []
        for event in self.events:
            parameters = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                found.append(json.dumps(parameters["exceptionDetails"]))
            elif event.get("method") == "Runtime.consoleAPICalled":
                found.append(json.dumps(parameters["args"]))
            elif event.get("method") == "Log.entryAdded":
                found.append(parameters["entry"]["text"])
        return found

    def show(self, width: int, height: int, scheme: str) -> None:
        """Set the size of the window and the colour scheme, light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])


@contextmanager
def chromium() -> Iterator[Page]:
    """Run Chromium, with a profile of its own and one tab, until the end of the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [str(CHROMIUM), *_OPTIONS, f"--user-data-dir={profile}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        try:
            address = _wait_for_address(process, Path(profile, "DevToolsActivePort"))
            with connect(address, max_size=None, proxy=None, compression=None) as connection:
                yield Page(connection)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for_address(process: subprocess.Popen[bytes], file: Path) -> str:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            port, path = file.read_text().split()
        except (OSError, ValueError):
            time.sleep(0.05)
        else:
            return f"ws://127.0.0.1:{port}{path}"
    raise RuntimeError(f"Chromium does not start; its exit code is {process.poll()}")
