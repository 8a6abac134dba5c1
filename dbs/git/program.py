"""How git is called: without anybody's configuration, hooks, prompts, filters, or more than its share."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from dbs import process
from dbs.git.access import LOCAL, Access
from dbs.git.interface import MEBIBYTE, GitError

_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.askPass": "",
    "core.attributesFile": "/dev/null",
    "core.fsmonitor": "false",
    "core.bigFileThreshold": "16m",  # larger ones are streamed, not held in memory
    "core.packedGitWindowSize": "32m",
    "core.packedGitLimit": "512m",
    "credential.helper": "",
    "gc.auto": "0",  # a process that outlives us is one that nobody looks after
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    "protocol.version": "2",
    "pack.threads": "2",
    # One file for each fetch, which is what the limit on the size of a file can stop.
    "fetch.unpackLimit": "1",
    "transfer.fsckObjects": "true",
    # Old histories have these, they harm nobody, and they would bar whole repositories: git-fsck(1).
    "fetch.fsck.badDateOverflow": "ignore",
    "fetch.fsck.badFilemode": "ignore",
    "fetch.fsck.badTimezone": "ignore",
    "fetch.fsck.missingSpaceBeforeDate": "ignore",
    "fetch.fsck.missingTaggerEntry": "ignore",
    "fetch.fsck.zeroPaddedFilemode": "ignore",
}
_ENVIRONMENT = {
    "LC_ALL": "C",  # what git says is looked at
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_LITERAL_PATHSPECS": "1",
}
OLDEST = (2, 32)
"""Earlier ones overlook GIT_CONFIG_COUNT (2.31) and GIT_CONFIG_GLOBAL, and with them all that is set here."""
_MEMORY_BYTES = 4096 * MEBIBYTE
_SAID_BYTES = 16_384
_KILL_SECONDS = 5
_TIMED_OUT = (124, 128 + 9)  # timeout(1): ended by TERM, or by KILL when that did not help


@dataclass(frozen=True)
class Bounds:
    """What one call may take: `seconds`, bytes that it prints, and bytes of a file that it writes."""

    seconds: int = 60
    output_bytes: int = 64 * MEBIBYTE
    file_bytes: int = 2048 * MEBIBYTE


@dataclass(frozen=True)
class Answer:
    """How git ended. `said` is the end of what it wrote as errors, without secrets.

    `output` is cut at its bound, and `too_much` says so.
    """

    status: int
    output: bytes
    said: str
    too_much: bool

    @property
    def timed_out(self) -> bool:
        """Whether it was ended because it took too long."""
        return self.status in _TIMED_OUT


def call(
    repository: Path,
    words: Sequence[str],
    *,
    access: Access = LOCAL,
    bounds: Bounds = Bounds(),
    given: bytes = b"",
    passed: Collection[int] = (),
) -> Answer:
    """Run git in a bare repository to its end.

    Raises `ProgramError` when it is not installed, `GitError` when it is too old.

    It is ended with everything that it started when its time is up, and when this process dies. `passed` are
    descriptors that stay open in all of them.
    """
    command = [*_bounded(bounds), *_git(repository), *words]
    with tempfile.TemporaryFile() as errors:
        talk = process.talk(command, _environment(access), errors, passed)
        whole = False
        try:
            with suppress(BrokenPipeError):  # it did not want to know; its status says why
                talk.asked.write(given)
                talk.asked.close()
            output = talk.answers.read(bounds.output_bytes + 1)
            whole = len(output) <= bounds.output_bytes
        finally:
            if not whole:
                talk.process.terminate()  # TERM: `timeout` hands it on to all of git
            status = talk.process.wait()
            talk.answers.close()
        said = _without(access.secrets, _end_of(errors))
    return Answer(status, output[: bounds.output_bytes], said, not whole)


def batch(repository: Path) -> process.Talk:
    """A `cat-file --batch` to ask for contents by id; it ends when its input does."""
    return process.talk([*_git(repository), "cat-file", "--batch"], _environment(LOCAL))


def _bounded(bounds: Bounds) -> list[str]:
    """The words before git that end it when this process dies or the time is up, and hold it to its share."""
    return [
        process.find_program("setpriv"),
        "--pdeathsig=TERM",
        process.find_program("timeout"),
        f"--kill-after={_KILL_SECONDS}",
        str(bounds.seconds),
        process.find_program("prlimit"),
        f"--fsize={bounds.file_bytes}",
        f"--as={_MEMORY_BYTES}",
        "--core=0",
    ]


@cache
def _is_new_enough(program: str) -> bool:
    found = re.search(r"(\d+)\.(\d+)", process.run([program, "--version"]))
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST


def _git(repository: Path) -> list[str]:
    program = process.find_program("git")
    if not _is_new_enough(program):
        raise GitError(
            f"The git at {program} is older than {OLDEST[0]}.{OLDEST[1]}, which dbs needs; install a newer one."
        )
    return [program, "-C", str(repository), "--git-dir=.", "--no-pager"]


def _environment(access: Access) -> dict[str, str]:
    path = os.pathsep.join([os.environ.get("PATH", ""), *process.SYSTEM_DIRECTORIES])
    settings = {**_SETTINGS, **access.settings}
    counted = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        counted |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {"PATH": path, **_ENVIRONMENT, **access.environment, **counted}


def _end_of(file: IO[bytes]) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _SAID_BYTES))
    return file.read().decode(errors="replace")


def _without(secrets: Sequence[str], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, "…") if secret else text
    return text
