"""What is refused before a server is touched, and what is read from a whole dump."""

from __future__ import annotations

import gzip
import hashlib
import os
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dbs.dumps.interface import DumpError
from dbs.dumps.reading import CHUNK_BYTES, read
from dbs.dumps.verify import verify

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HEADER = b"""/*M!999999\\- enable the sandbox mode */\x20
-- MariaDB dump 10.19-11.4.2-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: db.internal    Database: shop
-- ------------------------------------------------------
-- Server version\t11.4.2-MariaDB-log

"""
TRAILER = b"\n-- Dump completed on 2026-11-19  1:02:03\n"
SEEDED = random.Random(28)
ROWS = b"".join(b"INSERT INTO `t` VALUES (%d,'%s');\n" % (n, SEEDED.randbytes(20).hex().encode()) for n in range(4000))
DUMP = HEADER + ROWS + TRAILER
TIMES = 50


def zstd_packed(text: bytes) -> bytes:
    """With a checksum, as the zstd program packs."""
    return zstd.compress(text, options={zstd.CompressionParameter.checksum_flag: 1})


PACKED = {"none": DUMP, "gzip": gzip.compress(DUMP, mtime=0), "zstd": zstd_packed(DUMP)}


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine stands in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def file(directory: Path, content: bytes, name: str = "shop.sql") -> Path:
    path = directory / name
    path.write_bytes(content)
    return path


def refusal(directory: Path, content: bytes) -> str:
    """The sentence that refuses a file with this content; it names the file."""
    with pytest.raises(DumpError) as caught:
        verify(file(directory, content))
    sentence = str(caught.value)
    assert sentence.startswith("shop.sql ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize("kind", PACKED)
def test_a_whole_dump_is_described(tmp_path: Path, kind: str) -> None:
    path = file(tmp_path, PACKED[kind], "name-says-nothing")
    os.utime(path, (1_800_000_000, 1_800_000_000))
    dump = verify(path)
    assert (dump.path, dump.bytes_on_disk, dump.uncompressed_bytes) == (path, len(PACKED[kind]), len(DUMP))
    assert dump.sha256 == hashlib.sha256(PACKED[kind]).hexdigest()
    assert (dump.compression, dump.checksummed) == (kind, kind != "none")
    assert dump.program == "MariaDB dump 10.19-11.4.2-MariaDB, for debian-linux-gnu (x86_64)"
    assert (dump.server_version, dump.database) == ("11.4.2-MariaDB-log", "shop")
    assert dump.completed_at == datetime(2026, 11, 19, 0, 2, 3, tzinfo=UTC)
    assert dump.completed_at.tzinfo is UTC
    assert dump.modified_at == datetime(2027, 1, 15, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", PACKED)
def test_the_text_is_read_in_bounded_chunks(tmp_path: Path, kind: str) -> None:
    text = HEADER + b"x" * (5 * CHUNK_BYTES) + ROWS
    packed = {"none": text, "gzip": gzip.compress(text), "zstd": zstd_packed(text)}[kind]
    chunks = list(read(file(tmp_path, packed)))
    assert b"".join(chunks) == text
    assert max(map(len, chunks)) <= CHUNK_BYTES


@pytest.mark.parametrize("kind", PACKED)
def test_a_cut_off_file_is_refused(tmp_path: Path, kind: str) -> None:
    # A plain file that has lost no more than the end of its last line is still whole.
    last = len(PACKED[kind]) - (len(TRAILER) if kind == "none" else 1)
    for size in random.Random(kind).sample(range(last), TIMES):
        sentence = refusal(tmp_path, PACKED[kind][:size])
        assert any(word in sentence for word in ("is cut off", "holds no SQL", "is empty", "is no SQL"))
        if size > 1000:
            assert f"byte {size} " in sentence


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_flipped_bit_is_refused(tmp_path: Path, kind: str) -> None:
    for position in random.Random(kind).sample(range(len(PACKED[kind]) * 8), TIMES):
        damaged = bytearray(PACKED[kind])
        damaged[position // 8] ^= 1 << position % 8
        refusal(tmp_path, bytes(damaged))


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("junk", [b"junk", b"\0", b"\x1f", b"\0" * 100_000, b"INSERT INTO t VALUES (1);\n"])
def test_trailing_junk_is_refused(tmp_path: Path, kind: str, junk: bytes) -> None:
    sentence = refusal(tmp_path, PACKED[kind] + junk)
    if kind != "none":
        assert f"behind byte {len(PACKED[kind])}" in sentence


@pytest.mark.parametrize("pack", [gzip.compress, zstd_packed])
def test_joined_frames_are_accepted_when_each_is_whole(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    first, second = pack(DUMP[:70_000]), pack(DUMP[70_000:])
    assert verify(file(tmp_path, first + second)).uncompressed_bytes == len(DUMP)
    assert b"".join(read(file(tmp_path, first + second))) == DUMP
    assert "is" in refusal(tmp_path, first[:-9] + second)
    assert f"ends at line {DUMP[:70_000].count(10) + 1} " in refusal(tmp_path, first)


def test_a_skippable_frame_is_skipped(tmp_path: Path) -> None:
    skippable = b"\x50\x2a\x4d\x18" + (3).to_bytes(4, "little") + b"abc"
    dump = verify(file(tmp_path, skippable + PACKED["zstd"]))
    assert (dump.compression, dump.uncompressed_bytes) == ("zstd", len(DUMP))


def test_a_frame_without_checksum_is_told(tmp_path: Path) -> None:
    assert not verify(file(tmp_path, zstd.compress(DUMP))).checksummed


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (gzip.compress(b"", mtime=0), "holds no SQL statement"),
        (zstd_packed(b""), "holds no SQL statement"),
        (b"\n\n", "holds no SQL statement (its text ends at line 3, byte 2)"),
        (b"BZh91AY&SY\x00\x01;", "is no SQL dump"),
        ("SELECT 1;".encode("utf-16"), "is no SQL dump"),
        (DUMP.replace(b"completed", b"complete"), "is cut off: it ends at line 4010"),
        (DUMP + b"\0" * 4000, "goes on behind its end"),
    ],
)
def test_what_is_no_dump_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    assert words in refusal(tmp_path, content)


def test_missing_files_and_directories_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DumpError, match=r"nowhere\.sql cannot be read: No such file or directory; check"):
        verify(tmp_path / "nowhere.sql")
    with pytest.raises(DumpError, match="is not a file; give the name of a dump file"):
        verify(tmp_path)


def test_a_hand_written_script_needs_no_header(tmp_path: Path) -> None:
    dump = verify(file(tmp_path, b"CREATE TABLE t (a INT);\n"))
    assert (dump.program, dump.server_version, dump.database, dump.completed_at) == (None, None, None, None)


@pytest.mark.parametrize("trailer", [b"-- Dump completed\n", b"-- Dump completed on 2026-13-45  1:02:03\r\n"])
def test_a_dump_without_a_usable_date_is_whole(tmp_path: Path, trailer: bytes) -> None:
    assert verify(file(tmp_path, HEADER + ROWS + trailer)).completed_at is None
