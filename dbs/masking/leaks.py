"""Looking for originals in the finished dump, as it lies on the disk: what is checked is what people get.

Whole values are looked for in the columns that are kept; e-mail addresses, IBANs, card numbers and canaries everywhere.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dbs.masking.interface import KEEP, MaskingError
from dbs.masking.maskers.email import DOMAIN as STAND_IN_DOMAIN
from dbs.masking.originals import LEAST_BYTES, LEAST_DIGITS, Originals, fold
from dbs.masking.plan import ColumnPlan, TablePlan
from dbs.mysql.literals import escaped
from dbs.zstd import ZstdDecompressor, ZstdError

_READ_BYTES = 1024 * 1024
_TEXT_BYTES = 1024 * 1024
MOST_CANDIDATES = 1000
"""So many values of a frame are confirmed at the source; more cannot be by chance, and end the run."""
_LEAST_HEX = 2 + 2 * LEAST_BYTES

_TEXT = rb"'[^'\\]*+(?:\\.[^'\\]*+)*+'"
_FIELD = re.compile(_TEXT + rb"|[^,()\s;]+", re.DOTALL)
_PLAIN_TEXT, _OTHER = rb"'[^']*+'", rb"[^,'()\n]*+"
_LOCAL = re.compile(rb"[\w.+%-]{1,64}\Z")
_DOMAIN = re.compile(rb"[\w-]+(?:\.[\w-]+)+")
# ISO 13616 (two letters, two check digits, up to 30 more) and ISO/IEC 7812 (13 to 19 digits), in groups or not.
_IBAN = rb"\b[a-z]{2}\d{2}(?:[ ]?[a-z0-9]{4}){2,7}(?:[ ]?[a-z0-9]{1,3})?\b"
_CARD = rb"\b\d(?:[ -]?\d){12,18}\b"
_NUMBER = re.compile(_IBAN + rb"|" + _CARD)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
# What stands for a line break or the like, in SQL, in JSON, and in JSON in SQL. Its letter is no part of what follows.
_BREAK = re.compile(rb"\\++(?:[nrtbfz0]|u[0-9a-f]{4})")
_MEANINGS = {b"0": b"\0", b"n": b"\n", b"r": b"\r", b"z": b"\x1a"}
_LOCAL_BYTES = 64


def shapes(values: Collection[bytes]) -> frozenset[str]:
    """Which shapes there are among folded originals: what has none cannot be found inside of other values."""
    found = set()
    if any(b"@" in value for value in values):
        found.add("email")
    if any(_NUMBER.fullmatch(value) for value in values):
        found.add("number in text")
    return frozenset(found)


@dataclass
class Found:
    """What was found in one table: candidate → the columns that hold it, counted from 0.

    The candidates never leave the two processes that compare them.
    """

    values: dict[bytes, set[int]] = field(default_factory=dict)
    canaries: set[bytes] = field(default_factory=set)


class Search:
    """Reads frames of a dump and keeps what may be an original."""

    def __init__(self, originals: Originals, canaries: Collection[bytes], wanted: Collection[str]) -> None:
        """`wanted` are the shapes and kinds of columns that originals have: see `shapes`, and `ColumnPlan.kind`."""
        self._originals = originals
        self._canaries = {form: canary for canary in canaries for form in forms(canary)}
        self._wanted = frozenset(wanted)

    def frame(self, path: Path, offset: int, size: int, plan: TablePlan) -> Found:
        """One frame of a table's rows."""
        found = Found()
        looked_at = [at for at, column in enumerate(plan.columns) if self._is_looked_at(column)]
        row, plain = (_row_pattern(plan, looked_at, text) for text in (_TEXT, _PLAIN_TEXT))
        for lines in _lines(path, offset, size):
            lower = lines.lower()
            found.canaries |= {canary for form, canary in self._canaries.items() if form in lower or form in lines}
            if looked_at:
                # Where nothing is escaped a simpler pattern will do, in half the time.
                rows = (row if b"\\" in lower else plain).findall(lower)
                self._whole(found, rows, looked_at, plan)
            inside = self._originals.among(self._inside(lower))
            if inside:
                self._attribute(found, inside, lower, plan)
            if len(found.values) > MOST_CANDIDATES:
                break
        return found

    def _is_looked_at(self, column: ColumnPlan) -> bool:
        """Whether whole originals may hide in a column: kept, without a reason, and of a kind that originals have."""
        if column.mask != KEEP or column.trusted:
            return False
        dated = column.place is not None and column.place.kind == "date"
        return not dated and (column.kind == "text" or column.kind in self._wanted)

    def _whole(self, found: Found, rows: list[Any], looked_at: list[int], plan: TablePlan) -> None:
        for place, at in enumerate(looked_at):
            literals = set(rows) if len(looked_at) == 1 else {row[place] for row in rows}
            for value in self._originals.among(_meant(literals, plan.columns[at].kind)):
                found.values.setdefault(value, set()).add(at)

    def _inside(self, lines: bytes) -> Iterator[bytes]:
        """What may stand inside of other values, where originals have such a shape. `lines` are in lower case."""
        if b"\\" in lines:
            lines = _BREAK.sub(b" ", lines)
        if "email" in self._wanted:
            yield from _emails(lines)
        if "number in text" in self._wanted:
            yield from _NUMBER.findall(lines)

    def _attribute(self, found: Found, inside: set[bytes], lines: bytes, plan: TablePlan) -> None:
        """Note which columns hold what was found; one that somebody keeps for a reason may hold what others hide."""
        for line in lines.split(b"\n"):
            if not any(value in line for value in inside):
                continue
            for at, (literal, column) in enumerate(zip(_FIELD.findall(line), plan.columns, strict=False)):
                if not column.trusted:
                    for value in inside.intersection(self._inside(literal)):
                        found.values.setdefault(value, set()).add(at)


def _row_pattern(plan: TablePlan, looked_at: Collection[int], text: bytes) -> re.Pattern[bytes]:
    """One row on its line, with a group for each column that is looked at; `text` is the pattern of one in quotes."""
    any_, caught = (rb"(?:" + text + rb"|" + _OTHER + rb")", rb"(" + text + rb"|" + _OTHER + rb")")
    fields = (caught if at in looked_at else any_ for at in range(len(plan.columns)))
    return re.compile(rb"^\(" + rb",".join(fields) + rb"\)[,;]$", re.MULTILINE)


def _meant(literals: set[bytes], kind: str) -> Iterator[bytes]:
    """The folded values of literals that are long enough to be looked for."""
    if kind == "text":
        for text in literals:
            if len(text) > LEAST_BYTES:
                yield (_unescaped(text[1:-1]) if b"\\" in text else text[1:-1]).strip()
    elif kind == "number":
        yield from (digits for digits in literals if len(digits) >= LEAST_DIGITS)
    else:
        yield from (fold(bytes.fromhex(digits[2:].decode())) for digits in literals if len(digits) >= _LEAST_HEX)


def _emails(lines: bytes) -> Iterator[bytes]:
    """E-mail addresses, but for our own stand-ins: looked for at each @, which is far quicker than by a pattern."""
    parts = lines.split(b"@")
    for at, domain in enumerate(parts[1:]):
        if domain.startswith(STAND_IN_DOMAIN):
            continue
        host, local = _DOMAIN.match(domain), _LOCAL.search(parts[at][-_LOCAL_BYTES:])
        if host is not None and local is not None:
            yield local[0] + b"@" + host[0]


def _unescaped(text: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: _MEANINGS.get(found[1], found[1]), text)


def _lines(path: Path, offset: int, size: int) -> Iterator[bytes]:
    """The text of a frame in blocks of whole lines; a row is on one line. Raises `MaskingError` unless all is there."""
    decompressor, rest = ZstdDecompressor(), b""
    with path.open("rb") as file:
        file.seek(offset)
        while not decompressor.eof:
            piece = file.read(min(_READ_BYTES, size)) if decompressor.needs_input else b""
            if decompressor.needs_input and not piece:
                raise MaskingError("The dump is cut off on the disk, so it cannot be looked through; try again.")
            size -= len(piece)
            try:
                # Bounded: a megabyte of a file may be the text of gigabytes.
                text = rest + decompressor.decompress(piece, _TEXT_BYTES)
            except ZstdError as error:
                raise MaskingError("The dump is damaged on the disk, so it cannot be looked through.") from error
            end = text.rfind(b"\n") + 1
            rest = text[end:]
            yield text[:end]
    if rest:
        yield rest


def forms(canary: bytes) -> list[bytes]:
    """A canary as it is, in lower case, as SQL writes it, in hexadecimal, and in base64 wherever it may begin."""
    inner = [base64.b64encode(b"\0" * shift + canary)[(0, 2, 3)[shift] : -4] for shift in range(3)]
    plain = [canary, canary.lower(), escaped(canary).lower(), canary.hex().encode()]
    return [*plain, *(form for form in inner if len(form) >= LEAST_BYTES)]
