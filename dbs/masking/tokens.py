"""The words of a CREATE TABLE, as `SHOW CREATE TABLE` writes it."""

from __future__ import annotations

import re

from dbs.masking.interface import MaskingError

_TOKEN = re.compile(
    r"\s+|/\*M?!\d*|\*/|(`(?:[^`]|``)*+`|'(?:[^'\\]|\\.|'')*+'|\"(?:[^\"\\]|\\.|\"\")*+\"|[(),=]|[^\s`'\"(),=]+?(?=\*/|[\s`'\"(),=]|$))",
    re.DOTALL,
)


class UnknownWordError(Exception):
    """A word of a definition that has no meaning here; names and keywords only, never a value."""


def tokens_of(text: str) -> list[str]:
    """Words, names, texts, brackets and commas. The marks of executable comments are left out, what is in them not."""
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise MaskingError("A CREATE TABLE in the dump is not understood; it breaks off inside a text or a name.")
        if match[1] is not None:
            found.append(match[1])
        at = match.end()
    return found


class Tokens:
    """The tokens of a definition, taken one after another."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._tokens)

    @property
    def next(self) -> str:
        """The next token in upper case, which stays; empty at the end."""
        return self._tokens[self._at].upper() if self else ""

    def take(self, *wanted: str) -> str:
        """The next token as it is; it must be one of `wanted`, if any are named."""
        token = self._tokens[self._at] if self else ""
        if not token or (wanted and token.upper() not in wanted):
            raise UnknownWordError(token)
        self._at += 1
        return token

    def skip(self, *wanted: str) -> bool:
        """Take the next tokens if they are these."""
        there = tuple(token.upper() for token in self._tokens[self._at : self._at + len(wanted)]) == wanted
        self._at += len(wanted) if there else 0
        return there

    def name(self) -> str:
        """The next token, a name in back-ticks."""
        token = self.take()
        if token[0] != "`":
            raise UnknownWordError(token)
        return token[1:-1].replace("``", "`")

    def group(self) -> list[str]:
        """What stands in the brackets that begin here, without the outer ones."""
        self.take("(")
        begin, depth = self._at, 1
        while depth:
            depth += {"(": 1, ")": -1}.get(self.take(), 0)
        return self._tokens[begin : self._at - 1]
