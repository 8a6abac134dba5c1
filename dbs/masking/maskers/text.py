"""`text`: filler of the same length in the same lines, behind a digest that keeps different texts different."""

from __future__ import annotations

from dbs.masking.interface import Mask, Place
from dbs.masking.keys import digester
from dbs.masking.maskers.classes import same_length
from dbs.masking.maskers.rules import Kind, Options, masker, refused
from dbs.masking.maskers.values import DISTINCT_CHARACTERS, comparable, length, letters, room, split_spaces

_DIGEST = 16  # characters, 80 bits
_LOREM = (
    b" lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore"
    b" magna aliqua ut enim ad minim veniam quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo"
    b" consequat duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur"
)
_FILLER = _LOREM * 64


def _make(place: Place, options: Options, key: bytes) -> Mask:
    if place.kind == "binary":
        of_bytes = same_length(key)
        return lambda value, _row: of_bytes(value)
    fits = room(place)
    if place.injective and fits < DISTINCT_CHARACTERS:
        raise refused(place, f"{fits} characters are too few for texts that are always different. Write token.")
    digest = digester(key, 12)

    def mask(value: bytes, _row: bytes) -> bytes:
        body, spaces = split_spaces(value)
        if not body:
            return value
        head = letters(digest(comparable(body, place.exact)), _DIGEST)
        count = length(body)
        if place.injective and count < _DIGEST:
            count = min(_DIGEST, fits)
        new = head[:count] if count <= _DIGEST else _filled(head, body, count, place.injective)
        return new + spaces[: fits - len(new)] if spaces else new

    return mask


def _filled(head: bytes, body: bytes, count: int, whole: bool) -> bytes:
    filler = _FILLER if count <= len(_FILLER) else _LOREM * (count // len(_LOREM) + 1)
    text = head + filler[: count - len(head)]
    if b"\n" not in body:
        return text
    if not body.isascii():
        body = body.decode("utf-8", "replace").encode("ascii", "replace")
    # In a unique column no break may stand in the digest: the text would be less different by what it covers.
    lines, start = [], len(head) if whole else 0
    if whole:
        lines.append(head)
        body = body[start:]
    for line in body.split(b"\n"):
        lines.append(text[start : start + len(line)])
        start += len(line) + 1
    return b"".join([lines[0], b"\n".join(lines[1:])]) if whole else b"\n".join(lines)


MASKER = masker(
    Kind("text", "filler of as many characters in the same lines; bytes: random ones", ("text", "binary"), "high", 90),
    _make,
)
