"""Reading a request's body, up to a limit."""

from __future__ import annotations

from starlette.requests import Request

MOST_BYTES = 1_000_000
"""Slack's requests and those of CI have some kilobytes; a longer body is refused without being read to its end."""

TOO_LONG = f"a body has at most {MOST_BYTES} bytes"


async def read(request: Request, most_bytes: int = MOST_BYTES) -> bytes | None:
    """The body; None when it is too long. It is counted as it comes, because the length in the header may lie."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            return None
    return bytes(body)
