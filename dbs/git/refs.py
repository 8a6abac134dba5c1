"""Names of what can be fetched, and which of them git would understand in another way."""

from __future__ import annotations

import re

from dbs.git.interface import UnknownRefError
from dbs.git.shown import hidden, shown

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LONGEST = 255
# git-check-ref-format(1), and no "-" in front, which would make an option of it.
_BAD = re.compile(r"^[-/.]|[/.]$|\.\.|//|/\.|@\{|[ ~^:?*\[\\]|\.lock(/|$)|^@$")


def is_sha(text: str) -> bool:
    """Whether this is the whole id of an object, in small letters."""
    return _SHA.fullmatch(text) is not None


def checked_sha(text: str) -> str:
    """The id itself. Raises `UnknownRefError` when it is none."""
    if not is_sha(text):
        raise UnknownRefError(f'"{shown(text)}" is no id of a commit; that has 40 characters of 0 to 9 and a to f.')
    return text


def sources(wanted: str) -> list[str]:
    """What to ask a remote for, one after the other until there is one. Raises `UnknownRefError` for bad names.

    A bare name is a branch before it is a tag: git has it the other way round, and a tag called "main" would win.
    """
    if is_sha(wanted):
        return [wanted]
    if not wanted or len(wanted) > _LONGEST or _BAD.search(wanted) or any(map(hidden, wanted)):
        raise UnknownRefError(f'"{shown(wanted)}" cannot be the name of a branch, a tag or a commit.')
    return [wanted] if wanted.startswith("refs/") else [f"refs/heads/{wanted}", f"refs/tags/{wanted}"]


def pull_ref(number: int) -> str:
    """Where GitHub, Gitea and Forgejo keep the head of a pull request."""
    return f"refs/pull/{number:d}/head"
