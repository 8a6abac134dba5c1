"""A real headless Chromium, spoken to by its debugging protocol: open a page, run a line of script in it."""

import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

PROGRAMS = ("chromium", "google-chrome")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-proxy-server",
    "--remote-debugging-port=0",
)  # fmt: skip


def program() -> str | None:
    """The browser of this machine."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Tab:
    """One page."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    def go(self, url: str) -> None:
        """Types an address; as if by a person, not by a page: strict cookies go along."""
        self._call("Page.navigate", {"url": url})

    def run(self, script: str) -> Any:
        """The value of an expression, awaited when it is a promise."""
        parameters = {"expression": script, "awaitPromise": True, "returnByValue": True}
        result = self._call("Runtime.evaluate", parameters)
        assert "exceptionDetails" not in result, result
        return result.get("result", {}).get("value")

    def press_return(self, selector: str) -> None:
        """Presses the return key in a field."""
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        self._call("Input.dispatchKeyEvent", {"type": "keyDown", **key})
        self._call("Input.dispatchKeyEvent", {"type": "keyUp", **key})

    def _call(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv(timeout=10))).get("id") != number:
            pass
        found: dict[str, Any] = answer.get("result", {})
        return found

    def wait(self, script: str, seconds: float = 8) -> Any:
        """The first truthy value of an expression; pages load and refresh while we look."""
        # Made true or false in the browser: an element itself would arrive here as an empty object.
        return wait_for(lambda: self.run(f"!!({script})"), script, seconds)


class Chromium:
    """A running browser with one profile: its tabs share cookies."""

    def __init__(self, port: int, stack: ExitStack) -> None:
        self._port = port
        self._stack = stack

    def open(self, url: str) -> Tab:
        """A new tab, once its page has loaded."""
        answer = httpx.put(f"http://127.0.0.1:{self._port}/json/new?about:blank", trust_env=False).json()
        tab = Tab(self._stack.enter_context(connect(answer["webSocketDebuggerUrl"], proxy=None)))
        tab.go(url)
        tab.wait("location.protocol === 'http:' && document.readyState === 'complete'")
        return tab


@contextmanager
def chromium() -> Iterator[Chromium]:
    """The browser, ended with the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, ExitStack() as stack:
        started = subprocess.Popen(
            [program() or "chromium", *OPTIONS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(_end, started)
        told = Path(profile) / "DevToolsActivePort"
        wait_for(lambda: told.exists() and told.read_text().count("\n"), "the browser tells its port", 20)
        yield Chromium(int(told.read_text().split()[0]), stack)


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 8) -> Any:
    """The first truthy value; AssertionError otherwise."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"did not happen: {what}"
        time.sleep(0.03)
    return found


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
