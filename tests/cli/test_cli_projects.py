"""What `dbs doctor` says of projects: each thing that keeps a pull request from being rehearsed, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.doctor import CHECKS
from cli.projects import projects
from commands.services import Services
from tests.chatbot.parts import CONFIG, FakeDirectory, make_services
from tests.support.fake_github_git import BareRepository

BUILDS = '[instance.builds]\nsource = "shop"\nprovider = "local"\nrole = "builds"\nport = 33999\n'


def services(tmp_path: Path, more: str) -> Services:
    """Services for the usual configuration and some more."""
    return make_services(tmp_path / "home", FakeDirectory(), config=CONFIG + more)


def project(keys: str, runner: str = 'runner = "sql"') -> str:
    """A project in the configuration."""
    return f'[project.shop]\n{keys}\nsource = "shop"\nmigrations = "db/**"\n{runner}\n'


def said(tmp_path: Path, more: str) -> dict[str, tuple[str, str]]:
    """State and advice by what they are about."""
    (tmp_path / "home").mkdir()
    return {one.about: (one.state, one.advice) for one in projects(services(tmp_path, more))}


def test_a_project_that_is_ready(tmp_path: Path) -> None:
    git = BareRepository(tmp_path / "shop.git", {"README.md": b"x\n"})
    found = said(tmp_path, BUILDS + project(f'remote = "{git.path}"'))
    assert found["project shop"] == ("rehearsed on builds", "")
    assert found["project shop: git"] == (f"main stands at {git.tip('refs/heads/main')[:10]}", "")
    assert projects in CHECKS


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    found = said(tmp_path, project('remote = "/nowhere/at/all.git"'))
    assert 'role = "builds"' in found["project shop"][1]
    assert "/nowhere/at/all.git" in found["project shop: git"][1]


def test_a_runner_that_dbs_does_not_have(tmp_path: Path) -> None:
    git = BareRepository(tmp_path / "shop.git", {"README.md": b"x\n"})
    found = said(tmp_path, BUILDS + project(f'remote = "{git.path}"', 'runner = "artisan"'))
    assert "command =" in found["project shop"][1]


def test_github_without_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_TOKEN", "GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY"):
        monkeypatch.delenv(name, raising=False)
    found = said(tmp_path, BUILDS + project('repository = "acme/shop"'))
    assert "GITHUB_APP_ID" in found["GitHub"][1]
