"""Is this file a whole dump? Asked before anything touches a server."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from dbs.dumps.interface import DumpError, DumpFile
from dbs.dumps.reading import LONGEST_MAGIC, ZSTD_MAGIC, compression, read

HEADER_BYTES = 4096
"""The header of mysqldump and mariadb-dump lies in the first few hundred bytes."""
TRAILER_BYTES = 4096
TEXT_BYTES = 256
"""So much of the beginning must be text: dumps begin with comments, packed files with control characters."""

_PROGRAM = re.compile(rb"^-- ((?:MariaDB|MySQL) dump [^\r\n]*)", re.MULTILINE)
_SERVER = re.compile(rb"^-- Server version[\t ]+([^\r\n]+)", re.MULTILINE)
_DATABASE = re.compile(rb"^-- Host: [^\r\n]*?[\t ]Database: ([^\r\n]+)", re.MULTILINE)
_TRAILER = re.compile(rb"^-- Dump completed(?: on (\d{4}-\d\d-\d\d +\d{1,2}:\d\d:\d\d))?[ \t]*\r?$", re.MULTILINE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass
class _File:
    """What is remembered of the bytes on the disk while they go by."""

    size: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    beginning: bytes = b""

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        self.digest.update(piece)
        if len(self.beginning) <= LONGEST_MAGIC:
            self.beginning = (self.beginning + piece)[: LONGEST_MAGIC + 1]

    @property
    def is_checksummed(self) -> bool:
        """Whether the first frame carries a checksum of the text."""
        if self.beginning.startswith(ZSTD_MAGIC):
            # RFC 8878, 3.1.1.1.1: bit 2 of the byte behind the magic number is Content_Checksum_flag.
            return bool(self.beginning[LONGEST_MAGIC] & 0b100)
        return compression(self.beginning) == "gzip"


@dataclass
class _Text:
    """What is remembered of the text while it goes by."""

    size: int = 0
    lines: int = 0
    has_statement: bool = False
    beginning: bytearray = field(default_factory=bytearray)
    end: bytes = b""

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.lines += chunk.count(b"\n")
        self.has_statement = self.has_statement or b";" in chunk
        if len(self.beginning) < HEADER_BYTES:
            self.beginning += chunk[: HEADER_BYTES - len(self.beginning)]
        self.end = (self.end + chunk[-TRAILER_BYTES:])[-TRAILER_BYTES:]


def verify(path: Path) -> DumpFile:
    """Read the file once, from end to end, and say what it is.

    Raises `DumpError` when it is missing, empty, no dump, cut off, damaged, or goes on behind its end. A plain file
    written without the comments of mysqldump has no mark of its end: its truncation is found only when it is loaded.
    """
    modified_at = _modified_at(path)
    file, text = _File(), _Text()
    for chunk in read(path, file.add):
        text.add(chunk)
    _refuse_other_than_sql(path, text)
    program = _first(_PROGRAM, bytes(text.beginning))
    return DumpFile(
        path=path,
        sha256=file.digest.hexdigest(),
        bytes_on_disk=file.size,
        uncompressed_bytes=text.size,
        compression=compression(file.beginning),
        checksummed=file.is_checksummed,
        program=program,
        server_version=_first(_SERVER, bytes(text.beginning)) if program else None,
        database=_first(_DATABASE, bytes(text.beginning)) if program else None,
        completed_at=_completed_at(path, text) if program else None,
        modified_at=modified_at,
    )


def _modified_at(path: Path) -> datetime:
    """The time of a regular file that is not empty; anything else is refused."""
    try:
        facts = path.stat()
    except OSError as error:
        raise DumpError(f"{path} cannot be read: {error.strerror}; check the name of the dump file.") from error
    if not path.is_file():
        raise DumpError(f"{path} is not a file; give the name of a dump file.")
    if not facts.st_size:
        raise DumpError(f"{path.name} is empty; fetch or make it again.")
    return datetime.fromtimestamp(facts.st_mtime, UTC)


def _refuse_other_than_sql(path: Path, text: _Text) -> None:
    if _CONTROL.search(text.beginning, 0, TEXT_BYTES):
        raise DumpError(
            f"{path.name} is no SQL dump: its first {TEXT_BYTES} bytes are not text. "
            "Give a plain, gzip or zstd file as mariadb-dump or mysqldump writes it."
        )
    if not text.has_statement:
        raise DumpError(
            f"{path.name} holds no SQL statement (its text ends at line {text.lines + 1}, byte {text.size}); "
            "fetch or make it again."
        )


def _completed_at(path: Path, text: _Text) -> datetime | None:
    """The time in the last line that mysqldump and mariadb-dump write when all went well; it must be the last."""
    trailers = list(_TRAILER.finditer(text.end))
    if not trailers:
        raise DumpError(
            f"{path.name} is cut off: it ends at line {text.lines + 1} (byte {text.size} of the text) without "
            "the line '-- Dump completed'; fetch or make it again."
        )
    trailer = trailers[-1]
    if text.end[trailer.end() :].strip():
        raise DumpError(
            f"{path.name} goes on behind its end: there is more after '-- Dump completed' at byte "
            f"{text.size - len(text.end) + trailer.end()} of the text; fetch or make it again."
        )
    return _local_time(trailer[1]) if trailer[1] else None


def _local_time(written: bytes) -> datetime | None:
    """`2026-11-19  1:02:03` in this machine's time zone, as UTC; None for a date that does not exist.

    Of the hour that comes twice in autumn the first is taken.
    """
    try:
        return datetime.strptime(written.decode(), "%Y-%m-%d %H:%M:%S").astimezone().astimezone(UTC)
    except ValueError:
        return None


def _first(pattern: re.Pattern[bytes], beginning: bytes) -> str | None:
    found = pattern.search(beginning)
    return found[1].decode("utf-8", "replace").strip() if found else None
