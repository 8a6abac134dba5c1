"""A stand-in for HashiCorp Vault on a real port: two KV engines, tokens, a seal. It refuses what Vault refuses."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TOKEN = "hvs.a-token-of-the-tests"
Answer = tuple[int, dict[str, Any]]


@dataclass
class Vault:
    """`secret/` is version 2, `old/` version 1; both hold `shop`. `requests` are the paths that were asked for."""

    port: int = 0
    scheme: str = "http"
    sealed: bool = False
    namespace: str | None = None
    html: bool = False
    values: dict[str, Any] = field(default_factory=lambda: {"password": "hunter2", "number": 4711, "list": ["hunter2"]})
    requests: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """For VAULT_ADDR."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def answer(self, path: str, token: str | None, namespace: str | None) -> Answer:
        """Status and body, as Vault's documentation has them."""
        self.requests.append(path)
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if token != TOKEN or namespace != self.namespace:
            return 403, {"errors": ["permission denied"]}
        data = self._data(path)
        return (200, {"data": data}) if data else (404, {"errors": []})

    def _data(self, path: str) -> dict[str, Any] | None:
        if path.startswith("/v1/sys/internal/ui/mounts/"):
            inside = path.removeprefix("/v1/sys/internal/ui/mounts/")
            engines = {"secret/": {"version": "2"}, "old/": None}
            found = next((name for name in engines if inside.startswith(name)), None)
            return {"path": found, "type": "kv", "options": engines[found]} if found else None
        if path == "/v1/secret/data/shop":
            return {"data": self.values, "metadata": {"version": 3}}
        return self.values if path == "/v1/old/shop" else None


@contextmanager
def running(tls: Path | None = None) -> Iterator[Vault]:
    """A Vault until the block ends; `tls` is a certificate with its key. Asked as a proxy, it answers itself."""
    vault = Vault(scheme="https" if tls else "http")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # A proxy is asked for http://host:port/path.
            path = "/" + self.path.split("/", 3)[3] if self.path.startswith("http") else self.path
            status, body = vault.answer(path, self.headers.get("X-Vault-Token"), self.headers.get("X-Vault-Namespace"))
            content = b"<html>hunter2</html>" if vault.html else json.dumps(body).encode()
            self.send_response(200 if vault.html else status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    vault.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield vault
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
