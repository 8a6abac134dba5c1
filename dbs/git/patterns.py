"""Which paths a pattern such as `database/migrations/**` means.

    ?      one character of a name
    *      any characters of a name, also none; names that begin with a dot are no exception
    **     as a whole component: any number of directories, also none. At the end: every file below, however deep

Everything else stands for itself, upper and lower case are told apart, and the whole path has to fit: `*.sql` are files
of the top directory, `**/*.sql` are those everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dbs.errors import SettingsError
from dbs.git.shown import shown

_LONGEST = 1000


@dataclass(frozen=True)
class Pattern:
    """A pattern of paths. Raises `SettingsError` when no path can fit it."""

    text: str

    def __post_init__(self) -> None:
        problem = _problem(self.text)
        if problem:
            raise SettingsError(f'The pattern of paths "{shown(self.text)}" {problem}.')

    def matches(self, path: str) -> bool:
        """Whether a path of a file fits; its parts are separated by `/`."""
        parts = self.text.split("/")
        if parts[-1] == "**":
            parts.append("*")
        return _fits(parts, path.split("/"), "**", _component_fits)

    @property
    def directory(self) -> str:
        """The directory below which everything lies that fits; empty for the top."""
        plain: list[str] = []
        for part in self.text.split("/")[:-1]:
            if _is_wild(part):
                break
            plain.append(part)
        return "/".join(plain)


def _problem(text: str) -> str:
    parts = text.split("/")
    if not text or len(text) > _LONGEST:
        return f"is empty or longer than {_LONGEST} characters"
    if not text.isprintable() or "\\" in text:
        return 'holds a character that paths are not written with; parts are separated by "/"'
    if any(part in ("", ".", "..") for part in parts):
        return (
            'has to be a path from the top of the repository, without "//", "." and "..", and without "/" at its ends'
        )
    if any("**" in part and part != "**" for part in parts):
        return 'has "**" beside other characters; between two "/" it stands alone'
    return ""


def _is_wild(part: str) -> bool:
    return "*" in part or "?" in part


def _component_fits(pattern: str, name: str) -> bool:
    return _fits(pattern, name, "*", lambda sign, character: sign in ("?", character))


def _fits(pattern: Sequence[str], text: Sequence[str], many: str, one_fits: Callable[[str, str], bool]) -> bool:
    """Whether a text fits, where `many` stands for any number of its members.

    Only the last `many` is ever tried again, so that this takes at most the product of both lengths: a regular
    expression takes exponential time for names that somebody made for it.
    """
    at = place = again = 0
    last_many = -1
    while place < len(text):
        if at < len(pattern) and pattern[at] == many:
            last_many, again = at, place
            at += 1
        elif at < len(pattern) and one_fits(pattern[at], text[place]):
            at, place = at + 1, place + 1
        elif last_many >= 0:
            again += 1
            at, place = last_many + 1, again
        else:
            return False
    return all(member == many for member in pattern[at:])
