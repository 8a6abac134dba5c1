"""What a command wrote: the first and the last part of it are kept, and nothing in it can steer a terminal."""

from __future__ import annotations

import codecs
import re
import unicodedata

_LINES = re.compile(r"\r\n?")
# ECMA-48: CSI … final byte; OSC and its like up to BEL or ST, none of which may hide more than one line; other pairs.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\)?|[ -/]*[0-~])?")
_PLAIN = re.compile(r"[\n\t -~]*")
# Cc: controls; Cf: text direction, invisible characters; Cs, Co, Cn: no characters at all; Zl, Zp: other line ends.
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def cleaned(text: str) -> str:
    """The text without escape sequences, control characters and invisible ones; lines and tabs stay."""
    if _PLAIN.fullmatch(text):
        return text
    lines = _ESCAPES.sub("", _LINES.sub("\n", text))
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in _DROPPED)


class Kept:
    """Collects output up to a limit of bytes: half of it from the beginning, half from the end."""

    def __init__(self, limit_bytes: int) -> None:
        """Nothing was written yet."""
        self._half = max(limit_bytes // 2, 1)
        self._head, self._tail = bytearray(), bytearray()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._unfinished = ""
        self.bytes = 0

    def add(self, piece: bytes) -> str:
        """Keep it; return what of it can be shown now, cleaned: whole lines, the rest comes later."""
        self.bytes += len(piece)
        room = self._half - len(self._head)
        self._head += piece[:room]
        self._tail += piece[room:] if room > 0 else piece
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]
        return self._shown(self._decoder.decode(piece))

    def end(self) -> str:
        """What `add` held back."""
        rest = self._unfinished + self._decoder.decode(b"", final=True)
        self._unfinished = ""
        return cleaned(rest)

    def _shown(self, text: str) -> str:
        whole, line_end, rest = (self._unfinished + text).rpartition("\n")
        if len(rest) > self._half:  # a line without an end
            whole, line_end, rest = whole + line_end + rest, "", ""
        self._unfinished = rest
        return cleaned(whole + line_end)

    def text(self) -> str:
        """All that was kept, cleaned, with a line that says what is missing."""
        tail = bytes(self._tail[-self._half :])
        missing = self.bytes - len(self._head) - len(tail)
        if missing <= 0:
            return cleaned((bytes(self._head) + tail).decode(errors="replace"))
        head = cleaned(self._head.decode(errors="ignore"))
        return f"{head}\n… {missing:,} bytes left out …\n{cleaned(tail.decode(errors='ignore'))}"
