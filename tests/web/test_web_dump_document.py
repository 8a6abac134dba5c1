"""The target of docs/ci.md that loads the newest dump, run by make with curl and zstd against a running server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from commands.services import Services
from tests.support import dumped

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

pytestmark = pytest.mark.timeout(120)
DOCUMENT = Path(__file__).parents[2] / "docs" / "ci.md"
SQL = b"INSERT INTO users VALUES (1);\n" * 100_000


def make(directory: Path, http: httpx.Client, secret: str) -> tuple[int, bytes]:
    """Run it as it stands there, with a `mariadb` that keeps what it gets: exit code, and what that was."""
    for program in ("make", "curl", "zstd", "bash"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} on this machine")
    found = re.findall(r"```make\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    (directory / "Makefile").write_text(next(one for one in found if "latest.sql.zst" in one))
    (directory / "token").write_text(f"{secret}\n")
    client, got = directory / "bin" / "mariadb", directory / "got"
    client.parent.mkdir(exist_ok=True)
    client.write_text(f'#!/bin/sh\ntest "$1" = shop && cat > "{got}"\n')
    client.chmod(0o700)
    plain = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    plain["PATH"] = f"{client.parent}:{plain['PATH']}"
    words = ["make", f"DBS={str(http.base_url).rstrip('/')}", f"DBS_TOKEN={directory / 'token'}", "shop"]
    run = subprocess.run(words, cwd=directory, capture_output=True, env=plain, check=False, timeout=60)
    assert secret.encode() not in run.stdout + run.stderr
    return run.returncode, got.read_bytes() if got.exists() else b""


def test_it_loads_the_newest_dump(services: Services, http: httpx.Client, tmp_path: Path) -> None:
    dumped.publish(services.dumps, zstd.compress(b"old"), 1)
    dumped.publish(services.dumps, zstd.compress(SQL), 2)
    secret = services.tokens.create("dump:shop", "laptops", "os:ada")[1]

    assert make(tmp_path, http, secret) == (0, SQL)


def test_it_fails_without_a_whole_dump(services: Services, http: httpx.Client, tmp_path: Path) -> None:
    dumped.publish(services.dumps, zstd.compress(SQL)[:-100])
    secret = services.tokens.create("dump:shop", "laptops", "os:ada")[1]

    assert make(tmp_path, http, secret)[0] != 0
    assert make(tmp_path, http, "dbs_wrong")[0] != 0
