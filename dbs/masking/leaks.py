"""Looking for originals in the finished dump: whole values, and e-mail addresses, IBANs and card numbers inside others.

The dump is read again as it lies on the disk, so that what is checked is what people get.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from backports.zstd import ZstdDecompressor

from dbs.masking.originals import LEAST_BYTES, Originals, fold
from dbs.masking.plan import TablePlan

_READ_BYTES = 1024 * 1024
MOST_CANDIDATES = 200
"""So many values of a table are confirmed at the source; one is enough to refuse."""

_STRING = re.compile(rb"'([^'\\]*(?:\\.[^'\\]*)*)'", re.DOTALL)
_EMAIL = re.compile(rb"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
# ISO 13616 (two letters, two check digits, up to 30 more) and ISO/IEC 7812 (13 to 19 digits), in groups or not.
_NUMBER = re.compile(
    rb"\b[A-Za-z]{2}\d{2}(?:[ ]?[A-Za-z0-9]{4}){2,7}(?:[ ]?[A-Za-z0-9]{1,3})?\b|\b\d(?:[ -]?\d){12,18}\b"
)
_BARE = re.compile(rb"(?<=[(,])\d{9,20}(?=[,)])")
_HEX = re.compile(rb"(?<=[(,])0x([0-9a-f]{12,})(?=[,)])")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_MEANINGS = {b"0": b"\0", b"n": b"\n", b"r": b"\r", b"Z": b"\x1a"}
_EMAIL_AT_LEAST, _NUMBER_AT_LEAST = 6, 13


@dataclass
class Found:
    """What was found in one table. `values` are candidates: they never leave the two processes that compare them."""

    values: set[bytes] = field(default_factory=set)
    canaries: set[bytes] = field(default_factory=set)
    looked_at: int = 0


class Search:
    """Reads frames of a dump and keeps what may be an original."""

    def __init__(self, originals: Originals, canaries: Collection[bytes]) -> None:
        self._originals = originals
        self._canaries = {form: canary for canary in canaries for form in _forms(canary)}

    def frame(self, path: Path, offset: int, size: int, plan: TablePlan) -> Found:
        """One frame of a table's rows."""
        found = Found()
        kinds = {column.kind for column in plan.columns}
        for lines in _lines(path, offset, size):
            found.looked_at += len(lines)
            for canary, whole in self._canaries.items():
                if canary in lines or canary in lines.lower():
                    found.canaries.add(whole)
            for value in _values(lines, kinds):
                if value in self._originals and len(found.values) < MOST_CANDIDATES:
                    found.values.add(value)
        return found


def _values(lines: bytes, kinds: Collection[str]) -> Iterator[bytes]:
    """Every value in the rows worth looking up, folded; the same one of a block once."""
    if "text" in kinds:
        for text in set(_STRING.findall(lines)):
            yield from _of_text(_unescaped(text) if b"\\" in text else text)
    if "number" in kinds:
        yield from set(_BARE.findall(lines))
    if "binary" in kinds:
        for digits in set(_HEX.findall(lines)):
            yield fold(bytes.fromhex(digits.decode()))


def _of_text(text: bytes) -> Iterator[bytes]:
    if len(text) < LEAST_BYTES:
        return
    yield fold(text)
    if b"@" in text:
        yield from map(fold, _EMAIL.findall(text))
    if len(text) > _NUMBER_AT_LEAST:
        yield from map(fold, _NUMBER.findall(text))


def _unescaped(text: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: _MEANINGS.get(found[1], found[1]), text)


def _lines(path: Path, offset: int, size: int) -> Iterator[bytes]:
    """The text of a frame in blocks of whole lines; a row is on one line."""
    decompressor, rest = ZstdDecompressor(), b""
    with path.open("rb") as file:
        file.seek(offset)
        while size:
            piece = file.read(min(_READ_BYTES, size))
            if not piece:
                break
            size -= len(piece)
            text = rest + decompressor.decompress(piece)
            end = text.rfind(b"\n") + 1
            rest = text[end:]
            yield text[:end]
    if rest:
        yield rest


def _forms(canary: bytes) -> list[bytes]:
    """A canary as it is, in lower case, as hexadecimal digits, and in base64 wherever it may begin."""
    inner = [base64.b64encode(b"\0" * shift + canary)[(0, 2, 3)[shift] : -4] for shift in range(3)]
    return [canary, canary.lower(), canary.hex().encode(), *(form for form in inner if len(form) >= LEAST_BYTES)]
