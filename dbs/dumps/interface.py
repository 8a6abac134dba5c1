"""What is known about a dump file, and the one way in which work with it fails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dbs.errors import FailedError


class DumpError(FailedError):
    """A dump cannot be used. The sentence names the file or line, and what to do.

    `line` (from 1) and `offset` (bytes from 0) are a place in the uncompressed text, where it is known.
    """

    def __init__(self, sentence: str, line: int | None = None, offset: int | None = None) -> None:
        super().__init__(sentence)
        self.line = line
        self.offset = offset


@dataclass(frozen=True)
class DumpFile:
    """A dump file that was read once from end to end and found whole. Sizes are bytes.

    `sha256` is that of the file as it lies on the disk. `compression` is `none`, `gzip` or `zstd`; `checksummed` says
    whether the compression carries a checksum of the text, without which a flipped bit may go unnoticed.
    `program`, `server_version` and `database` are what the header of mysqldump or mariadb-dump says, None without it.
    `completed_at` (UTC) is from the last line, which is in the local time of the machine that wrote it and is taken
    for this machine's; None without that line or its date. `modified_at` (UTC) is the file's.
    """

    path: Path
    sha256: str
    bytes_on_disk: int
    uncompressed_bytes: int
    compression: str
    checksummed: bool
    program: str | None
    server_version: str | None
    database: str | None
    completed_at: datetime | None
    modified_at: datetime
