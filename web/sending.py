"""Sending a part of a file with little memory, and knowing how much of it was sent when that ends, however it ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PIECE_BYTES = 256 * 1024
STALL_SECONDS = 60.0
"""Whoever does not take a piece for so long is taken for gone."""


class Sending(Response):
    """An answer made of `length` bytes of an open file from where it stands; `headers` tell their number.

    The file is closed and `ended(bytes handed to the system)` is called exactly once, in a thread. After `longest`
    seconds it breaks off.
    """

    def __init__(
        self,
        file: BinaryIO,
        length: int,
        ended: Callable[[int], None],
        *,
        longest: float,
        status: int,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(status_code=status, headers=headers)
        self._file = file
        self._length = length
        self._ended = ended
        self._longest = longest
        self._sent = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        gone = asyncio.create_task(_gone(receive))
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._longest):
                    await self._send(send, gone)
        finally:
            gone.cancel()
            self._file.close()
            # A server that is being stopped cancels us here; the thread ends nevertheless.
            await asyncio.shield(asyncio.to_thread(self._ended, self._sent))

    async def _send(self, send: Send, gone: asyncio.Task[None]) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        while self._sent < self._length:
            piece = await run_in_threadpool(self._file.read, min(PIECE_BYTES, self._length - self._sent))
            if not piece or gone.done():
                return
            more = self._sent + len(piece) < self._length
            async with asyncio.timeout(STALL_SECONDS):
                await send({"type": "http.response.body", "body": piece, "more_body": more})
            self._sent += len(piece)


async def _gone(receive: Receive) -> None:
    """Returns when the other side has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass
