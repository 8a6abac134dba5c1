"""Files of a commit: what is listed, read and compared, and what is refused with a reason."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dbs.git import MIGRATIONS, GitError, Limits, Objects, RefusedFileError, UnknownRefError
from dbs.git.interface import Entry
from tests.support.git_repositories import LINK, SUBMODULE, Blob, Repository

ALL = "database/migrations/**"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12\n"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository.make(tmp_path_factory.mktemp("git") / "shop.git")


@pytest.fixture(scope="module")
def objects(repository: Repository) -> Objects:
    return Objects(repository.path)


def test_files_are_listed_and_read_as_they_are(repository: Repository, objects: Objects) -> None:
    sizes = {"2.sql": 0, "10.sql": 1, "ü ñ.sql": 100_000, "deep/er/1.sql": 70}
    contents: dict[str | bytes, bytes] = {
        f"database/migrations/{name}": random.Random(name).randbytes(size) for name, size in sizes.items()
    }
    # An attribute that would run a program, or change line ends, at a checkout.
    more: dict[str | bytes, Blob] = {".gitattributes": b"* filter=evil text eol=crlf ident\n", "README.md": b"hello"}
    sha = repository.commit({**contents, **more})
    entries = objects.tree(sha, ALL)

    assert [entry.path for entry in entries] == sorted(map(str, contents), key=str.encode)
    assert {entry.path: content for entry, content in objects.read(entries)} == contents
    assert {entry.path: entry.bytes for entry in entries} == {path: len(text) for path, text in contents.items()}
    assert [entry.path for entry in objects.tree(sha, "*.md")] == ["README.md"]
    assert objects.tree(sha, "nowhere/**") == ()


REFUSED: dict[str, tuple[dict[str | bytes, Blob], str]] = {
    "link": ({"database/migrations/1.sql": (LINK, b"/etc/passwd")}, "symbolic link"),
    "linked directory": ({"database/migrations": (LINK, b"../../etc")}, "symbolic link"),
    "linked above": ({"database": (LINK, b"/etc")}, "symbolic link"),
    "submodule": ({"database/migrations/lib": (SUBMODULE, "1" * 40)}, "submodule"),
    "submodule above": ({"database": (SUBMODULE, "1" * 40)}, "submodule"),
    "upwards": ({"database/migrations/../../x.sql": b"x"}, r'"\.\."'),
    "git": ({"database/migrations/.GIT/config": b"x"}, r'"\.git"'),
    "newline": ({"database/migrations/a\nb.sql": b"x"}, "control or invisible"),
    "escape": ({"database/migrations/\x1b[31m.sql": b"x"}, "control or invisible"),
    "turned round": ({"database/migrations/\u202elqs.1": b"x"}, "control or invisible"),
    "not UTF-8": ({b"database/migrations/\xff.sql": b"x"}, "not UTF-8"),
    "case": ({"database/migrations/A.sql": b"1", "database/migrations/a.sql": b"2"}, "upper and lower case"),
    "case above": ({"database/migrations/A/1": b"1", "database/migrations/a/2": b"2"}, "upper and lower case"),
    "composed": ({"database/migrations/e\u0301": b"1", "database/migrations/\u00e9": b"2"}, "upper and lower case"),
    "pointer": ({"database/migrations/1.sql": POINTER}, "git LFS"),
    "large": ({"database/migrations/1.sql": b"\0" * (5 * 1024 * 1024 + 1)}, r"5\.2 MB"),
    "long name": ({"database/migrations/" + "x" * 256: b"1"}, "too long"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_migration_is_refused_with_the_reason(repository: Repository, objects: Objects, name: str) -> None:
    files, reason = REFUSED[name]
    sha = repository.commit({"elsewhere.txt": b"x", **files})
    with pytest.raises(RefusedFileError, match=reason) as caught:
        objects.tree(sha, ALL)
    assert str(caught.value).isprintable() and str(caught.value).endswith(".")
    assert caught.value.path.isprintable()
    # Elsewhere it is nobody's business.
    assert [entry.path for entry in objects.tree(sha, "*.txt")] == ["elsewhere.txt"]


def test_ten_thousand_files_are_too_many(repository: Repository, objects: Objects) -> None:
    blob: Blob = ("100644", repository.blob(b"SELECT 1;\n"))
    sha = repository.commit({f"database/migrations/{number}.sql": blob for number in range(10_000)})
    with pytest.raises(RefusedFileError, match=r"10000 files .* 500 is the most"):
        objects.tree(sha, ALL)
    assert len(objects.whole(sha)[0]) == 10_000


def test_much_together_is_too_much(repository: Repository, objects: Objects) -> None:
    blob: Blob = ("100644", repository.blob(b"x" * 1_000_000))
    sha = repository.commit({f"database/migrations/{number}.sql": blob for number in range(3)})
    with pytest.raises(RefusedFileError, match=r"3\.0 MB together; 2\.0 MB is the most"):
        objects.tree(sha, ALL, Limits(files=500, file_bytes=5_000_000, total_bytes=2_000_000))
    assert len(objects.tree(sha, ALL)) == 3


def test_a_blob_of_100_mb_is_never_read(repository: Repository, objects: Objects) -> None:
    sha = repository.commit({"database/migrations/1.sql": b"\0" * 100_000_000, "a.txt": b"a"})
    with pytest.raises(RefusedFileError, match=r"100\.0 MB; 5\.2 MB is the most"):
        objects.tree(sha, ALL)
    entries, refused = objects.whole(sha)
    assert [entry.path for entry in entries] == ["a.txt"]
    assert [one.path for one in refused] == ["database/migrations/1.sql"]


def test_a_whole_project_leaves_out_what_is_not_taken(repository: Repository, objects: Objects) -> None:
    files: dict[str | bytes, Blob] = {"artisan": ("100755", b"#!/usr/bin/env php\n"), "app/a.php": b"<?php"}
    bad: dict[str | bytes, Blob] = {"logo.png": POINTER, "public/storage": (LINK, b"../storage"), "..": b"x"}
    entries, refused = objects.whole(repository.commit({**files, **bad}))
    assert {entry.path: entry.mode for entry in entries} == {"artisan": "100755", "app/a.php": "100644"}
    assert {one.path for one in refused} == {"logo.png", "public/storage", ".."}


def test_what_a_pull_request_changed(repository: Repository, objects: Objects) -> None:
    before: dict[str | bytes, Blob] = {f"database/migrations/{number}.sql": f"{number}".encode() for number in range(4)}
    base = repository.commit({**before, "README.md": b"1"})
    after = {path: what for path, what in before.items() if not str(path).endswith(("0.sql", "1.sql"))}
    after |= {"database/migrations/2.sql": b"changed", "database/migrations/7.sql": b"1", "README.md": b"2"}
    after["database/migrations/3.sql"] = (LINK, b"2.sql")
    head = repository.commit(after, parents=[base])
    changes = objects.changed(base, head, ALL)

    assert [(change.path[-5:], change.status, change.mode) for change in changes] == [
        ("0.sql", "deleted", "000000"),
        ("1.sql", "deleted", "000000"),  # its contents are those of 7.sql: no rename is guessed
        ("2.sql", "modified", "100644"),
        ("3.sql", "modified", LINK),
        ("7.sql", "added", "100644"),
    ]
    assert changes[4].after == changes[1].before and changes[4].before is None and changes[1].after is None
    assert objects.changed(base, head, "*.php") == ()


def test_a_change_with_a_name_that_cannot_be_shown_is_refused(repository: Repository, objects: Objects) -> None:
    base = repository.commit({"a": b"1"})
    head = repository.commit({"a": b"1", "database/migrations/\n.sql": b"1"}, parents=[base])
    with pytest.raises(RefusedFileError, match="control or invisible"):
        objects.changed(base, head, ALL)


def test_settings_come_from_two_places_only(repository: Repository, objects: Objects) -> None:
    sha = repository.commit({".dbs.toml": b"a = 1\n", ".dbs/x.sql": b"SELECT 1", ".dbs/link": (LINK, b"x.sql")})
    assert objects.settings_file(sha, ".dbs.toml") == b"a = 1\n"
    assert objects.settings_file(sha, ".dbs/x.sql") == b"SELECT 1"
    assert objects.settings_file(sha, ".dbs/y.sql") is None
    with pytest.raises(RefusedFileError, match="symbolic link"):
        objects.settings_file(sha, ".dbs/link")
    with pytest.raises(ValueError, match="not read"):
        objects.settings_file(sha, "dbs.toml")


def test_what_a_commit_says_of_itself_is_made_fit_to_be_shown(repository: Repository, objects: Objects) -> None:
    subject = "drop\x1b[2J \u202eindex " + "x" * 300
    sha = repository.commit({"a": b"1"}, message=f"{subject}\n\nmore", GIT_AUTHOR_NAME="An\u2066n @here")
    commit = objects.commit(sha)
    assert commit.sha == sha and commit.email == "ann@example.com"
    assert commit.author == "An\ufffdn @here"
    assert commit.subject.startswith("drop\ufffd[2J \ufffdindex xxx") and len(commit.subject) == 200
    assert commit.committed_at == datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.mark.parametrize("sha", ["0" * 40, "main", "--output=x", "HEAD", "", "a" * 39])
def test_what_is_no_commit_is_said_so(objects: Objects, sha: str) -> None:
    for ask in (lambda: objects.tree(sha, ALL), lambda: objects.commit(sha), lambda: objects.changed(sha, sha, ALL)):
        with pytest.raises(UnknownRefError):
            ask()


def test_an_entry_that_is_not_so_is_found_out(repository: Repository, objects: Objects) -> None:
    oid = repository.blob(b"12345")
    for entry in (Entry("a", "100644", oid, 4), Entry("a", "100644", "0" * 40, 4)):
        with pytest.raises(GitError, match="cannot be read"):
            list(objects.read([entry]))


def test_replaced_objects_and_hooks_of_a_repository_count_for_nothing(tmp_path: Path) -> None:
    repository = Repository.make(tmp_path / "r.git")
    sha = repository.commit({"a.sql": b"good"})
    repository.git("replace", repository.blob(b"good"), repository.blob(b"bad!"))
    objects = Objects(repository.path)
    assert [content for _, content in objects.read(objects.tree(sha, "**", MIGRATIONS))] == [b"good"]
