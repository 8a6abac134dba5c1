"""Which bytes a request asks for (RFC 9110, section 14): so that a download that broke off can go on."""

from __future__ import annotations

import re

_ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII | re.IGNORECASE)


class UnsatisfiableError(Exception):
    """No byte of the file is asked for: 416."""


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and number of bytes; None for the whole file, also when the header is one that we do not follow.

    Several ranges at once are answered with the whole file, as the standard allows. Raises `UnsatisfiableError`.
    """
    found = _ONE.fullmatch((header or "").replace(" ", ""))
    if found is None or found[0].endswith("=-"):
        return None
    if not found[1]:
        first, last = max(0, size - int(found[2])), size - 1
    else:
        first, last = int(found[1]), min(int(found[2]), size - 1) if found[2] else size - 1
        if found[2] and int(found[2]) < first:
            return None
    if first >= size:
        raise UnsatisfiableError
    return first, last - first + 1
