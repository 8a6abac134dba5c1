"""Texts that strangers wrote, made fit to be put into a sentence."""

from __future__ import annotations

import unicodedata

LONGEST_SHOWN = 200
_LEFT_OUT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (those that turn the direction of a text round, too), halves of pairs, private, none, line ends."""


def shown(text: str | bytes) -> str:
    """The text on one line without anything invisible, cut to 200 characters. Markup in it is still to be escaped."""
    decoded = text.decode(errors="replace") if isinstance(text, bytes) else text
    visible = "".join("\N{REPLACEMENT CHARACTER}" if hidden(character) else character for character in decoded)
    return visible if len(visible) <= LONGEST_SHOWN else visible[: LONGEST_SHOWN - 1] + "…"


def hidden(character: str) -> bool:
    """Whether a person would not see this character, or see others in its stead."""
    return unicodedata.category(character) in _LEFT_OUT
