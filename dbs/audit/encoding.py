"""Texts as the audit table stores them: on one line, visible, of bounded length."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

LIMIT = 4000
"""Characters of a field; a longer one is cut and its digest kept."""


def encoded(text: str) -> str:
    """The text without anything that could forge a line: `\\n`, `\\x1b`, `\\u202e` and the like are spelled out.

    A backslash is doubled, so that no two texts look alike.
    """
    if text.isprintable() and "\\" not in text:  # as nearly always
        return _cut(text, text)
    return _cut("".join(_visible(character) for character in text), text)


def encoded_json(values: Mapping[str, Any]) -> str:
    """Canonical JSON, ASCII only. What is too long becomes `{"cut": "its beginning", "sha256": …}`."""
    whole = canonical(values)
    if len(whole) <= LIMIT:
        return whole
    # Quotes and backslashes of the beginning are escaped once more, which at worst doubles them.
    return canonical({"cut": whole[: LIMIT // 2 - 100], "sha256": _digest(whole)})


def canonical(value: object) -> str:
    """JSON in the one form that is hashed: sorted keys, no spaces, ASCII, DEL escaped too.

    Raises `TypeError` for what JSON does not know.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("\x7f", "\\u007f")


def _visible(character: str) -> str:
    if character == "\\" or not character.isprintable():
        return character.encode("unicode_escape").decode("ascii")
    return character


def _cut(text: str, original: str) -> str:
    if len(text) <= LIMIT:
        return text
    mark = f"…[cut: {len(original)} characters, sha256 {_digest(original)}]"
    return text[: LIMIT - len(mark)] + mark


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
