"""Foreign text → text that Slack shows as it is: nothing in it can ping, format or reorder what stands beside it."""

from __future__ import annotations

import re

# Characters that turn the direction of everything after them, and halves of characters, which JSON cannot carry.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_HALF_ENTITY = re.compile(r"&[a-z]{0,3}$")
NOTHING = "-"


def clean(text: str) -> str:
    """The text without control characters; never empty, because Slack refuses empty texts."""
    shown = _UNSAFE.sub("", text)
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
