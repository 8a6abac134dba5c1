"""What GitHub takes, and making text fit: https://docs.github.com/en/rest/checks/runs and …/rest/issues/comments."""

from __future__ import annotations

import re

MOST_ANNOTATIONS = 50
"""In one request; those of further requests are added."""

LONGEST_TEXT = 65_535
"""Of `summary`, `text`, and a comment. GitHub says characters; we count bytes of UTF-8, which are never fewer."""

LONGEST_MESSAGE = 64_000
"""Bytes of an annotation's message (64 KB)."""

LONGEST_TITLE = 255
LONGEST_STATUS = 140

MORE = "… more in the thread"

_FENCE = re.compile(r"^ {0,3}(`{3,})", re.MULTILINE)


def cut(text: str, most_bytes: int = LONGEST_TEXT) -> str:
    """Markdown of at most so many bytes. What is missing is said; an open code block or `<details>` is closed."""
    if len(text.encode()) <= most_bytes:
        return text
    # Room for the end, for a line that closes a fence of up to 20 back-ticks, and for some levels of <details>.
    kept = _first_bytes(text, most_bytes - len(f"\n\n{MORE}".encode()) - 200)
    whole_lines, line_end, _ = kept.rpartition("\n")
    kept = whole_lines if line_end else kept
    return f"{kept}{_closing(kept)}\n\n{MORE}"


def one_line(text: str, most: int) -> str:
    """Text of at most so many characters without line breaks, for a title or a status."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def cut_message(text: str) -> str:
    """The message of an annotation, which is no Markdown and must not be empty."""
    short = text if len(text.encode()) <= LONGEST_MESSAGE else _first_bytes(text, LONGEST_MESSAGE - 100) + f"\n{MORE}"
    return short or "(nothing more is known)"


def _first_bytes(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")


def _closing(text: str) -> str:
    fence = ""
    for found in _FENCE.finditer(text):
        if not fence:
            fence = found[1]
        elif len(found[1]) >= len(fence):
            fence = ""
    open_details = max(0, text.count("<details") - text.count("</details>"))
    return (f"\n{fence[:20]}" if fence else "") + "\n</details>" * min(open_details, 10)
