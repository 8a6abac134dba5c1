"""Logs: JSON in the Elastic Common Schema, one object a line, on standard error; plain text on a terminal."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import ecs_logging
import structlog


def configure(file: Path | None = None) -> None:
    """Set structlog up for this process, to standard error or to `file`. Of libraries only warnings are shown."""
    stream = file.open("a") if file else sys.stderr
    logging.basicConfig(level=logging.WARNING, stream=stream, force=True)
    # create_app is given a client on purpose; Bolt says at every start that SLACK_BOT_TOKEN is then unused.
    logging.getLogger("slack_bolt.App").addFilter(lambda record: "`token` will be unused" not in record.getMessage())
    last: Any = structlog.dev.ConsoleRenderer() if stream.isatty() else ecs_logging.StructlogFormatter()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="@timestamp"),
            structlog.processors.format_exc_info,
            last,
        ],
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
