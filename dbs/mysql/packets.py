"""Rows as the server sends them (text protocol), taken apart without a client library: that is what makes it fast.

https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html
A packet is three bytes of length, one of sequence, and the payload; one of 0xFFFFFF bytes goes on in the next packet.
Each field is length-encoded; 0xFB stands for NULL.
"""

from __future__ import annotations

from struct import Struct

HEADER_BYTES = 4
LONGEST = 0xFFFFFF
"""Bytes of payload in one packet; a longer row goes on in the next."""

_NULL = 0xFB
_LENGTHS = {0xFC: 2, 0xFD: 3, 0xFE: 8}
_END, _ERROR = 0xFE, 0xFF
_END_BYTES = 9
"""An end packet is shorter; a row that begins with 0xFE has a length of eight bytes behind it."""
_word = Struct("<I").unpack_from

Fields = list["bytes | None"]


def whole(buffer: bytes, at: int = 0) -> tuple[int, int]:
    """How far whole rows reach from `at`, and what follows: bytes wanted for the next one (0 at the end or an error).

    The end and an error packet are left in the buffer.
    """
    size = len(buffer)
    while size - at >= HEADER_BYTES:
        length = _word(buffer, at)[0] & LONGEST
        end = at + HEADER_BYTES + length
        if length < _END_BYTES and size > at + HEADER_BYTES and buffer[at + HEADER_BYTES] >= _END:
            return at, 0
        if length == LONGEST:
            end, wanted = _long(buffer, at)
            if wanted:
                return at, wanted
        elif end > size:
            return at, end - size
        elif length >= _END_BYTES and buffer[at + HEADER_BYTES] == _ERROR:
            return at, 0
        at = end
    return at, HEADER_BYTES + 1 - (size - at)


def _long(buffer: bytes, at: int) -> tuple[int, int]:
    """The end of a row in several packets, and the bytes that are still missing."""
    while True:
        if len(buffer) - at < HEADER_BYTES:
            return at, HEADER_BYTES - (len(buffer) - at)
        length = _word(buffer, at)[0] & LONGEST
        at += HEADER_BYTES + length
        if at > len(buffer):
            return at, at - len(buffer)
        if length < LONGEST:
            return at, 0


def parse(block: bytes, count: int) -> Fields:
    """The fields of all rows of a block of whole packets, row after row with `count` fields each; NULL is None.

    The fields of a column are `fields[at::count]`. One list, and no call for each row: that halves the time.
    """
    found: Fields = []
    add = found.append
    at, size, each = 0, len(block), range(count)
    while at < size:
        if _word(block, at)[0] & LONGEST == LONGEST:
            end, _ = _long(block, at)
            found += parse(_joined(block, at, end), count)
            at = end
            continue
        at += HEADER_BYTES
        for _ in each:
            first = block[at]
            at += 1
            if first < _NULL:
                end = at + first
            elif first == _NULL:
                add(None)
                continue
            else:
                width = _LENGTHS[first]
                end = at + width + int.from_bytes(block[at : at + width], "little")
                at += width
            add(block[at:end])
            at = end
    return found


def _joined(block: bytes, at: int, end: int) -> bytes:
    """A row of several packets as one payload, under a header that says nothing."""
    parts = [b"\0" * HEADER_BYTES]
    while at < end:
        length = _word(block, at)[0] & LONGEST
        parts.append(block[at + HEADER_BYTES : at + HEADER_BYTES + length])
        at += HEADER_BYTES + length
    return b"".join(parts)
