"""What a command sees: tool chains, whole roots, variables; and whom it may not run as."""

from __future__ import annotations

import os
import pwd
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dbs.sandbox import Database, SandboxError, SandboxRequest, run
from dbs.sandbox.identity import subordinate
from dbs.sandbox.view import view
from tests.support.sandboxed import Sandbox

DATABASE = Database(("db.internal", 3307), "shop", "runner", "p@ss/'\"")


def _tool(directory: Path, name: str) -> None:
    directory.mkdir(parents=True)
    (directory / name).write_text("#!/bin/sh\necho this is $0 $*\n")
    (directory / name).chmod(0o755)


def test_programs_of_a_tool_chain_come_first(sandbox: Sandbox, tmp_path: Path) -> None:
    _tool(tmp_path / "php" / "bin", "php")
    _tool(tmp_path / "php" / "sbin", "ls")
    ran = sandbox.run("php migrate; ls; touch $(dirname $(command -v php))/new", toolchain=tmp_path / "php")
    first, second, *rest = ran.output.splitlines()
    assert re.fullmatch(r"this is /.*/bin/php migrate", first)
    assert second.endswith("/sbin/ls")
    assert "Read-only" in rest[0]


def test_a_tool_chain_is_at_its_own_path(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("tools")
    elsewhere.chmod(0o755)
    for place, inner in ((Path("/opt"), "/opt"), (elsewhere, "/toolchain")):
        assert inner in view(replace(sandbox.request("true"), toolchain=place)).options


def test_a_tool_chain_may_be_a_link(sandbox: Sandbox, tmp_path: Path) -> None:
    _tool(tmp_path / "php-8.2" / "bin", "php")
    (tmp_path / "php").symlink_to("php-8.2")
    assert sandbox.run("php migrate", toolchain=tmp_path / "php").exit_code == 0


def _root(directory: Path) -> Path:
    """A small system of our own: a shell and what it is linked with, under the names that an image has."""
    for name in ("usr/bin", "etc", "tmp", "code"):
        (directory / name).mkdir(parents=True)
    (directory / "etc" / "release").write_text("another system\n")
    (directory / "bin").symlink_to("usr/bin")
    for program in ("sh", "cat", "id", "ls", "touch"):
        found = shutil.which(program)
        assert found is not None
        shutil.copy(os.path.realpath(found), directory / "usr" / "bin" / program)
        libraries = os.popen(f"ldd {found}").read()
        for library in re.findall(r"(/\S+) \(", libraries):
            place = directory / library.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, place)
    return directory


def test_a_whole_root_takes_the_place_of_the_hosts(sandbox: Sandbox, tmp_path: Path) -> None:
    (sandbox.code / "0001.sql").write_text("SELECT 1")
    ran = sandbox.run(
        "cat /etc/release /code/0001.sql; ls /usr/bin; touch /etc/x /usr/x /x; touch /tmp/fine && id -u",
        toolchain=_root(tmp_path / "image"),
    )
    assert ran.output.startswith("another system\nSELECT 1")
    assert ran.output.count("Read-only file system") == 3
    assert ran.output.endswith("65534\n")
    assert "env" not in ran.output.splitlines()  # of the host's programs, none


def test_a_root_cannot_lead_out_of_itself(sandbox: Sandbox, tmp_path: Path) -> None:
    root = _root(tmp_path / "image")
    secret = tmp_path / "secret"
    secret.write_text("canary")
    (root / "home").symlink_to(tmp_path)
    (root / "srv").symlink_to("../../../../etc")
    ran = sandbox.run(f"cat /home/secret {secret} /srv/passwd", toolchain=root)
    assert "canary" not in ran.output
    assert "root:x:" not in ran.output


def test_secrets_are_in_no_argument_and_no_repr(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    request = SandboxRequest("migrate", tmp_path, DATABASE, environment={"KEY": "canary"})
    assert "canary" not in repr(request)
    assert DATABASE.password not in repr(request)
    options = view(request).options
    at = options.index("DATABASE_URL")
    assert options[at + 1] == "mysql://runner:p%40ss%2F%27%22@127.0.0.1:3306/shop"


@pytest.mark.parametrize("name", ["A B", "", "1A", "A=B"])
def test_names_of_variables_are_checked(tmp_path: Path, name: str) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(SandboxError, match="name of a variable"):
        view(SandboxRequest("true", tmp_path, environment={name: "x"}))


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="without root, subordinate ids are used instead of an account")
def test_without_an_account_of_its_own_nothing_runs(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match=r"no account 'no-such-runner'.*useradd"):
        run(replace(sandbox.request("true"), runner_user="no-such-runner"))
    with pytest.raises(SandboxError, match="never run as root"):
        run(replace(sandbox.request("true"), runner_user="root"))


@pytest.mark.parametrize("text", ["", "somebody:100000:65536\n", "{own}:100000:0\n", "{own}:x:1\n", "{own}\n"])
def test_without_subordinate_ids_there_is_nobody_to_run_as(tmp_path: Path, text: str) -> None:
    (tmp_path / "ids").write_text(text.format(own=pwd.getpwuid(os.geteuid()).pw_name))
    with pytest.raises(SandboxError, match="no subordinate user and group ids"):
        subordinate(tmp_path / "ids", tmp_path / "ids")


def test_code_that_the_account_cannot_read_is_not_run(sandbox: Sandbox) -> None:
    (sandbox.code / "secret").write_text("canary")
    sandbox.code.chmod(0o700)
    with pytest.raises(SandboxError, match="cannot be read by the account"):
        sandbox.run("cat secret")
