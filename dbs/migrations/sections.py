"""Files that hold both directions, parted by comments: dbmate, goose, sql-migrate."""

from __future__ import annotations

import re

from dbs.migrations.interface import Direction, MigrationError, MigrationFile, Style

MARKERS: dict[Style, re.Pattern[bytes]] = {
    "dbmate": re.compile(rb"^--[ \t]*migrate:(?P<way>up|down)\b[^\n]*$", re.MULTILINE),
    "goose": re.compile(rb"^--[ \t]*\+goose[ \t]+(?P<way>up|down)\b[^\n]*$", re.MULTILINE | re.IGNORECASE),
    "sql-migrate": re.compile(rb"^--[ \t]*\+migrate[ \t]+(?P<way>up|down)\b[^\n]*$", re.MULTILINE | re.IGNORECASE),
}
"""A line that begins a direction; what follows in it are options. StatementBegin and its like are comments to us: where
a compound statement ends is found without them."""


def sections(style: Style, file: MigrationFile) -> list[MigrationFile]:
    """The directions of a file, each with the line at which it begins. Raises `MigrationError` for two of one kind."""
    markers = list(MARKERS[style].finditer(file.text))
    found: dict[str, MigrationFile] = {}
    for marker, following in zip(markers, [*markers[1:], None], strict=True):
        direction: Direction = "down" if marker["way"].lower() == b"down" else "up"
        line = file.text.count(b"\n", 0, marker.start())
        if direction in found:
            place = f"{file.path}, line {line + 1}"
            raise MigrationError(f"{place}: there is a second section for {direction}.", file.path, line + 1)
        text = file.text[marker.start() : following.start() if following else None]
        found[direction] = MigrationFile(file.path, file.version, file.name, direction, text, line)
    return list(found.values())
