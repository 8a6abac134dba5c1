"""The wheel is whole, the lock files agree, and nothing of one machine or one registry is in the repository."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# As patterns, so that this file does not name them either.
_REGISTRIES = re.compile(r"py[p]i\.|python[h]osted|registry\.np[m]js|proxy\.go[l]ang|crate[s]\.io")
_SOMEBODYS_HOME = re.compile(r"/(?:home|Users)/\w+/|/roo[t]/")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)(.*)$", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    return {found[1]: found[2] for found in _PIN.finditer((ROOT / name).read_text())}


def tracked() -> list[Path]:
    """Everything in the repository; `safe.directory` because root may look at a user's checkout."""
    words = ["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel that was just built."""
    directory = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(directory), str(ROOT)]
    if importlib.util.find_spec("hatchling"):
        words.append("--no-build-isolation")
    subprocess.run(words, check=True)
    (built,) = directory.glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


def test_the_wheel_holds_every_file_of_every_package(wheel: set[str]) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert packages == ["chatbot", "cli", "commands", "dbs", "playground", "web"]
    files = {str(path.relative_to(ROOT)) for path in tracked() if path.relative_to(ROOT).parts[0] in packages}
    assert files - wheel == set()
    assert any(name.startswith("dbs/state/migrations/versions/r0001") for name in wheel)
    assert {"playground/static/page.js", "playground/static/page.css"} <= wheel


def test_the_lock_file_for_developers_holds_the_other_one() -> None:
    locked, for_developers = pins("requirements.lock"), pins("requirements-dev.lock")
    assert locked
    assert locked.items() <= for_developers.items()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_pin_has_a_hash(name: str) -> None:
    entries = re.split(r"^(?=\S)", (ROOT / name).read_text(), flags=re.MULTILINE)
    for entry in entries:
        assert not _PIN.match(entry) or "--hash=sha256:" in entry, entry


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {re.split(r"[<>=;\[ ]", one, maxsplit=1)[0].lower().replace(".", "-") for one in project["dependencies"]}
    assert named <= {name.lower() for name in pins("requirements.lock")}


def test_no_registry_and_no_place_of_one_machine_is_named() -> None:
    places = {f"{ROOT}/{path.relative_to(ROOT).parts[0]}" for path in tracked()}
    for path in tracked():
        text = path.read_text(errors="replace")
        named = [place for place in places if place in text]
        named += [found[0] for pattern in (_REGISTRIES, _SOMEBODYS_HOME) for found in pattern.finditer(text)]
        assert not named, f"{path.relative_to(ROOT)} names {', '.join(sorted(set(named)))}"
