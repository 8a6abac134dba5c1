"""The frames of a masked dump, unpacked one by one from their places in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from dbs.dumps.interface import DumpError, DumpFrame
from dbs.dumps.reading import PIECE_BYTES, ZstdFrame
from dbs.zstd import ZstdError


def frame_text(path: Path, frames: Iterable[DumpFrame]) -> Iterator[bytes]:
    """The text of these frames, one behind the other, in chunks. Raises `DumpError` where one is not whole."""
    try:
        with path.open("rb") as file:
            for frame in frames:
                file.seek(frame.offset)
                yield from _unpacked(iter(lambda: file.read(PIECE_BYTES), b""), frame, path.name)
    except OSError as error:
        raise DumpError(f"{path.name} cannot be read: {error.strerror or error}.") from error


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
