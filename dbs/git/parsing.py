"""What git prints, taken apart. Names of files stay the bytes that they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from dbs.git.interface import Change, Commit, GitError
from dbs.git.shown import shown

COMMIT_FORMAT = "%H%x00%an%x00%ae%x00%ct%x00%s"
_NO_ID = {"0" * 40, "0" * 64}
_STATUS: dict[str, Literal["added", "modified", "deleted"]] = {
    "A": "added",
    "M": "modified",
    "T": "modified",  # the kind: a file became a link, say
    "D": "deleted",
}


@dataclass(frozen=True)
class Found:
    """An entry of a tree as git has it; nothing of it has been looked at. `size` is in bytes, None for no file."""

    mode: str
    kind: str
    id: str
    size: int | None
    path: bytes

    @property
    def text(self) -> str:
        """The path, where what is not UTF-8 is kept as half a pair (`surrogateescape`)."""
        return _text(self.path)


def found(output: bytes) -> Iterator[Found]:
    """The entries that `ls-tree -l -z` printed."""
    for record in output.split(b"\0")[:-1]:
        facts, _, path = record.partition(b"\t")
        mode, kind, oid, size = facts.decode().split()
        yield Found(mode, kind, oid, None if size == "-" else int(size), path)


def changes(output: bytes) -> Iterator[tuple[str, Change]]:
    """The path as text (see `Found.text`) and the change, for each that `diff-tree -r -z --raw` printed."""
    fields = output.split(b"\0")[:-1]
    for facts, path in zip(fields[::2], fields[1::2], strict=True):
        _, mode, before, after, letter = facts.decode().removeprefix(":").split()
        if letter not in _STATUS:
            raise GitError(f'git diff-tree says "{letter}" of a file, which dbs does not know.')
        text = _text(path)
        yield text, Change(text, _STATUS[letter], mode, _id(before), _id(after))


def commit(output: bytes) -> Commit:
    """The commit that `log` printed in `COMMIT_FORMAT`."""
    sha, author, email, when, subject = output.removesuffix(b"\n").split(b"\0", 4)
    return Commit(sha.decode(), shown(author), shown(email), shown(subject), _time(when))


def _text(path: bytes) -> str:
    return path.decode(errors="surrogateescape")


def _id(text: str) -> str | None:
    return None if text in _NO_ID else text


def _time(seconds: bytes) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
