"""The frames of a masked dump, unpacked one by one from their places in the file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dbs.dumps.interface import DumpError, DumpFrame
from dbs.dumps.reading import PIECE_BYTES, ZstdFrame
from dbs.zstd import ZstdError


class Packed:
    """A dump file to read frames from, by several threads at once; it stays readable when it is renamed."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor = descriptor
        self._name = name

    def text(self, frames: Iterable[DumpFrame]) -> Iterator[bytes]:
        """The text of these frames, one behind the other, in chunks. Raises `DumpError` where one is not whole."""
        with _readable(self._name):
            for frame in frames:
                yield from _unpacked(self._pieces(frame), frame, self._name)

    def _pieces(self, frame: DumpFrame) -> Iterator[bytes]:
        at = frame.offset
        while piece := os.pread(self._descriptor, PIECE_BYTES, at):
            yield piece
            at += len(piece)


@contextmanager
def packed(path: Path) -> Iterator[Packed]:
    """The file for as long as the block runs. Raises `DumpError`."""
    with _readable(path.name):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield Packed(descriptor, path.name)
    finally:
        os.close(descriptor)


def frame_text(path: Path, frames: Iterable[DumpFrame]) -> Iterator[bytes]:
    """The text of these frames of a file, as `Packed.text` gives it."""
    with packed(path) as file:
        yield from file.text(frames)


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DumpError(f"{name} cannot be read: {error.strerror or error}.") from error


def _unpacked(pieces: Iterator[bytes], frame: DumpFrame, name: str) -> Iterator[bytes]:
    """The text of the frame, which must end exactly where the manifest says."""
    unpacking, left = ZstdFrame(), frame.bytes
    try:
        for piece in pieces:
            yield from unpacking.feed(piece[:left])
            left -= min(left, len(piece))
            if unpacking.done or not left:
                break
    except ZstdError as error:
        raise DumpError(f"{name} is damaged near byte {frame.offset + frame.bytes - left}; make it again.") from error
    if left or not unpacking.done or unpacking.rest:
        raise DumpError(f"{name} does not match its manifest at byte {frame.offset}; make it again.")
