"""Fetching: what comes, from where, and that the cache stays usable whatever happens in between."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dbs.git import Cache, GitError, RefusedFileError, Remote, UnknownRefError, UnreachableError, prune, pull_ref
from dbs.git.program import Bounds
from tests.support.git_repositories import Repository
from tests.support.git_server import all_arguments, served

ROOT = Path(__file__).parents[2]
FETCHING = "import sys; from pathlib import Path; from dbs.git import Cache, Remote; print(Cache(Path(sys.argv[1])).fetch(Remote(sys.argv[2]), sys.argv[3]))"  # noqa: E501


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    (tmp_path / "served").mkdir()
    return Repository.make(tmp_path / "served" / "shop.git")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "home" / "git")


def line(origin: Repository, count: int, ref: str = "refs/heads/main", parent: str = "", name: str = "m") -> list[str]:
    """Ids of so many commits in a row."""
    return origin.row(count, ref, parent, f"{name}.sql")


def test_a_branch_a_tag_a_pull_request_and_an_id(origin: Repository, cache: Cache) -> None:
    remote = Remote(str(origin.path))
    shas = line(origin, 3)
    pull = origin.commit({"p.sql": b"1"}, pull_ref(7), [shas[-1]])
    origin.git("tag", "--annotate", "--message=x", "v1", shas[0])
    origin.git("tag", "main", shas[1])

    assert cache.fetch(remote, "main") == shas[2]  # the branch, not the tag of that name
    assert cache.fetch(remote, "refs/tags/main") == shas[1]
    assert cache.fetch(remote, "v1") == shas[0]
    assert cache.fetch(remote, pull_ref(7)) == pull
    assert cache.fetch(remote, shas[1]) == shas[1]
    assert [entry.path for entry in cache.objects(remote).tree(pull, "**")] == ["p.sql"]
    assert (cache.root.stat().st_mode & 0o777, len(list(cache.root.glob("*.git")))) == (0o700, 1)


def test_an_id_that_is_there_needs_no_remote(origin: Repository, cache: Cache) -> None:
    remote = Remote(str(origin.path))
    sha = cache.fetch(remote, line(origin, 1)[0])
    origin.path.rename(origin.path.with_suffix(".away"))
    assert cache.fetch(remote, sha) == sha
    with pytest.raises(GitError, match="There is no repository"):
        cache.fetch(remote, "main")


def test_a_commit_that_came_in_pieces_is_asked_for_again(origin: Repository, cache: Cache) -> None:
    """As after a crash between the files' arrival and the note that their history is cut off."""
    shas, remote = line(origin, 80), Remote(str(origin.path))
    cache.fetch(remote, "main")
    repository = cache.objects(remote).path
    shutil.rmtree(repository / "refs" / "dbs")
    (repository / "shallow").unlink()
    assert cache.fetch(remote, shas[-1]) == shas[-1]
    assert cache.merge_base(remote, shas[-1], cache.fetch(remote, shas[2])) == shas[2]


def test_a_branch_that_was_rewritten_is_followed(origin: Repository, cache: Cache) -> None:
    remote = Remote(str(origin.path))
    for name in "ab":
        sha = line(origin, 2, name=name)[-1]
        assert cache.fetch(remote, "main") == sha


@pytest.mark.parametrize("wanted", ["gone", "refs/pull/9/head", "a" * 40])
def test_what_is_not_there_is_said(origin: Repository, cache: Cache, wanted: str) -> None:
    line(origin, 1)
    with pytest.raises(UnknownRefError, match=f"has no {wanted}"):
        cache.fetch(Remote(str(origin.path)), wanted)


@pytest.mark.parametrize("wanted", ["", "--upload-pack=id", "a..b", "a b", "refs/*", "x.lock", "a:b", "@{1}", "\x1b"])
def test_a_name_that_git_would_understand_in_another_way_is_refused(cache: Cache, wanted: str) -> None:
    with pytest.raises(UnknownRefError, match="cannot be the name"):
        cache.fetch(Remote("/nowhere"), wanted)
    assert not cache.root.exists()


@pytest.mark.parametrize("behind", [1, 60, 400])
def test_the_merge_base_is_found_however_long_ago_it_was(origin: Repository, cache: Cache, behind: int) -> None:
    fork = line(origin, 3)[-1]
    main = line(origin, behind, parent=fork, name="m")[-1]
    head = origin.commit({"p.sql": b"1", "m.sql": b"m.sql 2"}, pull_ref(1), [fork])
    remote = Remote(str(origin.path))
    assert (cache.fetch(remote, "main"), cache.fetch(remote, pull_ref(1))) == (main, head)

    base = cache.merge_base(remote, main, head)
    assert base == fork == origin.git("merge-base", main, head)
    assert [change.path for change in cache.objects(remote).changed(base, head, "**")] == ["p.sql"]


def test_a_merge_base_behind_which_a_later_one_hides_is_not_believed(origin: Repository, cache: Cache) -> None:
    """Fetched with little history, a short way to an old commit is seen before a long way to a newer one."""
    old = line(origin, 1)[0]
    newer = line(origin, 1, parent=old, name="n")[0]
    main = line(origin, 1, parent=newer, name="n")[0]
    long = line(origin, 6, "refs/heads/long", newer, "long")[-1]
    head = origin.commit({"p": b"1"}, pull_ref(1), [old, long])
    main = origin.commit({"n": b"2"}, "refs/heads/main", [main, old])
    remote = Remote(str(origin.path))
    for wanted in ("main", pull_ref(1)):
        cache.fetch(remote, wanted, depth=2)
    assert cache.objects(remote).merge_base(main, head) is None
    assert cache.merge_base(remote, main, head) == newer == origin.git("merge-base", main, head)


def test_histories_without_anything_in_common(origin: Repository, cache: Cache) -> None:
    main, head = line(origin, 2)[-1], line(origin, 2, pull_ref(1), name="other")[-1]
    remote = Remote(str(origin.path))
    cache.fetch(remote, main), cache.fetch(remote, head)
    with pytest.raises(UnknownRefError, match="no history in common"):
        cache.merge_base(remote, main, head)


@pytest.mark.parametrize("name", ["..", ".git", "a/../b"])
def test_objects_that_git_takes_for_an_attack_do_not_come_in(origin: Repository, cache: Cache, name: str) -> None:
    origin.commit({name: b"x"})
    with pytest.raises(RefusedFileError, match="broken or for an attack"):
        cache.fetch(Remote(str(origin.path)), "main")


def test_a_fetch_has_a_limit_of_size(origin: Repository, tmp_path: Path) -> None:
    origin.commit({"large": os.urandom(3_000_000)})
    small = Cache(tmp_path / "git", bounds=Bounds(seconds=60, file_bytes=2_000_000))
    with pytest.raises(RefusedFileError, match="larger than 2 MB"):
        small.fetch(Remote(str(origin.path)), "main")
    origin.commit({"small": b"1"})
    assert small.fetch(Remote(str(origin.path)), "main")  # and nothing of it is in the way
    assert list(tmp_path.glob("git/*.git/objects/pack/*tmp*")) == []


def test_a_fetch_has_a_limit_of_time(origin: Repository, tmp_path: Path) -> None:
    origin.commit({"a": os.urandom(100_000)})
    cache = Cache(tmp_path / "git", bounds=Bounds(seconds=1))
    with served(origin.path.parent) as server:
        server.stop_after = 50_000
        with pytest.raises(UnreachableError, match="within 1 seconds"):
            cache.fetch(Remote(f"{server.url}/shop.git"), "main")
        server.stop_after = None
        assert Cache(tmp_path / "git").fetch(Remote(f"{server.url}/shop.git"), "main")


@contextmanager
def fetching(cache: Cache, url: str, wanted: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that fetches."""
    words = [sys.executable, "-c", FETCHING, str(cache.root), url, wanted]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        yield child


def test_killed_in_the_middle_of_a_fetch(origin: Repository, cache: Cache) -> None:
    sha = origin.commit({"a": os.urandom(1_000_000)})
    with served(origin.path.parent) as server:
        url = f"{server.url}/shop.git"
        server.stop_after = 500_000
        with fetching(cache, url, "main") as child:
            assert server.half_sent.wait(60)
            child.send_signal(signal.SIGKILL)
            child.wait()
        server.stop_after = None
        for stale in ("shallow.lock", "packed-refs.lock", "refs/dbs/incoming/0.lock"):
            path = next(cache.root.glob("*.git")) / stale
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        # Waits until the git of the killed one has ended too: it holds the lock that we want.
        assert cache.fetch(Remote(url), "main") == sha
        assert not any(url in one for one in all_arguments())
    assert [path for path in cache.root.rglob("*") if "tmp_" in path.name or path.name.endswith(".git.lock")] == []
    repository = next(cache.root.glob("*.git"))
    assert "missing" not in Repository(repository).git("fsck", "--connectivity-only")


def test_several_processes_at_once(origin: Repository, cache: Cache) -> None:
    main = line(origin, 3)[-1]
    pulls = [origin.commit({"p": f"{number}".encode()}, pull_ref(number), [main]) for number in range(4)]
    words = [sys.executable, "-c", FETCHING, str(cache.root), str(origin.path)]
    children = [
        subprocess.Popen([*words, pull_ref(number)], stdout=subprocess.PIPE, text=True, cwd=ROOT) for number in range(4)
    ]
    assert [child.communicate()[0].strip() for child in children] == pulls
    objects = cache.objects(Remote(str(origin.path)))
    assert all(len(objects.tree(pull, "**")) == 1 for pull in pulls)


def test_a_cache_without_a_head_is_made_anew(origin: Repository, cache: Cache) -> None:
    remote, sha = Remote(str(origin.path)), line(origin, 1)[0]
    cache.fetch(remote, "main")
    (cache.objects(remote).path / "HEAD").unlink()
    assert cache.fetch(remote, "main") == sha


def test_what_was_fetched_long_ago_is_let_go(origin: Repository, tmp_path: Path) -> None:
    remote, root = Remote(str(origin.path)), tmp_path / "git"
    now = datetime.now(UTC)
    old = origin.commit({"a": b"old"}, "refs/heads/old")
    new = origin.commit({"a": b"new"})
    Cache(root, today=lambda: date(2026, 1, 1)).fetch(remote, "old")
    cache = Cache(root, today=lambda: now.date())
    cache.fetch(remote, "main")
    for path in root.glob("*.git/objects/pack/*"):
        os.utime(path, (0, 0))
    pruned = prune(root)
    assert (pruned.repositories, pruned.removed) == (1, ())
    assert (cache.objects(remote).has(old), cache.objects(remote).has(new)) == (False, True)
    assert cache.fetch(remote, "old") == old  # it comes again

    other = Remote(str(Repository.make(tmp_path / "served" / "other.git").path))
    Repository(Path(other.url)).commit({"a": b"1"})
    cache.fetch(other, "main")
    os.utime(root / f"{remote.folder}.lock", (0, 0))
    pruned = prune(root, most_bytes=1, now=now + timedelta(hours=1))
    assert pruned.removed == (f"{remote.folder}.git",)  # the other one was used within the day
    assert cache.fetch(remote, "main") == new
