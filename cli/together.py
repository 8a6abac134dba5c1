"""Worker, bot and web in one process: the embedded default behind `dbs up` and `dbs demo`."""

from __future__ import annotations

from contextlib import ExitStack

import structlog

from dbs.settings import Settings

log = structlog.get_logger()


def run(settings: Settings, stack: ExitStack) -> None:
    """Start everything; it ends with `stack`."""
    raise NotImplementedError
