"""A directory made of files: nothing outside of it is written, whatever the names and whatever is put in between."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.git import Entry, RefusedFileError, remove_written, write_out


def entry(path: str, contents: bytes, *, program: bool = False) -> tuple[Entry, bytes]:
    return Entry(path, "100755" if program else "100644", "0" * 40, len(contents)), contents


def test_files_are_written_and_nobody_may_change_them(tmp_path: Path) -> None:
    there = tmp_path / "files"
    write_out([entry("1.sql", b"one"), entry("a/b/2.sql", b"two"), entry("a/run", b"#!", program=True)], there)
    assert {str(path.relative_to(there)) for path in there.rglob("*")} == {"1.sql", "a", "a/b", "a/b/2.sql", "a/run"}
    assert (there / "a/b/2.sql").read_bytes() == b"two"
    modes = {str(path.relative_to(there)): stat.S_IMODE(path.stat().st_mode) for path in [there, *there.rglob("*")]}
    assert modes == {".": 0o555, "a": 0o555, "a/b": 0o555, "1.sql": 0o444, "a/b/2.sql": 0o444, "a/run": 0o444}
    remove_written(there)
    remove_written(there)
    assert not there.exists()


def test_programs_stay_so_when_they_are_wanted(tmp_path: Path) -> None:
    write_out([entry("run", b"#!", program=True), entry("no", b"")], tmp_path / "files", programs=True)
    assert stat.S_IMODE((tmp_path / "files/run").stat().st_mode) == 0o555
    assert stat.S_IMODE((tmp_path / "files/no").stat().st_mode) == 0o444


def test_the_directory_has_to_be_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    for there in (tmp_path, tmp_path / "link"):
        with pytest.raises(FileExistsError):
            write_out([entry("a", b"")], there)
    assert list(tmp_path.iterdir()) == [tmp_path / "link"]


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "a//x", "a/./x", "", "x\0", ".git/config", "a\\x"])
def test_no_name_leads_outside(tmp_path: Path, path: str) -> None:
    with pytest.raises(RefusedFileError):
        write_out([entry("first", b"1"), entry(path, b"x")], tmp_path / "files")
    assert list(tmp_path.iterdir()) == []


def test_links_that_somebody_puts_in_between_are_not_followed(tmp_path: Path) -> None:
    outside, there = tmp_path / "outside", tmp_path / "files"
    outside.mkdir()

    def files() -> object:
        yield entry("a/1.sql", b"1")
        os.rename(there / "a", there / "b")
        (there / "a").symlink_to(outside)
        yield entry("a/2.sql", b"2")

    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        write_out(files(), there)  # type: ignore[arg-type]
    assert list(outside.iterdir()) == [] and outside.stat().st_mode & 0o200
    assert not there.exists()


def test_a_name_that_comes_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        write_out([entry("a", b"1"), entry("a", b"2")], tmp_path / "files")
    assert not (tmp_path / "files").exists()


NAMES = st.lists(st.sampled_from(["a", "b", "..", ".", "", "A", "c.sql", "\n", ".git", "\\"]), min_size=1, max_size=4)


@given(st.lists(NAMES.map("/".join), max_size=5))
def test_all_or_nothing_and_never_outside(paths: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        top = Path(directory)
        try:
            write_out([entry(path, path.encode()) for path in paths], top / "files")
        except (RefusedFileError, OSError):
            assert list(top.iterdir()) == []
        else:
            assert list(top.iterdir()) == [top / "files"]
            assert all((top / "files" / path).read_bytes() == path.encode() for path in paths)
            with suppress(FileNotFoundError):
                remove_written(top / "files")
