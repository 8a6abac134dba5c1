"""`dbs doctor` tries the sandbox as each project would use it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.doctor import CHECKS
from cli.findings import Finding
from cli.sandboxes import sandboxes
from tests.chatbot.parts import FakeDirectory, make_services
from tests.support import sandboxed

PROJECT = """
[source.shop]
url = "mysql://reader@127.0.0.1/shop"

[project.shop]
repository = "acme/shop"
source = "shop"
migrations = "m/**"
"""


def looked(tmp_path: Path, *lines: str) -> list[Finding]:
    """What is found for a project with these lines."""
    return list(sandboxes(make_services(tmp_path, FakeDirectory(), config="\n".join([PROJECT, *lines]))))


def test_doctor_does_that() -> None:
    assert sandboxes in CHECKS


def test_who_needs_no_sandbox_hears_nothing_of_it(tmp_path: Path) -> None:
    assert looked(tmp_path, 'runner = "sql"') == []


def test_a_sandbox_that_runs(tmp_path: Path) -> None:
    if sandboxed.lack():
        pytest.skip(sandboxed.lack())
    [found] = looked(tmp_path, 'command = "make migrate"')
    assert found.about == "project shop: sandbox"
    assert found.state.startswith("runs, as ")
    assert "without network" in found.state
    assert found.advice == ""


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="without root, subordinate ids are used instead of an account")
def test_an_account_that_is_missing(tmp_path: Path) -> None:
    [found] = looked(tmp_path, 'runner = "sql"', 'test = "make test"', 'runner_user = "nobody-here"')
    assert found.state == "cannot run"
    assert "useradd --system --no-create-home --shell /usr/sbin/nologin nobody-here" in found.advice


def test_a_program_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sandboxed.lack():
        pytest.skip(sandboxed.lack())
    monkeypatch.setattr("dbs.process.SYSTEM_DIRECTORIES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    [found] = looked(tmp_path, 'command = "make migrate"')
    assert found.state == "cannot run"
    if os.geteuid() == 0:
        assert "apt install bubblewrap" in found.advice


def test_a_tool_chain_without_a_shell(tmp_path: Path) -> None:
    if sandboxed.lack():
        pytest.skip(sandboxed.lack())
    root = tmp_path / "image"
    (root / "usr" / "bin").mkdir(parents=True)
    [found] = looked(tmp_path, 'command = "make migrate"', f'toolchain = "{root}"')
    assert found.state == "ended with 127"
    assert "no /bin/sh that runs" in found.advice
