"""A proxy of our own that speaks HTTP CONNECT and SOCKS 5."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Handshake = Callable[[socket.socket, "Proxy"], tuple[str, int] | None]


@dataclass
class Proxy:
    """What it wants and what it was asked for. `login` is (user, password); `answer` replaces its usual one."""

    port: int
    login: tuple[str, str] | None = None
    answer: bytes | None = None
    asked: list[tuple[str, int]] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)


@contextmanager
def proxy(handshake: Handshake, login: tuple[str, str] | None = None, answer: bytes | None = None) -> Iterator[Proxy]:
    """Listens until the end of the block; every name leads to this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Proxy(listener.getsockname()[1], login, answer)
        threading.Thread(target=_serve, args=(listener, made, handshake), daemon=True).start()
        yield made
        listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, made: Proxy, handshake: Handshake) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_client, args=(client, made, handshake), daemon=True).start()


def _client(client: socket.socket, made: Proxy, handshake: Handshake) -> None:
    with suppress(OSError), client:
        target = handshake(client, made)
        if target is None:
            return
        made.asked.append(target)
        with socket.create_connection(("127.0.0.1", target[1])) as server:
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def http(client: socket.socket, made: Proxy) -> tuple[str, int] | None:
    """HTTP CONNECT."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    lines = head.decode().split("\r\n")
    made.logins += [line.encode() for line in lines if line.startswith("Proxy-Authorization")]
    if made.answer is not None:
        client.sendall(made.answer)
        return None
    client.sendall(b"HTTP/1.1 200 Connection established\r\nVia: us\r\n\r\n")
    host, _, port = lines[0].split()[1].rpartition(":")
    return host, int(port)


def socks5(client: socket.socket, made: Proxy) -> tuple[str, int] | None:
    """SOCKS 5."""
    if made.answer is not None:
        client.recv(64)
        client.sendall(made.answer)
        return None
    methods = client.recv(2)[1]
    offered = client.recv(methods)
    if made.login is not None:
        if 2 not in offered:
            client.sendall(b"\x05\xff")
            return None
        client.sendall(b"\x05\x02")
        made.logins.append(client.recv(512))
        user, password = (part.encode() for part in made.login)
        right = made.logins[-1] == bytes([1, len(user)]) + user + bytes([len(password)]) + password
        client.sendall(b"\x01\x00" if right else b"\x01\x01")
        if not right:
            return None
    else:
        client.sendall(b"\x05\x00")
    length = client.recv(5)[4]
    host = client.recv(length).decode()
    port = int.from_bytes(client.recv(2), "big")
    client.sendall(b"\x05\x00\x00\x01" + bytes(6))
    return host, port
