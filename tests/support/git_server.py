"""git's own HTTP server behind a door that looks at the token, notes what it sees, and can stand in the way."""

from __future__ import annotations

import base64
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.certificates import self_signed


@dataclass
class Server:
    """What it is to do, and what it saw. `stop_after` bytes of a pack it waits until `go_on` is set."""

    root: Path
    token: str | None
    url: str = ""
    redirect_to: str = ""
    status: int = 200
    stop_after: int | None = None
    half_sent: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    headers: list[dict[str, str]] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    requests: int = 0

    def allows(self, header: str | None) -> bool:
        """Whether that is the header of somebody who may read."""
        wanted = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        return self.token is None or header == f"Basic {wanted}"


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, format: str, *args: object) -> None:
        return

    def _answer(self, body: bytes) -> None:
        told = self.server.told
        told.requests += 1
        told.headers.append(dict(self.headers))
        told.arguments += all_arguments()
        if told.redirect_to:
            self._short(301, Location=told.redirect_to + self.path)
        elif told.status != 200:
            self._short(told.status)
        elif not told.allows(self.headers.get("Authorization")):
            self._short(401, **{"WWW-Authenticate": 'Basic realm="git"'})
        else:
            self._pass_on(body)

    def _short(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _pass_on(self, body: bytes) -> None:
        told, parts = self.server.told, urlsplit(self.path)
        environment = {
            "GIT_PROJECT_ROOT": str(told.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "PATH": "/usr/bin:/bin",
        }
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, check=True, env=environment)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in {**fields, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if told.stop_after is not None and b"PACK" in content:
            self.wfile.write(content[: told.stop_after])
            self.wfile.flush()
            told.half_sent.set()
            told.go_on.wait(60)
            self.close_connection = True
            return
        self.wfile.write(content)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    told: Server


@contextmanager
def served(root: Path, token: str | None = None, *, tls: Path | None = None) -> Iterator[Server]:
    """Serve the repositories below a directory on this machine; `tls` is where its certificate is put."""
    http = _Http(("127.0.0.1", 0), _Handler)
    http.told = Server(root, token)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self_signed(tls))
        http.socket = context.wrap_socket(http.socket, server_side=True)
    http.told.url = f"{'https' if tls else 'http'}://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield http.told
    finally:
        http.told.go_on.set()
        http.shutdown()
        http.server_close()
        thread.join(10)


def all_arguments() -> list[str]:
    """The arguments of everything that runs on this machine now and that can be looked at."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().decode(errors="replace"))
        except OSError:  # it ended while we looked
            continue
    return found
