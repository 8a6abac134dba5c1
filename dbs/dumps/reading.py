"""The text of a dump file in pieces, whatever it is packed with; damage is found while reading."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from dbs.dumps.interface import DumpError
from dbs.zstd import ZstdDecompressor, ZstdError

CHUNK_BYTES = 1024 * 1024
"""The largest chunk of text that is handed out."""
PIECE_BYTES = 64 * 1024
"""How much is read from a packed file at once, and so how exactly the place of damage is known."""
LONGEST_MAGIC = 4
GZIP_MAGIC = b"\x1f\x8b\x08"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# RFC 8878, 3.1.2: sixteen magic numbers for frames that hold no data.
ZSTD_SKIPPABLE = tuple(bytes([low, 0x2A, 0x4D, 0x18]) for low in range(0x50, 0x60))
MAGICS = {"gzip": (GZIP_MAGIC,), "zstd": (ZSTD_MAGIC, *ZSTD_SKIPPABLE)}

Observer = Callable[[bytes], object]
"""Sees every byte of the file as it lies on the disk, in order; a hash, for instance."""


def read(path: Path, observe: Observer = len) -> Iterator[bytes]:
    """The uncompressed text in chunks of at most 1 MiB. Raises `DumpError` where the file is damaged or cut off."""
    try:
        with path.open("rb") as file:
            yield from _unpacked(file, path.name, observe)
    except OSError as error:
        raise DumpError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def compression(beginning: bytes) -> str:
    """`gzip`, `zstd` or `none`, by the first four bytes of a file."""
    for name, magics in MAGICS.items():
        if beginning.startswith(magics):
            return name
    return "none"


class Frame(Protocol):
    """One gzip member or zstd frame being unpacked."""

    @property
    def done(self) -> bool: ...
    @property
    def rest(self) -> bytes: ...
    def feed(self, data: bytes) -> Iterator[bytes]: ...


class GzipFrame:
    """A gzip member; zlib checks its CRC-32 and length."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)

    @property
    def done(self) -> bool:
        """Whether the member has ended."""
        return self._inner.eof

    @property
    def rest(self) -> bytes:
        """What was fed and lies behind the end of the member."""
        return self._inner.unused_data

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The text that these bytes bring out."""
        while True:
            text = self._inner.decompress(data, CHUNK_BYTES)
            if text:
                yield text
            data = self._inner.unconsumed_tail
            if self.done or (not data and len(text) < CHUNK_BYTES):
                return


class ZstdFrame:
    """A zstd frame; the library checks its checksum where it has one."""

    def __init__(self) -> None:
        self._inner = ZstdDecompressor()

    @property
    def done(self) -> bool:
        """Whether the frame has ended."""
        return self._inner.eof

    @property
    def rest(self) -> bytes:
        """What was fed and lies behind the end of the frame."""
        return self._inner.unused_data

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The text that these bytes bring out."""
        while True:
            text = self._inner.decompress(data, CHUNK_BYTES)
            if text:
                yield text
            data = b""
            if self.done or self._inner.needs_input:
                return


FRAMES: dict[str, Callable[[], Frame]] = {"gzip": GzipFrame, "zstd": ZstdFrame}


def _unpacked(file: BinaryIO, name: str, observe: Observer) -> Iterator[bytes]:
    beginning = file.read(LONGEST_MAGIC)
    observe(beginning)
    kind = compression(beginning)
    if kind == "none":
        yield beginning
        while chunk := file.read(CHUNK_BYTES):
            observe(chunk)
            yield chunk
        return
    source = _Source(file, beginning, observe)
    while source.data:
        source.fill()
        if not source.data.startswith(MAGICS[kind]):
            raise DumpError(
                f"{name} holds something that is not {kind} behind byte {source.offset}; "
                "it was damaged or appended to, so fetch or make it again."
            )
        yield from _frame_text(source, FRAMES[kind](), name, kind)


class _Source:
    """The packed bytes not yet unpacked (`data`), and the offset in the file of the first of them."""

    def __init__(self, file: BinaryIO, data: bytes, observe: Observer) -> None:
        self._file = file
        self._observe = observe
        self.data = data
        self.offset = 0

    def fill(self) -> bool:
        """Read a piece if less than a magic number is there; False when there is nothing."""
        if len(self.data) < PIECE_BYTES:
            piece = self._file.read(PIECE_BYTES)
            self._observe(piece)
            self.data += piece
        return bool(self.data)

    def behind(self, rest: bytes) -> None:
        """All of `data` but `rest` has been used."""
        self.offset += len(self.data) - len(rest)
        self.data = rest


def _frame_text(source: _Source, frame: Frame, name: str, kind: str) -> Iterator[bytes]:
    """The text of one frame; afterwards the source stands behind it."""
    try:
        while not frame.done:
            if not source.fill():
                raise DumpError(
                    f"{name} is cut off: its {kind} data end at byte {source.offset} in the middle; "
                    "fetch or make it again."
                )
            yield from frame.feed(source.data)
            source.behind(frame.rest if frame.done else b"")
        source.fill()
    except (zlib.error, ZstdError) as error:
        raise DumpError(
            f"{name} is damaged: its {kind} data are wrong near byte {source.offset} ({error}); fetch or make it again."
        ) from error
