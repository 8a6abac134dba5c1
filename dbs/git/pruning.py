"""Letting go of what was fetched long ago, so that the cache stays within its bound."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from dbs.git.place import KEPT, Place
from dbs.git.program import Bounds

KEEP = timedelta(days=14)
MOST_BYTES = 10 * 1024**3
_IN_USE = timedelta(days=1)
"""So long a rehearsal may read what it fetched: nothing that is younger goes, whatever the bound."""
_GC = Bounds(seconds=3600, file_bytes=64 * 1024**3)


@dataclass(frozen=True)
class Pruned:
    """What is left: `bytes` in `repositories`; `removed` are the names of those that are gone."""

    repositories: int
    bytes: int
    removed: tuple[str, ...]


def prune(root: Path, *, keep: timedelta = KEEP, most_bytes: int = MOST_BYTES, now: datetime | None = None) -> Pruned:
    """Let go of commits below `root` that were fetched longer than `keep` ago, and of what only they hold.

    Then whole repositories go, the one first that was used longest ago, until the rest has `most_bytes` or less; never
    one that was used within a day. Each waits for its turn. Raises `GitError`.
    """
    at = now or datetime.now(UTC)
    used = {repository: _used(repository) for repository in root.glob("*.git")}
    sizes: dict[Path, int] = {}
    for repository in sorted(used, key=lambda one: used[one]):
        place = Place(root, repository.stem)
        with place.turn():
            _forget(place, (at - max(keep, _IN_USE)).date())
        sizes[repository] = _bytes(repository)
    removed: list[str] = []
    for repository in list(sizes):
        if sum(sizes.values()) <= most_bytes:
            break
        place = Place(root, repository.stem)
        with place.turn():
            if at - _used(repository) > _IN_USE:  # asked now: somebody may have had their turn since
                place.remove()
                removed.append(repository.name)
                del sizes[repository]
    return Pruned(len(sizes), sum(sizes.values()), tuple(removed))


def _forget(place: Place, before: date) -> None:
    """Drop the names of commits that were fetched before a day, then what nothing names any more."""
    refs = place.git(["for-each-ref", "--format=%(refname)", "refs/"]).decode().split()
    # Those not below KEPT are only the way in of a fetch; it gave the commit a name of its own there.
    old = [ref for ref in refs if not ref.startswith(f"{KEPT}/") or ref.split("/")[3] < before.isoformat()]
    place.git(["update-ref", "--stdin"], given="".join(f"delete {ref}\n" for ref in old).encode())
    place.git(["gc", "--quiet", "--prune=1.day.ago"], bounds=_GC)


def _used(repository: Path) -> datetime:
    """When it was last fetched into (UTC)."""
    lock = repository.with_suffix(".lock")
    return datetime.fromtimestamp((lock if lock.exists() else repository).stat().st_mtime, UTC)


def _bytes(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
