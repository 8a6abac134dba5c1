"""The address that the web server listens at."""

from __future__ import annotations

import socket

import pytest

from playground.web_server import bound
from web.serving import _listen


@pytest.mark.parametrize(
    "listener", [lambda: _listen("127.0.0.1", 0, "x"), lambda: bound(0)], ids=["web", "playground"]
)
def test_asyncio_sees_that_it_is_tcp_and_holds_no_answer_back(listener) -> None:  # type: ignore[no-untyped-def]
    with listener() as made:
        assert made.proto == socket.IPPROTO_TCP
