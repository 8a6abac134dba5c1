"""`dbs mask` as a program in a pipe: exit codes, sentences, and memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from dbs.masking.interface import Rule
from dbs.masking.policy import dump as policy_text
from tests.support.filtered import BEGIN, END, keeping

TABLE = b"""CREATE TABLE `users` (
  `id` int(11) NOT NULL,
  `email` varchar(120) NOT NULL,
  `file` longblob DEFAULT NULL,
  `note` longtext DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
"""
ROW = b"INSERT INTO `users` VALUES (1,'zoe@production.example',NULL,NULL);\n"
KEY = "a key for tests, which masks nobody"
MASKS = {("users", "email"): Rule("email"), ("users", "note"): Rule("text")}
# Not getrusage: its peak begins with the size of the process that started this one, here that of all tests so far.
PEAK = (
    "import re, sys\nfrom pathlib import Path\nfrom cli.main import main\n"
    "try:\n    main()\nfinally:\n"
    "    peak = re.search(r'VmHWM:\\s*(\\d+) kB', Path('/proc/self/status').read_text())\n"
    "    print(int(peak[1]) // 1024, file=sys.stderr)\n"
)


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "shop.toml"
    path.write_text(policy_text(keeping(TABLE, MASKS)))
    return path


def dbs_mask(
    text: bytes, *words: str, environ: Mapping[str, str] | None = None, program: tuple[str, ...] = ("-m", "cli.main")
) -> subprocess.CompletedProcess[bytes]:
    given = {**os.environ, "MASK_KEY": KEY, **(environ or {})}
    command = [sys.executable, *program, "mask", *words]
    return subprocess.run(command, input=text, capture_output=True, env=given, check=False)


def test_a_dump_goes_through(policy: Path) -> None:
    done = dbs_mask(BEGIN + TABLE + ROW + END, "--policy", str(policy), "--key", "env:MASK_KEY")
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    assert done.stdout.startswith(BEGIN + TABLE + b"INSERT INTO `users` VALUES (1,'")
    assert done.stdout.endswith(b".test',NULL,NULL);\n" + END)


def test_the_same_key_from_a_file_gives_the_same(policy: Path, tmp_path: Path) -> None:
    key = tmp_path / "mask.key"
    key.write_text(KEY + "\n")
    key.chmod(0o600)
    text = BEGIN + TABLE + ROW + END
    once = dbs_mask(text, "--policy", str(policy), "--key", f"file:{key}")
    assert once.stdout == dbs_mask(text, "--policy", str(policy), "--key", "env:MASK_KEY").stdout


def test_the_policy_and_key_of_a_source(policy: Path, tmp_path: Path) -> None:
    policy.write_text(policy.read_text().replace('source = "hard"', 'source = "shop"'))
    config = tmp_path / "dbs.toml"
    config.write_text(
        '[source.shop]\nurl = "mysql://reader@127.0.0.1:3306/shop"\npolicy = "shop.toml"\nmask_key = "env:MASK_KEY"\n'
    )
    environ = {"DBS_CONFIG": str(config), "DBS_HOME": str(tmp_path / "home")}
    done = dbs_mask(BEGIN + TABLE + ROW + END, "--source", "shop", environ=environ)
    assert done.returncode == 0, done.stderr
    assert b"zoe@" not in done.stdout


def test_half_a_dump_is_exit_1_and_ends_in_what_no_server_takes(policy: Path) -> None:
    done = dbs_mask(BEGIN + TABLE + ROW, "--policy", str(policy), "--key", "env:MASK_KEY")
    assert done.returncode == 1
    assert b"not whole" in done.stderr
    assert b"zoe" not in done.stderr + done.stdout
    assert done.stdout.endswith(b"THIS DUMP IS NOT WHOLE, dbs mask stopped here and said why;\n")


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        ((), "--policy", 2),
        (("--key", "env:MASK_KEY"), "--policy", 2),
        (("--policy", "POLICY"), "--key", 2),
        (("--policy", "POLICY", "--key", KEY), "says where the key is", 2),
        (("--policy", "POLICY", "--key", "env:NOT_SET"), "NOT_SET is not set", 1),
        (("--policy", "POLICY", "--key", "env:SHORT"), "fewer than 16", 1),
        (("--policy", "POLICY", "--key", "env:MASK_KEY", "--source", "shop"), "Write: ", 2),
        (("--policy", "POLICY", "--key", "env:MASK_KEY", "--schema", "/nowhere.sql"), "cannot be read", 2),
        (("--policy", "/nowhere.toml", "--key", "env:MASK_KEY"), "no policy at", 1),
    ],
)
def test_wrong_words(policy: Path, words: tuple[str, ...], said: str, code: int) -> None:
    given = [str(policy) if word == "POLICY" else word for word in words]
    done = dbs_mask(BEGIN + TABLE + ROW + END, *given, environ={"SHORT": "short"})
    assert done.returncode == code
    assert said in done.stderr.decode()
    assert KEY.encode() not in done.stderr
    assert done.stdout == b""


def test_a_reader_that_goes_away_is_a_failure(policy: Path) -> None:
    rows = ROW * 20_000
    command = [sys.executable, "-m", "cli.main", "mask", "--policy", str(policy), "--key", "env:MASK_KEY"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "MASK_KEY": KEY},
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        try:
            running.stdin.write(BEGIN + TABLE + rows + END)
            running.stdin.close()
        except BrokenPipeError:
            running.stdin = None
        said = running.stderr.read()
    assert running.returncode == 1
    assert b"has gone" in said
    assert b"Traceback" not in said


def test_a_row_of_16_mb_takes_less_than_300_mb_of_memory(policy: Path) -> None:
    size = 16 * 2**20
    escaped = b"\\0" * (size // 2) + b"a" * (size // 2)
    row = b"INSERT INTO `users` VALUES (1,'zoe@production.example','" + escaped + b"','" + b"y" * (size // 8) + b"');\n"
    words = ("--policy", str(policy), "--key", "env:MASK_KEY")
    done = dbs_mask(BEGIN + TABLE + ROW * 100 + row + ROW * 100 + END, *words, program=("-c", PEAK))
    assert done.returncode == 0, done.stderr
    assert int(done.stderr.split()[-1]) < 300
    masked = row.replace(b"y", b"n")
    policy.write_text(policy_text(keeping(TABLE, {**MASKS, ("users", "file"): Rule("text")})))
    done = dbs_mask(BEGIN + TABLE + masked + END, *words, program=("-c", PEAK))
    assert done.returncode == 0, done.stderr
    assert int(done.stderr.split()[-1]) < 300
