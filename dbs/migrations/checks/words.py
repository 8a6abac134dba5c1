"""A statement's text as words: enough to find which statement did what the dictionary shows. Never a parse, no verdict.

Of executable comments the contents count, other comments do not. Double quotes hold text, as without ANSI_QUOTES.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

TEXT = "'"
"""The key of a text in quotes."""

# 999999 is the version no server reaches; see dbs/mysql/script.py.
_WORD = re.compile(
    r"(?P<none>\s++|\#[^\n]*+|--(?=\s|\Z)[^\n]*+|/\*(?!M?!(?!999999)).*?(?:\*/|\Z)|/\*M?!\d{0,6}|\*/)"
    r"|(?P<text>'(?:[^'\\]|\\.|'')*+'?|\"(?:[^\"\\]|\\.|\"\")*+\"?)"
    r"|(?P<name>`(?:[^`]|``)*+`?)"
    r"|(?P<word>[\w$@]++)"
    r"|(?P<mark>.)",
    re.DOTALL,
)


class Word(NamedTuple):
    """`key` is a bare word in upper case or a mark, `TEXT` for a text, empty for a name in back-ticks.

    `text` is what was written, without its quotes.
    """

    key: str
    text: str


def words(statement: str) -> tuple[Word, ...]:
    """The words in order, without blanks and comments."""
    return tuple(_words(statement))


def _words(statement: str) -> Iterator[Word]:
    for found in _WORD.finditer(statement):
        kind, text = found.lastgroup, found[0]
        if kind == "text":
            yield Word(TEXT, text[1:].removesuffix(text[0]).replace(text[0] * 2, text[0]))
        elif kind == "name":
            yield Word("", text[1:].removesuffix("`").replace("``", "`"))
        elif kind != "none":
            yield Word(text.upper(), text)


class Cursor:
    """A place among words that moves on."""

    def __init__(self, all_words: Sequence[Word]) -> None:
        self.words = all_words
        self.at = 0

    @property
    def key(self) -> str:
        """The key of the word here; empty at the end, too."""
        return self.words[self.at].key if self.at < len(self.words) else ""

    @property
    def rest(self) -> Sequence[Word]:
        """The words from here on."""
        return self.words[self.at :]

    def take(self, *keys: str) -> bool:
        """Step over exactly these words, if they come next."""
        if tuple(word.key for word in self.words[self.at : self.at + len(keys)]) != keys:
            return False
        self.at += len(keys)
        return True

    def skip(self, *keys: str) -> None:
        """Step over any of these words, as many as there are."""
        while self.key in keys and self.at < len(self.words):
            self.at += 1

    def name(self) -> str:
        """Step over a name and return its last part (`orders` of `shop.orders`); empty where none comes."""
        found = self._part()
        while self.take("."):
            found = self._part()
        return found

    def _part(self) -> str:
        if self.at >= len(self.words) or self.key in (TEXT, "(", ")", ",", ";", "=", "."):
            return ""
        self.at += 1
        return self.words[self.at - 1].text


def parts(all_words: Sequence[Word], *marks: str) -> Iterator[Sequence[Word]]:
    """The words between these marks, where those stand outside of parentheses. Empty parts are left out."""
    depth, begin = 0, 0
    for at, word in enumerate(all_words):
        depth += {"(": 1, ")": -1}.get(word.key, 0)
        if depth == 0 and word.key in marks:
            if at > begin:
                yield all_words[begin:at]
            begin = at + 1
    if begin < len(all_words):
        yield all_words[begin:]


def outside(all_words: Sequence[Word]) -> Iterator[str]:
    """The keys of the words that stand outside of parentheses."""
    depth = 0
    for word in all_words:
        depth -= word.key == ")"
        if depth == 0:
            yield word.key
        depth += word.key == "("
