"""The directory of one cached repository: made whole or not at all, one writer at a time, swept after a crash."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from dbs.git.access import KEYS
from dbs.git.failures import last_words
from dbs.git.interface import GitError
from dbs.git.program import Bounds, call

KEPT = "refs/dbs/kept"
"""Below it are refs named by the day of their fetch and their id."""
_ASIDE = "new-"
_PARTS = "objects/pack/tmp_*"
_LEFT = ("*.lock", _PARTS, "objects/pack/.tmp-*", "refs/**/*.lock", "objects/info/*.lock")
"""What a git that was killed leaves behind, and what stands in the way of the next."""


class Place:
    """Where one repository lies: `NAME.git`, and `NAME.lock` for whoever writes there."""

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.repository = root / f"{name}.git"
        self.lock = root / f"{name}.lock"
        self._keys = root / f"{name}.keys"

    def used(self) -> None:
        """Note that somebody needs it now, for `prune`."""
        os.utime(self.lock)

    def exists(self) -> bool:
        """Whether something was ever fetched into it."""
        return (self.repository / "HEAD").exists()

    def kept_on(self, sha: str) -> frozenset[str]:
        """The days (ISO 8601) on which a commit was asked for and came in whole."""
        if not self.exists():
            return frozenset()
        refs = self.git(["for-each-ref", "--format=%(refname)", f"{KEPT}/*/{sha}"]).decode().split()
        return frozenset(ref.split("/")[3] for ref in refs)

    def is_shallow(self) -> bool:
        """Whether history was left out."""
        return (self.repository / "shallow").exists()

    def largest_part(self) -> int:
        """Bytes of the largest file that a fetch left half done."""
        return max((path.stat().st_size for path in self.repository.glob(_PARTS)), default=0)

    def keys(self) -> Path:
        """A directory (0700) for keys, while it is our turn."""
        self._keys.mkdir(mode=0o700, exist_ok=True)
        return self._keys

    @contextlib.contextmanager
    def turn(self) -> Iterator[int]:
        """The right to write, and the descriptor that holds it; the repository is there and swept then.

        Waits. Hand the descriptor on to every git that writes: one that outlives a killed process of ours keeps
        the right until it ends, and no other sweeps its files away.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if self.exists():
                self._sweep()
            else:
                self._make()
            yield descriptor
        finally:
            os.close(descriptor)

    def git(self, words: Sequence[str], *, bounds: Bounds | None = None, given: bytes = b"") -> bytes:
        """What git prints. Raises `GitError` when it fails: nothing of this depends on what a stranger wrote."""
        answer = call(self.repository, words, bounds=bounds or Bounds(), given=given)
        if answer.status != 0 or answer.too_much:
            raise GitError(
                f"git {words[0]} failed in {self.repository}: {last_words(answer)}. If that goes on, remove this "
                "directory; what is needed is fetched again."
            )
        return answer.output

    def remove(self) -> None:
        """Let all of it go, while it is our turn. The file with the lock stays: somebody may be waiting for it."""
        shutil.rmtree(self.repository)

    def _make(self) -> None:
        for left in self.root.glob(f"{_ASIDE}{self.repository.name}-*"):
            shutil.rmtree(left)
        aside = Path(tempfile.mkdtemp(prefix=f"{_ASIDE}{self.repository.name}-", dir=self.root))
        made = call(aside, ["init", "--bare", "--quiet", "--template=", "."])
        if made.status != 0:
            raise GitError(f"git could not make a repository in {aside}: {last_words(made)}")
        if self.repository.exists():  # without a HEAD: somebody took it apart
            shutil.rmtree(self.repository)
        aside.rename(self.repository)

    def _sweep(self) -> None:
        for pattern in _LEFT:
            for path in self.repository.glob(pattern):
                path.unlink(missing_ok=True)
        for path in self._keys.glob(f"{KEYS}*"):
            shutil.rmtree(path)
