"""Originals planted in a finished dump: found where they must not be, and not where somebody answers for them."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from pathlib import Path

import pytest

from dbs.masking.interface import MaskingError
from dbs.masking.leaks import Found, Search
from dbs.masking.originals import Originals, fold
from dbs.masking.plan import TablePlan
from dbs.mysql.literals import rows_text
from dbs.zstd import CompressionParameter, compress
from tests.support.plans import kept, users

ZOE, IBAN, CARD = b"Zoe.Original@mail.example", b"DE89 3704 0044 0532 0130 00", b"4111 1111 1111 1111"
CANARY = b"canary.person@mail.example"
EVERYTHING = ("email", "number in text", "text", "number", "binary")
PLAN = users(kept("note"), kept("file", "binary"), kept("trusted", trusted=True))


def search(
    tmp_path: Path,
    rows: Sequence[Sequence[bytes | None]],
    originals: Collection[bytes] = (ZOE, IBAN, CARD),
    canaries: Collection[bytes] = (),
    plan: TablePlan = PLAN,
) -> Found:
    """What is found in a frame with these rows, which stands between others in its file."""
    known = Originals(20)
    known.add(map(fold, originals))
    fields = [value for row in rows for value in row]
    text = plan.target + b"\n" + rows_text(fields, [column.kind for column in plan.columns]) + b";\n"
    before, frame = compress(b"-- a head\n"), compress(text)
    path = tmp_path / "dump.sql.zst"
    path.write_bytes(before + frame + compress(b"-- a tail\n"))
    looking = Search(known, frozenset(map(fold, canaries)), EVERYTHING)
    return looking.frame(path, len(before), len(frame), plan)


def row(note: bytes | None = b"", file: bytes = b"", trusted: bytes | None = b"") -> list[bytes | None]:
    return [b"1", b"abc@dbs.test", note, file, trusted]


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    found = search(tmp_path, [row(b"only a note", b"\x00\xff", b"something")] * 50)
    assert (found.values, found.canaries) == ({}, set())


def test_what_was_remembered_is_known_and_little_else_is() -> None:
    one, other = Originals(24), Originals(24)
    known = [b"original %d" % number for number in range(2**18)]  # 64 bits for each
    one.add(known[::2])
    other.add(known[1::2])
    one.merge(other.data)
    assert Originals.of(one.data).among(known) == set(known)
    strangers = [b"stranger %d" % number for number in range(200_000)]
    assert len(one.among(strangers)) < 50  # 10 are expected


def test_a_frame_that_is_not_whole_is_not_taken_for_a_clean_one(tmp_path: Path) -> None:
    text = b"".join(b"(%d,'%d'),\n" % (number, number * number) for number in range(2000))
    frame = compress(text, options={CompressionParameter.checksum_flag: 1})  # as the writer of dumps does it
    flipped = bytearray(frame)
    flipped[len(frame) // 2] ^= 1
    looking = Search(Originals(20), (), {"text"})
    path = tmp_path / "dump"
    for damaged in (frame[:-3], bytes(flipped), b""):
        path.write_bytes(damaged)
        with pytest.raises(MaskingError, match="on the disk"):
            looking.frame(path, 0, len(frame), PLAN)


@pytest.mark.parametrize("written", [ZOE, ZOE.lower(), ZOE.upper(), b"  " + ZOE + b" "])
def test_an_original_in_a_kept_column_is_found(tmp_path: Path, written: bytes) -> None:
    found = search(tmp_path, [row(b"x"), row(written), row(b"y")])
    assert found.values == {fold(ZOE): {2}}


@pytest.mark.parametrize(
    "note",
    [
        b'{"to": ["' + ZOE + b'"]}',
        b"write to <" + ZOE + b">, please",
        b"mailto:" + ZOE + b"?subject=x",
        b"it's\n" + ZOE + b"\\",
        b"x\r\n\t" + ZOE,
        b'{"text": "dear all,\\n' + ZOE + b'"}',
        b'{"html": "\\u003c' + ZOE + b'\\u003e"}',
        b"\0" + ZOE + b"\x1a",
    ],
)
def test_an_address_inside_of_json_and_of_text_is_found(tmp_path: Path, note: bytes) -> None:
    assert search(tmp_path, [row(note)]).values == {fold(ZOE): {2}}


@pytest.mark.parametrize("number", [IBAN, CARD])
def test_an_account_inside_of_a_text_is_found(tmp_path: Path, number: bytes) -> None:
    for before in (b"pay to ", b"pay to:\n", b"\r", b'{"to": "x\\n'):
        assert search(tmp_path, [row(before + number + b", thanks")]).values == {fold(number): {2}}


def test_a_whole_value_with_what_has_to_be_escaped_is_found(tmp_path: Path) -> None:
    secret = b"it's a 'secret'\\note\nof two lines"
    assert search(tmp_path, [row(secret)], [secret]).values == {fold(secret): {2}}


def test_an_original_in_a_binary_column_is_found(tmp_path: Path) -> None:
    token = bytes(range(200, 232))
    assert search(tmp_path, [row(file=token)], [token]).values == {fold(token): {3}}


def test_a_column_that_somebody_answers_for_may_hold_it(tmp_path: Path) -> None:
    assert search(tmp_path, [row(trusted=ZOE), row(trusted=b"see " + ZOE)]).values == {}
    both = search(tmp_path, [row(note=ZOE, trusted=ZOE)])
    assert both.values == {fold(ZOE): {2}}


def test_our_own_stand_ins_are_not_looked_at(tmp_path: Path) -> None:
    assert search(tmp_path, [row(b"write to abc@dbs.test")]).values == {}


@pytest.mark.parametrize("shift", [0, 1, 2])
def test_a_canary_is_found_in_every_dress(tmp_path: Path, shift: int) -> None:
    encoded = base64.b64encode(b"x" * shift + CANARY + b"and so on")
    for form in (CANARY, CANARY.upper(), CANARY.hex().encode(), encoded):
        assert search(tmp_path, [row(b"some " + form + b" text")], canaries=[CANARY]).canaries == {CANARY}
    assert search(tmp_path, [row(file=b"\x00" + CANARY)], canaries=[CANARY]).canaries == {CANARY}
    assert search(tmp_path, [row(trusted=CANARY)], canaries=[CANARY]).canaries == {CANARY}


def test_a_canary_with_a_quote_is_found_though_it_is_written_otherwise(tmp_path: Path) -> None:
    canary = b"Zoe O'Canary\\Test"
    assert search(tmp_path, [row(b"by " + canary)], canaries=[canary]).canaries == {fold(canary)}


def test_a_row_of_many_megabytes_is_looked_through(tmp_path: Path) -> None:
    note = b"words and more words, " * 200_000 + ZOE
    assert search(tmp_path, [row(b"x"), row(note), row(b"y")]).values == {fold(ZOE): {2}}


def test_short_values_are_not_looked_for(tmp_path: Path) -> None:
    assert search(tmp_path, [row(b"short")], [b"short"]).values == {}
