"""Which entries of a tree are files that dbs takes. One rule, one function, one sentence."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Literal, cast

from dbs.git.interface import Entry, Limits, Refused, RefusedFileError
from dbs.git.parsing import Found
from dbs.git.shown import hidden, shown

LFS_BYTES = 1024
"""A pointer is smaller: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md"""
_LFS_BEGIN = (b"version https://git-lfs.github.com/", b"version https://hawser.github.com/")
_LONGEST_NAME, _LONGEST_PATH = 255, 1024  # NAME_MAX of Linux, and a quarter of its PATH_MAX
_LINK, _SUBMODULE, _FILES = "120000", "160000", ("100644", "100755")

_Rule = Callable[[str], str]


def _is_text(path: str) -> str:
    return "its name is not UTF-8 text" if any("\udc80" <= char <= "\udcff" for char in path) else ""


def _is_visible(path: str) -> str:
    return "its name holds control or invisible characters" if any(map(hidden, path)) else ""


def _stays_inside(path: str) -> str:
    parts = path.split("/")
    # Git refuses these as well; they are what a path traversal is made of.
    if any(part in ("", ".", "..") or part.casefold() == ".git" for part in parts) or "\\" in path:
        return 'its name has "..", ".", ".git" or a backslash in it'
    return ""


def _is_short(path: str) -> str:
    longest = max(len(part.encode()) for part in path.split("/"))
    return "its name is too long" if longest > _LONGEST_NAME or len(path.encode()) > _LONGEST_PATH else ""


_NAME_RULES: tuple[_Rule, ...] = (_is_text, _is_visible, _stays_inside, _is_short)


def sort_out(found: Sequence[Found], limits: Limits) -> tuple[tuple[Entry, ...], tuple[Refused, ...]]:
    """The entries that are taken, sorted by path, and those that are not, in the order of the rules."""
    accepted: list[Entry] = []
    refused: list[Refused] = []
    taken = _names_but_for_case(found)
    for one in found:
        reason = _name(one.text) or _kind(one) or _size(one, limits) or _clash(one.text, taken)
        if reason:
            refused.append(Refused(shown(one.path), _sentence(one.path, reason)))
        else:
            mode = cast(Literal["100644", "100755"], one.mode)
            accepted.append(Entry(one.text, mode, one.id, one.size or 0))
    return tuple(sorted(accepted, key=lambda entry: entry.path.encode())), tuple(refused)


def within(entries: Sequence[Entry], limits: Limits, which: str) -> None:
    """Raises `RefusedFileError` when these are too many, or too much together."""
    if len(entries) > limits.files:
        raise RefusedFileError(f"There are {len(entries)} files {shown(which)}; {limits.files} is the most.")
    together = sum(entry.bytes for entry in entries)
    if together > limits.total_bytes:
        raise RefusedFileError(
            f"The files {shown(which)} have {_megabytes(together)} together; "
            f"{_megabytes(limits.total_bytes)} is the most."
        )


def check_name(path: str) -> None:
    """Raises `RefusedFileError` when a path is not one to be shown, or to be written anywhere."""
    reason = _name(path)
    if reason:
        raw = path.encode(errors="surrogateescape")
        raise RefusedFileError(_sentence(raw, reason), shown(raw))


def check_kind(one: Found) -> None:
    """Raises `RefusedFileError` for a link or a submodule; a directory is none."""
    if one.kind != "tree" and _kind(one):
        raise RefusedFileError(_sentence(one.path, _kind(one)), shown(one.path))


def pointer(entry: Entry, contents: bytes) -> Refused | None:
    """The refusal of a file that only says where git LFS has its contents; None for any other."""
    if not contents.startswith(_LFS_BEGIN):
        return None
    reason = "its contents are kept in git LFS, where dbs does not look. Put the file itself into the repository"
    return Refused(shown(entry.path), _sentence(entry.path.encode(), reason))


def _name(path: str) -> str:
    return next(filter(None, (rule(path) for rule in _NAME_RULES)), "")


def _kind(one: Found) -> str:
    if one.mode == _LINK:
        return "it is a symbolic link. Put the file itself in its place"
    if one.mode == _SUBMODULE:
        return "it is a submodule. Put the files themselves in its place"
    return "" if one.mode in _FILES and one.kind == "blob" else "it is no regular file"


def _size(one: Found, limits: Limits) -> str:
    if one.size is not None and one.size <= limits.file_bytes:
        return ""
    return f"it has {_megabytes(one.size or 0)}; {_megabytes(limits.file_bytes)} is the most"


def _names_but_for_case(found: Sequence[Found]) -> dict[str, set[str]]:
    """Folded name → the names that fold to it, of files and of the directories above them."""
    names: dict[str, set[str]] = {}
    for one in found:
        parts = one.text.split("/")
        for number in range(1, len(parts) + 1):
            name = "/".join(parts[:number])
            names.setdefault(_folded(name), set()).add(name)
    return names


def _clash(path: str, taken: dict[str, set[str]]) -> str:
    parts = path.split("/")
    for number in range(1, len(parts) + 1):
        if len(taken[_folded("/".join(parts[:number]))]) > 1:
            return "another one has the same name but for upper and lower case, and many machines have only one of them"
    return ""


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB"


def _sentence(path: bytes, reason: str) -> str:
    return f'The file "{shown(path)}" is not taken: {reason}.'
