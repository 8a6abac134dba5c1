"""What a cached repository holds: listed, compared and read by ids, without a work tree and without the network."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dbs import process
from dbs.git import accepting, parsing
from dbs.git.failures import last_words
from dbs.git.interface import (
    MIGRATIONS,
    WHOLE_PROJECT,
    Change,
    Commit,
    Entry,
    GitError,
    Limits,
    Refused,
    RefusedFileError,
    UnknownRefError,
)
from dbs.git.patterns import Pattern
from dbs.git.program import Bounds, batch, call
from dbs.git.refs import checked_sha

_LISTING = Bounds(seconds=60, output_bytes=64 * 1024 * 1024)
_SETTINGS_FILE, _SETTINGS_DIRECTORY = ".dbs.toml", ".dbs/"
_END_SECONDS = 10


class Objects:
    """The contents of the bare repository at `path`. Commits are named by their whole ids, as `Cache.fetch` gives them.

    Every method raises `UnknownRefError` for a commit that is not there, `GitError` when the repository is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def tree(self, sha: str, pattern: str, limits: Limits = MIGRATIONS) -> tuple[Entry, ...]:
        """The files of a commit that fit a pattern (see `patterns.py`), sorted by path, byte for byte.

        Raises `RefusedFileError` for the first one that is not taken, and when there are too many: a list from which
        something is missing would be another migration.
        """
        fitting = Pattern(pattern)
        found = list(self._listed(sha, fitting.directory))
        matching = [one for one in found if fitting.matches(one.text)]
        if not matching:
            self._not_behind_a_link(sha, fitting.directory)
        accepted, refused = accepting.sort_out(matching, limits)
        if not refused:
            accepting.within(accepted, limits, f'that fit "{pattern}"')
            refused = self._pointers(accepted)
        if refused:
            raise RefusedFileError(refused[0].reason, refused[0].path)
        return accepted

    def whole(self, sha: str, limits: Limits = WHOLE_PROJECT) -> tuple[tuple[Entry, ...], tuple[Refused, ...]]:
        """All files of a commit that are taken, and those that are left out, each with its reason.

        For runners that need the code around the migrations; those themselves are for `tree`, which refuses instead.
        Raises `RefusedFileError` when there is too much of it.
        """
        accepted, refused = accepting.sort_out(list(self._listed(sha, "")), limits)
        accepting.within(accepted, limits, "of this commit")
        pointers = self._pointers(accepted)
        left_out = {one.path for one in pointers}
        return tuple(entry for entry in accepted if entry.path not in left_out), (*refused, *pointers)

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes]]:
        """The contents of files in the order given, one in memory at a time, as they are: no filter sees them."""
        talk = batch(self.path)
        try:
            for entry in entries:
                yield entry, _asked(talk, entry)
        finally:
            with contextlib.suppress(BrokenPipeError):
                talk.end(_END_SECONDS)
            talk.answers.close()

    def changed(self, merge_base: str, head: str, pattern: str) -> tuple[Change, ...]:
        """What a pull request did to the files that fit a pattern, since the commit where it left its base branch.

        The tip of the base branch in the place of `merge_base` would show what others did. Raises `RefusedFileError`
        for a name that cannot be shown.
        """
        fitting = Pattern(pattern)
        words = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-ext-diff", "--no-abbrev"]
        output = self._printed(
            [*words, *map(checked_sha, (merge_base, head)), "--", *_only(fitting.directory)], merge_base, head
        )
        changes = [(path, make) for path, make in parsing.changes(output) if fitting.matches(path)]
        for path, _ in changes:
            accepting.check_name(path)
        return tuple(make for _, make in changes)

    def settings_file(self, base: str, path: str) -> bytes | None:
        """`.dbs.toml` or a file below `.dbs/` of a commit of the **base branch**; None when it has none.

        Never ask for that of a pull request's own commit: its author would decide how it is judged.
        """
        if path != _SETTINGS_FILE and not path.startswith(_SETTINGS_DIRECTORY):
            raise ValueError(f"{path} is not read from repositories")
        found = [one for one in self._listed(base, path) if one.text == path]
        accepted, refused = accepting.sort_out(found, MIGRATIONS)
        refused = refused or self._pointers(accepted)
        if refused:
            raise RefusedFileError(refused[0].reason, refused[0].path)
        return next((contents for _, contents in self.read(accepted)), None)

    def commit(self, sha: str) -> Commit:
        """Who made a commit, and its first line."""
        words = ["log", "-1", "--no-show-signature", f"--format={parsing.COMMIT_FORMAT}", checked_sha(sha), "--"]
        return parsing.commit(self._printed(words, sha))

    def has(self, sha: str) -> bool:
        """Whether a commit is there."""
        return call(self.path, ["cat-file", "-e", f"{checked_sha(sha)}^{{commit}}"]).status == 0

    def commit_of(self, ref: str) -> str:
        """The commit that a ref of ours names, itself or through a tag."""
        return self._printed(["rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}"], ref).decode().strip()

    def merge_base(self, base: str, head: str) -> str | None:
        """Where two commits last had the same history; None when what was fetched does not tell for certain.

        Certain is: no commit on the way to it has parents that were left out, behind which a later one could hide.
        """
        for sha in (base, head):
            if not self.has(sha):
                raise UnknownRefError(f"The commit {sha[:12]} is not there; fetch it first.")
        answer = call(self.path, ["merge-base", "--all", base, head])
        found = answer.output.decode().split()
        if not found:
            return None
        cut = self._cut_off()
        walked = call(self.path, ["rev-list", base, head, "--not", *found], bounds=_LISTING)
        complete = walked.status == 0 and not walked.too_much and not cut.intersection(walked.output.decode().split())
        return found[0] if complete else None

    def _cut_off(self) -> set[str]:
        with contextlib.suppress(FileNotFoundError):
            return set((self.path / "shallow").read_text().split())
        return set()

    def _listed(self, sha: str, directory: str) -> Iterator[parsing.Found]:
        words = ["ls-tree", "-r", "-l", "-z", "--full-tree", checked_sha(sha), "--", *_only(directory)]
        return parsing.found(self._printed(words, sha))

    def _not_behind_a_link(self, sha: str, directory: str) -> None:
        """Nothing is found below a directory that is a link, and saying "no files" would hide why."""
        parts = directory.split("/") if directory else []
        for number in range(len(parts)):
            words = ["ls-tree", "-l", "-z", "--full-tree", sha, "--", "/".join(parts[: number + 1])]
            for one in parsing.found(self._printed(words, sha)):
                accepting.check_kind(one)

    def _pointers(self, entries: Sequence[Entry]) -> tuple[Refused, ...]:
        """Those of the files that only say where git LFS has the contents."""
        small = [entry for entry in entries if entry.bytes < accepting.LFS_BYTES]
        return tuple(filter(None, (accepting.pointer(entry, contents) for entry, contents in self.read(small))))

    def _printed(self, words: Sequence[str], *shas: str) -> bytes:
        answer = call(self.path, words, bounds=_LISTING)
        if answer.too_much:
            raise RefusedFileError(
                f"git {words[0]} prints more than {_LISTING.output_bytes // 1_000_000} MB for this repository; it has "
                "more files than dbs looks through."
            )
        if answer.status != 0:
            for sha in shas:
                if len(sha) >= 40 and not self.has(sha):
                    raise UnknownRefError(f"The commit {sha[:12]} is not there; fetch it first.")
            raise GitError(f"git {words[0]} failed in {self.path}: {last_words(answer)}")
        return answer.output


def _only(directory: str) -> list[str]:
    return [directory] if directory else []


def _asked(talk: process.Talk, entry: Entry) -> bytes:
    """The contents of one file. Raises `GitError` when the repository has something else under that id."""
    with contextlib.suppress(BrokenPipeError):
        talk.asked.write(f"{checked_sha(entry.id)}\n".encode())
        talk.asked.flush()
    head = talk.answers.readline(200)
    if head != f"{entry.id} blob {entry.bytes}\n".encode():
        raise GitError(f"The file {entry.path} cannot be read from the repository; fetch the commit again.")
    contents = talk.answers.read(entry.bytes + 1)
    if len(contents) != entry.bytes + 1:
        raise GitError(f"git stopped in the middle of the file {entry.path}; try again.")
    return contents[:-1]
