"""Writing a masked dump: a `.sql.zst` of several frames, which a stock client reads as one and we read in parallel.

The order: head, tables, rows table by table, objects (views, triggers, routines, events), tail.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from dbs.dumps.interface import DumpError, DumpFrame
from dbs.zstd import CompressionParameter, ZstdCompressor

_LEVEL = 1
"""Half the size of the text at 300 MB/s; higher levels cost more processor than they save disk (notes, section 4)."""
_FRAME_BYTES = 8 * 1024 * 1024
"""Of text in one frame of rows, so that a large table is checked and loaded by several at once."""

_HEAD = """\
-- MySQL dump of dbs: masked data of `{database}`
--
-- Host: masked    Database: {database}
-- ------------------------------------------------------
-- Server version\t{version}
-- Data from {data_state_at} UTC. {masked}

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES' */;
"""
_TAIL = """\
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;

-- Dump completed on {now}
"""


def _nobody(_: DumpFrame) -> None:
    """Nobody reads the file before it is finished."""


class DumpWriter:
    """Writes one dump to a file that exists. Keeps the sha256 and size of the file, and the size of the text."""

    def __init__(self, file: IO[bytes], name: str, written: Callable[[DumpFrame], None] = _nobody) -> None:
        """`written` hears of each frame once it can be read from the file."""
        self.frames: list[DumpFrame] = []
        self.text_bytes = 0
        self.bytes_on_disk = 0
        self._file = file
        self._name = name
        self._written = written
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of the file as far as it is written."""
        return self._digest.hexdigest()

    def head(self, database: str, version: str, data_state_at: str, masked: str) -> None:
        """The comments that say what this is, and the settings that the rest needs."""
        said = " ".join(masked.split())  # a comment ends with its line
        named = database.replace("\n", " ").replace("\r", " ")
        self._frame("", _HEAD.format(database=named, version=version, data_state_at=data_state_at, masked=said))

    def statements(self, statements: Iterable[str]) -> None:
        """A frame of statements that hold no rows; each ends itself."""
        self._frame("", "".join(f"\n{statement}\n" for statement in statements))

    def rows(self, table: str, pieces: Iterable[tuple[bool, bytes | bytearray]]) -> Iterator[int]:
        """The rows of a table, as (whether a wide row, SQL); yields the bytes of each piece once it is written."""
        pending: list[tuple[bool, bytes | bytearray]] = []
        iterator = iter(pieces)
        while True:
            first = pending.pop() if pending else next(iterator, None)
            if first is None:
                return
            wide, left = first[0], _FRAME_BYTES
            with self._open(table, wide) as compressor:
                piece: tuple[bool, bytes | bytearray] | None = first
                while piece is not None and piece[0] == wide and left > 0:
                    self._text(compressor, piece[1])
                    yield len(piece[1])
                    left -= len(piece[1])
                    piece = next(iterator, None)
                if piece is not None:
                    pending.append(piece)

    def tail(self) -> None:
        """The settings back, and the line without which a dump counts as cut off; then the file is on the disk."""
        self._frame("", _TAIL.format(now=datetime.now(UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")))
        with _disk(self._name):
            self._file.flush()
            os.fsync(self._file.fileno())

    def _frame(self, table: str, text: str) -> None:
        with self._open(table, wide=False) as compressor:
            self._text(compressor, text.encode())

    @contextmanager
    def _open(self, table: str, wide: bool) -> Iterator[ZstdCompressor]:
        compressor = ZstdCompressor(
            options={CompressionParameter.compression_level: _LEVEL, CompressionParameter.checksum_flag: 1}
        )
        offset = self.bytes_on_disk
        yield compressor
        self._bytes(compressor.flush())
        self.frames.append(DumpFrame(table, offset, self.bytes_on_disk - offset, wide))
        with _disk(self._name):
            self._file.flush()
        self._written(self.frames[-1])

    def _text(self, compressor: ZstdCompressor, text: bytes | bytearray) -> None:
        self.text_bytes += len(text)
        self._bytes(compressor.compress(text))

    def _bytes(self, piece: bytes) -> None:
        if not piece:
            return
        with _disk(self._name):
            self._file.write(piece)
        self._digest.update(piece)
        self.bytes_on_disk += len(piece)


@contextmanager
def _disk(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DumpError(f"{name} cannot be written: {error.strerror}. Nothing was published.") from error


@contextmanager
def open_for_writing(path: Path) -> Iterator[IO[bytes]]:
    """The file to write to, which exists, until the end of the block. Raises `DumpError`."""
    with _disk(path.name):
        file = path.open("r+b")
    try:
        yield file
    except BaseException:
        # On a full disk what is left in the buffer fails once more: not in place of what people are to read.
        with suppress(OSError):
            file.close()
        raise
    with _disk(path.name):
        file.close()
