"""The way through a proxy, to a real server whose certificate is still verified."""

from __future__ import annotations

import pytest

from dbs.mysql.query import rows
from dbs.sources.interface import SourceError
from dbs.sources.opening import open_source
from dbs.sources.proxy import dial
from tests.sources.authority import Authority
from tests.sources.proxies import Handshake, http, proxy, socks5
from tests.sources.servers import NETWORK, PASSWORD, Server
from tests.support.ports import free_port

KINDS = {"http": http, "socks5": socks5}


@pytest.mark.parametrize("kind", KINDS)
def test_the_name_is_the_proxys_and_the_certificate_is_the_servers(
    primary: Server, authority: Authority, kind: str
) -> None:
    with proxy(KINDS[kind]) as way:
        keys = {"tls": "verify", "ca_file": str(authority.ca_file), "proxy": f"{kind}://127.0.0.1:{way.port}"}
        source = primary.source(host="db.internal", **keys)  # a name that nobody here knows
        with open_source(source, PASSWORD, NETWORK) as found:
            assert found.tls.endswith("certificate verified")
            assert rows(found.connection, "SELECT REPEAT('x', 300000)")[0][0] == "x" * 300_000
            with found.again() as second:
                assert rows(second, "SELECT 1") == [(1,)]
        assert way.asked == [("db.internal", primary.tcp_port)] * 2
        with pytest.raises(SourceError, match="certificate is for another name"):
            open_source(primary.source(host="other.internal", **keys), PASSWORD, NETWORK)


def test_a_socket_of_this_machine_needs_no_proxy(primary: Server) -> None:
    with open_source(primary.local(proxy=f"http://127.0.0.1:{free_port()}"), PASSWORD, NETWORK) as found:
        assert found.tls == "Unix socket"


def refusal(handshake: Handshake, url: str, *, answer: bytes | None = None, login: bool = False) -> tuple[str, bool]:
    """The sentence, and whether to try again."""
    with (
        proxy(handshake, ("us", "s3cret") if login else None, answer) as way,
        pytest.raises(SourceError) as caught,
    ):
        dial(url.format(port=way.port), "db.internal", 3306)
    said = str(caught.value)
    assert "s3cret" not in said and f"127.0.0.1:{way.port}" in said
    return said, caught.value.transient


@pytest.mark.parametrize(
    ("answer", "reason", "transient"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "wants a user and a password in its address", False),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "it says 403", False),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "it says 502", True),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "does not speak HTTP", False),
        (b"HTTP/1.1 200 OK\r\n", "closed the connection", True),
        (b"HTTP/1.1 200 OK\r\n" + b"x" * 20_000, "its answer has no end", False),
    ],
)
def test_an_http_proxy_that_refuses(answer: bytes, reason: str, transient: bool) -> None:
    said, again = refusal(http, "http://us:s3cret@127.0.0.1:{port}", answer=answer)
    assert reason in said and again is transient


@pytest.mark.parametrize(
    ("answer", "reason", "transient"),
    [
        (b"\x05\xff", "wants a user and a password in its address", False),
        (b"\x05\x00\x05\x02\x00\x01", "its rules do not allow that", False),
        (b"\x05\x00\x05\x05\x00\x01", "nobody listens there", True),
        (b"HT", "does not speak SOCKS 5", False),
        (b"\x05", "closed the connection", True),
    ],
)
def test_a_socks_proxy_that_refuses(answer: bytes, reason: str, transient: bool) -> None:
    said, again = refusal(socks5, "socks5://127.0.0.1:{port}", answer=answer)
    assert reason in said and again is transient


def test_passwords_of_proxies() -> None:
    assert "does not accept that user" in refusal(socks5, "socks5://us:no@127.0.0.1:{port}", login=True)[0]
    assert "wants a user and a password" in refusal(socks5, "socks5://127.0.0.1:{port}", login=True)[0]
    with proxy(http, answer=b"HTTP/1.1 403 Forbidden\r\n\r\n") as way, pytest.raises(SourceError):
        dial(f"http://us:s3%3Acret@127.0.0.1:{way.port}", "db.internal", 3306)
    assert way.logins == [b"Proxy-Authorization: Basic dXM6czM6Y3JldA=="]


def test_a_socks_proxy_takes_the_right_password(primary: Server) -> None:
    with proxy(socks5, ("us", "s3:cret")) as way:
        sock = dial(f"socks5://us:s3%3Acret@127.0.0.1:{way.port}", "127.0.0.1", primary.tcp_port)
        assert sock.recv(1)
        sock.close()


def test_a_proxy_that_is_down() -> None:
    with pytest.raises(SourceError, match=r"The proxy 127\.0\.0\.1:.* cannot be reached") as caught:
        dial(f"http://127.0.0.1:{free_port()}", "db.internal", 3306)
    assert caught.value.transient
