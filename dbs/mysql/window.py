"""The part of a long stream of bytes that is being looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable


class Window:
    """A buffer over chunks. What lies before the mark is forgotten when more is read, so memory is bounded.

    `position` is an index into the buffer; the mark knows its line (from 1) and its offset in the stream.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._buffer = bytearray()
        self._base = 0  # offset in the stream of the buffer's first byte
        self._mark = 0
        self._line = 1  # of the mark
        self.position = 0

    @property
    def at_end(self) -> bool:
        """Whether the position is behind the last byte read so far."""
        return self.position >= len(self._buffer)

    @property
    def byte(self) -> int:
        """The byte at the position, which must not be at the end."""
        return self._buffer[self.position]

    @property
    def marked_place(self) -> tuple[int, int]:
        """Line and offset of the mark."""
        return self._line, self._base + self._mark

    def peek(self, distance: int) -> int | None:
        """The byte that many behind the position, if it has been read."""
        index = self.position + distance
        return self._buffer[index] if index < len(self._buffer) else None

    def more(self) -> bool:
        """Read one more chunk; False when the stream has ended."""
        for chunk in self._chunks:
            if chunk:
                del self._buffer[: self._mark]
                self._base += self._mark
                self.position -= self._mark
                self._mark = 0
                self._buffer += chunk
                return True
        return False

    def ensure(self, size: int) -> bool:
        """Read until that many bytes are there behind the position; False when the stream ends before."""
        while len(self._buffer) - self.position < size:
            if not self.more():
                return False
        return True

    def mark(self) -> tuple[int, int]:
        """Set the mark to the position and return its line and offset."""
        self._line += self._buffer.count(b"\n", self._mark, self.position)
        self._mark = self.position
        return self.marked_place

    def marked(self) -> bytes:
        """The bytes from the mark to the position."""
        with memoryview(self._buffer) as view:
            return bytes(view[self._mark : self.position])

    def startswith(self, prefix: bytes) -> bool:
        """Whether these bytes stand at the position; reads on when it takes more to know."""
        self.ensure(len(prefix))
        return self._buffer.startswith(prefix, self.position)

    def match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        """The pattern at the position, in what has been read."""
        return pattern.match(self._buffer, self.position)

    def matches(self, pattern: re.Pattern[bytes], size: int) -> bool:
        """Whether the pattern, which looks at most at `size` bytes, matches at the position."""
        self.ensure(size)
        return self.match(pattern) is not None

    def advance(self, pattern: re.Pattern[bytes]) -> None:
        """Move behind what the pattern matches at the position, in what has been read."""
        found = self.match(pattern)
        if found is not None:
            self.position = found.end()

    def find(self, wanted: bytes) -> bool:
        """Move behind the next such bytes, or to the end of the stream (False)."""
        while True:
            index = self._buffer.find(wanted, self.position)
            if index >= 0:
                self.position = index + len(wanted)
                return True
            self.position = max(self.position, len(self._buffer) - len(wanted) + 1)
            if not self.more():
                self.position = len(self._buffer)
                return False

    def skip_byte_order_mark(self) -> None:
        """Move behind the UTF-8 byte order mark that some editors put first."""
        if self.startswith(b"\xef\xbb\xbf"):
            self.position += 3
