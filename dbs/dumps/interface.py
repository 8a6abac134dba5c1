"""What is known about a dump file, and the one way in which work with it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True)
class DumpFrame:
    """A zstd frame of a masked dump: `bytes` of the file from `offset`. `table` is empty where it holds no rows.

    The order in the file: head, tables (both without rows), rows, then objects and tail (both without rows).
    A `wide` one puts rows together that are too long for one statement; its statements are run as they are, in order.
    """

    table: str
    offset: int
    bytes: int
    wide: bool = False


@dataclass(frozen=True)
class DumpManifest:
    """What a masked dump is. Times are ISO 8601 UTC; sizes are bytes: `bytes_on_disk` of the file, `text_bytes` of
    the SQL in it. `file` is the name of the file, which lies beside the manifest; `sha256` is the file's.

    `rows` is table → exact count, and `columns` table → the columns that its rows give, in their order: a table
    without rows may be missing in `frames`, never in `rows`. `masked` is a sentence for people, `policy_digest` says
    which policy it was. `report` holds the figures of the verification as plain JSON, never a value.
    """

    id: str
    source: str
    database: str
    data_state_at: str
    created_at: str
    file: str
    sha256: str
    bytes_on_disk: int
    text_bytes: int
    rows: dict[str, int]
    server_version: str
    policy_digest: str
    masked: str
    frames: tuple[DumpFrame, ...]
    columns: dict[str, list[str]]
    report: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The manifest as plain JSON values."""
        return {**asdict(self), "frames": [asdict(frame) for frame in self.frames]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> DumpManifest:
        """The manifest that `to_json` made these of. Raises `DumpError` when it is another thing."""
        try:
            frames = tuple(DumpFrame(**frame) for frame in values["frames"])
            return cls(**{**values, "frames": frames})
        except (KeyError, TypeError) as error:
            raise DumpError("The manifest of a dump does not have the fields that it must; make the dump again.") from (
                error
            )
