"""Foreign text in Markdown: a title, a path, an error message may be an attack on whoever reads it."""

from __future__ import annotations

import re
import unicodedata

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&$=:^])")
_BREAK = "\u200b"
"""A space of no width: it keeps GitHub from seeing a name to notify, a number to link, or an address."""

_LINKED = re.compile(r"(@|#|\bGH-|://|\bwww\.)(?=\S)", re.IGNORECASE)


def plain(text: str, most: int = 300) -> str:
    """Foreign text for one line of Markdown: shown as it is written, notifying nobody and linking nowhere."""
    broken = _LINKED.sub(rf"\1{_BREAK}", _visible(text, most))
    return _SPECIAL.sub(r"\\\1", broken)


def code(text: str, most: int = 300) -> str:
    """Foreign text for one line as code, in as many back-ticks as it needs."""
    visible = _visible(text, most).replace("|", "¦")  # a bar ends a table's cell, even in code
    ticks = "`" * (max((len(run) for run in re.findall("`+", visible)), default=0) + 1)
    pad = " " if visible.startswith("`") or visible.endswith("`") or not visible else ""
    return f"{ticks}{pad}{visible}{pad}{ticks}"


def block(text: str, language: str = "") -> str:
    """Foreign text of several lines as a block of code, in a fence that it cannot close."""
    visible = "".join(one if one in "\n\t" else _shown(one) for one in text.replace("\r\n", "\n"))
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", visible)), default=0) + 1)
    return f"{fence}{language}\n{visible.rstrip()}\n{fence}"


def _visible(text: str, most: int) -> str:
    line = "".join(_shown(one) for one in " ".join(text.split()))
    return line if len(line) <= most else line[: most - 1] + "…"


def _shown(one: str) -> str:
    """A character; for what has no shape, such as the marks that turn the direction of writing, its number."""
    hidden = unicodedata.category(one) in ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")
    return f"\\u{ord(one):04x}" if hidden else one
