"""Foreign text → text that Slack shows as it is: nothing in it can ping, format or reorder what stands beside it."""

from __future__ import annotations

import re
from collections.abc import Collection

# Characters that turn the direction of everything after them, and halves of characters, which JSON cannot carry.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_HALF_ENTITY = re.compile(r"&[a-z]{0,3}$")
_ID = re.compile(r"\b[SUW][A-Z0-9]+\b")
NOTHING = "-"


def clean(text: str) -> str:
    """The text without control characters; never empty, because Slack refuses empty texts."""
    # What can be printed holds none of them: nearly every text, and this runs for every cell of every table.
    shown = text if text.isprintable() else _UNSAFE.sub("", text)
    return shown if shown.strip() else NOTHING


def escape(text: str) -> str:
    """For `mrkdwn` and for message texts: `<!channel>` and `<@U1>` become plain letters."""
    return clean(text).translate(_ESCAPES)


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, an ellipsis where some are missing, no entity cut in two."""
    if len(text) <= limit:
        return text
    return _HALF_ENTITY.sub("", text[: limit - 1]) + "…"


def one_line(text: str) -> str:
    """Line breaks and runs of white space as one space."""
    return " ".join(text.split()) or NOTHING


def referred(text: str, ids: Collection[str]) -> str:
    """Escaped text in which each of these ids of groups and people is a reference, which Slack shows as a name.

    Only for what one person alone sees: elsewhere a reference would call everybody that it names.
    """

    def reference(match: re.Match[str]) -> str:
        found = match[0]
        if found not in ids:
            return found
        return f"<!subteam^{found}>" if found.startswith("S") else f"<@{found}>"

    return _ID.sub(reference, text)
