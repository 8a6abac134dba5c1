"""The way through a proxy: HTTP CONNECT (RFC 9110, 9.3.6) and SOCKS 5 (RFC 1928, 1929)."""

from __future__ import annotations

import base64
import re
import socket
from collections.abc import Callable
from urllib.parse import SplitResult, unquote, urlsplit

from dbs.sources.interface import SourceError

TIMEOUT_SECONDS = 10.0
_LONGEST_HEAD_BYTES = 16 * 1024
_VERSION, _NO_LOGIN, _WITH_PASSWORD = 5, 0, 2
_CONNECT, _NAME, _IPV4, _IPV6 = 1, 3, 1, 4
_LONGEST_NAME_BYTES = 255
# RFC 1928, section 6. The others depend on the moment.
_LASTING = {2: "its rules do not allow that", 7: "it cannot do that", 8: "it does not know such addresses"}
_PASSING = {
    1: "it failed",
    3: "it cannot reach that network",
    4: "it cannot reach that host",
    5: "nobody listens there",
}


def dial(proxy: str, host: str, port: int) -> socket.socket:
    """A socket that the proxy connects with `host` and `port`; the proxy looks the name up. Raises `SourceError`."""
    url = urlsplit(proxy)
    where = (url.hostname or "", url.port or {"http": 3128, "socks5": 1080}[url.scheme])
    named = f"The proxy {where[0]}:{where[1]}"
    try:
        sock = socket.create_connection(where, TIMEOUT_SECONDS)
    except OSError as error:
        raise SourceError(f"{named} cannot be reached: {error.strerror or error}.", transient=True) from error
    try:
        _KINDS[url.scheme](sock, url, host, port)
    except OSError as error:
        sock.close()
        raise SourceError(f"{named} gave up: {error.strerror or error}.", transient=True) from error
    except _RefusedError as refusal:
        sock.close()
        sentence = f"{named} does not connect to {host}:{port}: {refusal}."
        raise SourceError(sentence, transient=refusal.transient) from None
    return sock


class _RefusedError(Exception):
    def __init__(self, reason: str, *, transient: bool = False) -> None:
        super().__init__(reason)
        self.transient = transient


def _http(sock: socket.socket, url: SplitResult, host: str, port: int) -> None:
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if url.username is not None:
        login = base64.b64encode(f"{unquote(url.username)}:{unquote(url.password or '')}".encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {login}")
    sock.sendall("\r\n".join([*lines, "", ""]).encode())
    status = re.match(rb"HTTP/1\.[01] ([0-9]{3})", _head(sock))
    if status is None:
        raise _RefusedError("it does not speak HTTP")
    code = int(status[1])
    if not 200 <= code < 300:
        reason = "it wants a user and a password in its address" if code == 407 else f"it says {code}"
        raise _RefusedError(reason, transient=code >= 500)


def _head(sock: socket.socket) -> bytes:
    """An answer up to its empty line: byte by byte, because what comes behind it is the database's."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        if len(head) >= _LONGEST_HEAD_BYTES:
            raise _RefusedError("its answer has no end")
        head += _exactly(sock, 1)
    return bytes(head)


def _socks5(sock: socket.socket, url: SplitResult, host: str, port: int) -> None:
    methods = bytes([_NO_LOGIN]) if url.username is None else bytes([_NO_LOGIN, _WITH_PASSWORD])
    sock.sendall(bytes([_VERSION, len(methods)]) + methods)
    version, method = _exactly(sock, 2)
    if version != _VERSION:
        raise _RefusedError("it does not speak SOCKS 5")
    if method == _WITH_PASSWORD:
        _log_in(sock, unquote(url.username or "").encode(), unquote(url.password or "").encode())
    elif method != _NO_LOGIN:
        raise _RefusedError("it wants a user and a password in its address")
    name = host.encode("idna") if host.isascii() is False else host.encode()
    if len(name) > _LONGEST_NAME_BYTES:
        raise _RefusedError("the name is too long for it")
    sock.sendall(bytes([_VERSION, _CONNECT, 0, _NAME, len(name)]) + name + port.to_bytes(2, "big"))
    _, reply, _, kind = _exactly(sock, 4)
    if reply:
        reason = _LASTING.get(reply) or _PASSING.get(reply, f"reason {reply}")
        raise _RefusedError(reason, transient=reply not in _LASTING)
    length = {_IPV4: 4, _IPV6: 16}.get(kind) or _exactly(sock, 1)[0]
    _exactly(sock, length + 2)  # the address that it connects from


def _log_in(sock: socket.socket, user: bytes, password: bytes) -> None:
    sock.sendall(bytes([1, len(user)]) + user + bytes([len(password)]) + password)
    if _exactly(sock, 2)[1] != 0:
        raise _RefusedError("it does not accept that user and password")


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise ConnectionResetError("it closed the connection")
        data += more
    return data


_KINDS: dict[str, Callable[[socket.socket, SplitResult, str, int], None]] = {"http": _http, "socks5": _socks5}
