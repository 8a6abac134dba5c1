"""Runs one command in the sandbox: starts the launcher, collects the output, watches the time."""

from __future__ import annotations

import json
import math
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from dbs import process
from dbs.sandbox.identity import identity
from dbs.sandbox.interface import PORT, Database, SandboxError, SandboxRequest, SandboxRun, StoppedBy
from dbs.sandbox.launcher.plan import Plan
from dbs.sandbox.output import Kept, cleaned
from dbs.sandbox.view import view

_KILLED = 128 + signal.SIGKILL
_LOOK_SECONDS = 0.2
_END_SECONDS = 10.0
_CPU_TIMES = 2
_PIECE_BYTES, _REPORT_BYTES = 65_536, 1 << 20
_NOT_FOUND, _NO_PROGRAM = 127, "bwrap: execvp "
_SHELL = ("/bin/sh", "-c")


def run(
    request: SandboxRequest,
    on_output: Callable[[str], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> SandboxRun:
    """Run a command to its end, or until it has to be stopped; no process of it is left then.

    `on_output` is called with what it writes, cleaned, line by line as it comes; `cancelled` is asked about five times
    a second. Raises `SandboxError` when it could not be run, or nobody knows how it ended.
    """
    plan = _plan(request)
    report, reported = os.pipe()
    try:
        talk = process.talk(
            [sys.executable, "-m", "dbs.sandbox.launcher", str(reported)], _environment(), passed=[reported]
        )
    except BaseException:
        os.close(report)
        raise
    finally:
        os.close(reported)
    running = _Running(request, talk, report, on_output, cancelled)
    try:
        with suppress(BrokenPipeError):  # it says why, or ends without a word
            talk.asked.write(plan.line())
            talk.asked.flush()
        running.follow()
    finally:
        running.close()
    return running.result()


def _environment() -> dict[str, str]:
    """For the launcher; nothing of it is seen inside."""
    return {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "VIRTUAL_ENV") if name in os.environ}


def _plan(request: SandboxRequest) -> Plan:
    who, seen, limits = identity(request.runner_user), view(request), request.limits
    try:
        bwrap = process.find_program("bwrap")
    except process.ProgramError as error:
        raise SandboxError(f"{error} It is the sandbox; on Debian: apt install bubblewrap") from None
    command = request.command
    return Plan(
        bwrap=bwrap,
        arguments=seen.options,
        command=[*_SHELL, command] if isinstance(command, str) else list(command),
        uid=who.uid,
        gid=who.gid,
        subordinate=who.subordinate,
        binds=seen.binds,
        database=_address(request.database),
        port=PORT,
        memory_bytes=limits.memory_bytes,
        cpu_seconds=limits.cpu_seconds or math.ceil(_CPU_TIMES * limits.seconds),
        processes=limits.processes,
        file_bytes=limits.file_bytes,
        scratch_bytes=limits.scratch_bytes,
    )


def _address(database: Database | None) -> str | list[str | int] | None:
    if database is None:
        return None
    return list(database.at) if isinstance(database.at, tuple) else str(database.at)


class _Running:
    """A launcher at work."""

    def __init__(
        self,
        request: SandboxRequest,
        talk: process.Talk,
        report: int,
        on_output: Callable[[str], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self._limits, self._talk, self._report = request.limits, talk, report
        self._on_output, self._cancelled = on_output, cancelled
        self._kept = Kept(request.limits.output_bytes)
        self._began = time.monotonic()
        self._seconds = 0.0
        self._stopped_by: StoppedBy | None = None
        self._said = bytearray()

    def follow(self) -> None:
        """Take what comes until both the output and the report have ended."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._talk.answers, selectors.EVENT_READ, self._take_output)
            selector.register(self._report, selectors.EVENT_READ, self._take_report)
            while selector.get_map():
                for key, _ in selector.select(_LOOK_SECONDS):
                    if not key.data():
                        selector.unregister(key.fileobj)
                self._watch_time()
        self._seconds = time.monotonic() - self._began
        rest = self._kept.end()
        if rest:
            self._on_output(rest)

    def _take_output(self) -> bool:
        piece = os.read(self._talk.answers.fileno(), _PIECE_BYTES)
        shown = self._kept.add(piece)
        if shown:
            self._on_output(shown)
        return bool(piece)

    def _take_report(self) -> bool:
        piece = os.read(self._report, _PIECE_BYTES)
        self._said += piece[: _REPORT_BYTES - len(self._said)]
        return bool(piece)

    def _watch_time(self) -> None:
        passed = time.monotonic() - self._began
        if self._stopped_by is None:
            reason: StoppedBy | None = "time limit" if passed > self._limits.seconds else None
            if reason is None and self._cancelled():
                reason = "cancelled"
            if reason is not None:
                self._stopped_by, self._deadline = reason, passed + _END_SECONDS
                with suppress(BrokenPipeError):
                    self._talk.asked.close()  # the launcher takes it as the word to end everything
        elif passed > self._deadline:
            self._talk.process.kill()  # what is inside dies with it

    def close(self) -> None:
        """Leave nothing behind, however `follow` ended."""
        with suppress(BrokenPipeError):
            self._talk.asked.close()
        if not self._talk.ended(_END_SECONDS):
            self._talk.end(_END_SECONDS)
        self._talk.answers.close()
        os.close(self._report)

    def result(self) -> SandboxRun:
        """What came of it. Raises `SandboxError` when the command was not run, or nobody knows how it ended."""
        text = self._kept.text()
        if not self._said:
            raise SandboxError(
                "The sandbox's launcher ended without a word, and everything inside with it: it was killed, or failed; "
                "then the log of the worker says how."
            )
        said = json.loads(self._said)
        if "refused" in said:
            raise SandboxError(_refusal(str(said["refused"])))
        code = said["exit_code"]
        if said["killed"] or said["stopped_by"]:
            code = _KILLED
        if code is None and text.startswith(_NO_PROGRAM):  # all was set up, so it is the command that is wrong
            code = _NOT_FOUND
        if code is None:
            raise SandboxError(_refusal(text))
        return SandboxRun(
            exit_code=int(code),
            seconds=self._seconds,
            cpu_seconds=float(said["cpu_seconds"]),
            peak_bytes=int(said["peak_bytes"]),
            output=text,
            output_bytes=self._kept.bytes,
            stopped_by=cast("StoppedBy | None", said["stopped_by"]) or self._stopped_by,
        )


def _refusal(words: str) -> str:
    lines = [line.strip() for line in cleaned(words).splitlines() if line.strip()]
    said = " / ".join(lines[-3:])[-400:] or "it said nothing"
    return (
        f"The sandbox could not be set up here: {said}. Commands of projects run in it or not at all; "
        "dbs doctor says what this machine lacks."
    )
