"""SQL as words and marks: just enough to see where a compound statement ends. Never a parse, never a verdict."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["word", "name", "text", "open", "close", "mark"]

# 999999 is the version no server reaches; see dbs/mysql/script.py.
_TOKEN = re.compile(
    rb"(?P<blank>[\x00-\x20\x7f]++|#[^\n]*+|--(?=[\x00-\x20\x7f]|\Z)[^\n]*+|/\*(?!M?!(?!999999)).*?(?:\*/|\Z))"
    rb"|(?P<open>/\*M?!\d{0,6})|(?P<close>\*/)"
    rb"|(?P<text>'[^'\\]*+(?:\\.[^'\\]*+)*+'?|\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\"?)"
    rb"|(?P<name>`[^`]*+`?|@@?(?:[\w$.\x80-\xff]++|(?=['\"`]))|(?<=\.)[\w$\x80-\xff]++)"
    rb"|(?P<word>[\w$\x80-\xff]++)"
    rb"|(?P<mark>:=|.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a statement. Words (keywords, bare names, numbers) are in upper case; a `name` cannot be a keyword."""

    kind: Kind
    text: str

    @property
    def is_named(self) -> bool:
        """Whether it can be the name of a label."""
        return self.kind in ("word", "name")


NOTHING = Token("mark", "")


def tokens(statement: bytes, open_comments: int = 0) -> Iterator[Token]:
    """The tokens in order, without blanks and comments; of an executable comment its contents, `open` and `close`.

    `open_comments` executable ones are open where the text begins; where none is, `*/` is a multiplication.
    """
    at = 0
    while found := _TOKEN.match(statement, at):  # the last alternative takes any byte
        kind, at = found.lastgroup, found.end()
        if kind == "close" and not open_comments:
            kind, at = "mark", at - 1
        if kind in ("open", "close"):
            open_comments += 1 if kind == "open" else -1
        token = _MADE[kind or "blank"](found[0])
        if token is not None:
            yield token


_MADE: dict[str, Callable[[bytes], Token | None]] = {
    "blank": lambda _: None,
    "word": lambda text: Token("word", text.decode("latin-1").upper()),
    "mark": lambda text: Token("mark", text[:2].decode("latin-1").removesuffix("/")),
    "name": lambda text: Token("name", text[:70].decode("latin-1")),
    "text": lambda _: Token("text", ""),
    "open": lambda _: Token("open", ""),
    "close": lambda _: Token("close", ""),
}
