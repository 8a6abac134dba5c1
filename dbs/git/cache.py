"""Bare repositories below one directory, one for each remote: the only part that goes to the network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from dbs.git import refs
from dbs.git.access import access
from dbs.git.failures import fetch_failed, too_large
from dbs.git.interface import UnknownRefError
from dbs.git.objects import Objects
from dbs.git.place import KEPT, Place
from dbs.git.program import Bounds, call
from dbs.git.remote import Remote
from dbs.settings.network import Network

DEPTH = 50
"""Commits of history that come with a first fetch: most pull requests left their branch more recently than that."""
FETCH = Bounds(seconds=300)
_INCOMING = "refs/dbs/incoming"
_DEEPER = ("--deepen=200", "--deepen=2000", "--unshallow")


def _today() -> date:
    return datetime.now(UTC).date()


class Cache:
    """Fetches into bare repositories below `root`, which is made with mode 0700.

    One process at a time fetches into a repository, the others wait; reading needs no turn. What was fetched stays
    readable for as long as `prune` is told to keep it.
    """

    def __init__(
        self,
        root: Path,
        network: Network | None = None,
        *,
        bounds: Bounds = FETCH,
        today: Callable[[], date] = _today,
    ) -> None:
        self.root = root
        self._network = network or Network()
        self._bounds = bounds
        self._today = today

    def fetch(self, remote: Remote, wanted: str, *, depth: int = DEPTH) -> str:
        """Bring a commit in with all its files, and return its id.

        `wanted` is a whole id, a ref ("refs/pull/7/head"), or the name of a branch or else of a tag. An id that is
        there already is not asked for again. Raises `UnknownRefError`, `UnreachableError`, `RefusedFileError` for
        objects that git takes for broken, `GitError`, and `SettingsError`.
        """
        tries = refs.sources(wanted)
        place = self._place(remote)
        days = place.kept_on(wanted) if refs.is_sha(wanted) else frozenset()
        if self._day in days:
            return wanted
        with place.turn() as lock:
            if days:
                self._keep(place, wanted)
                return wanted
            for source in tries:
                try:
                    self._bring(place, remote, [source], [f"--depth={depth}"], wanted, lock)
                except UnknownRefError:
                    if source == tries[-1]:
                        raise
                else:
                    break
            sha = Objects(place.repository).commit_of(f"{_INCOMING}/0")
            self._keep(place, sha)
        return sha

    def merge_base(self, remote: Remote, base: str, head: str) -> str:
        """The commit in which two commits last had the same history; both were fetched before.

        More history is brought in until it is certain. Raises `UnknownRefError` when they have none in common, and
        what `fetch` raises.
        """
        place = self._place(remote)
        objects = Objects(place.repository)
        found = objects.merge_base(refs.checked_sha(base), refs.checked_sha(head))
        for deeper in _DEEPER if found is None else ():
            with place.turn() as lock:
                if not place.is_shallow():
                    break
                self._bring(place, remote, [base, head], [deeper], "the history of the pull request", lock)
            found = objects.merge_base(base, head)
            if found:
                break
        if found is None:
            raise UnknownRefError(
                f"The commits {base[:12]} and {head[:12]} of {remote.name} have no history in common; "
                "what changed between them cannot be told."
            )
        if self._day not in place.kept_on(found):
            with place.turn():
                self._keep(place, found)
        return found

    def objects(self, remote: Remote) -> Objects:
        """What was fetched from a remote, to read."""
        return Objects(self._place(remote).repository)

    def _place(self, remote: Remote) -> Place:
        return Place(self.root, remote.folder)

    def _bring(
        self, place: Place, remote: Remote, sources: Sequence[str], more: Sequence[str], wanted: str, lock: int
    ) -> None:
        targets = [f"+{source}:{_INCOMING}/{number}" for number, source in enumerate(sources)]
        words = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--force", *more]
        with access(remote, self._network, place.keys()) as way:
            answer = call(
                place.repository, [*words, remote.url, *targets], access=way, bounds=self._bounds, passed=(lock,)
            )
        if answer.status != 0 and place.largest_part() >= self._bounds.file_bytes:
            raise too_large(remote, wanted, self._bounds)  # git itself only says that its output ended
        if answer.status != 0:
            raise fetch_failed(remote, wanted, answer, self._bounds)

    def _keep(self, place: Place, sha: str) -> None:
        """Name a commit after today, so that it and its files stay until `prune` finds that too long ago.

        The name also says that it came in whole: after a crash there may be commits whose history is in pieces.
        """
        place.used()
        place.git(["update-ref", f"{KEPT}/{self._day}/{sha}", sha])

    @property
    def _day(self) -> str:
        return self._today().isoformat()
