"""How projects name their migrations: one table of styles, and one way from the files of a directory to their order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from dbs.migrations.dialects import ours, without_dialect
from dbs.migrations.interface import STYLES, Direction, Migration, MigrationError, MigrationFile, Style
from dbs.migrations.sections import MARKERS, sections

Key = tuple[tuple[int, ...], str]
"""Where a migration comes in the order: numbers first, and a text for what has none."""

_FLYWAY = re.compile(r"(?P<kind>[VUR])(?P<version>\d+(?:[._]\d+)*)?__(?P<name>.+)\.sql", re.IGNORECASE)
_UP_DOWN = re.compile(r"(?P<version>\d+)_(?P<name>.+)\.(?P<direction>up|down)\.sql", re.IGNORECASE)
_NUMBERED = re.compile(r"(?P<version>\d+)_(?P<name>.+)\.sql", re.IGNORECASE)
_SQLX = re.compile(r"(?P<version>\d+)_(?P<name>(?!\d).+)\.sql", re.IGNORECASE)  # 2021_01_31_x is a date: plain
# Prisma keeps the same folders, with one file named migration.sql in each.
_DIESEL = re.compile(r"(?P<version>\d[\d-]*)_(?P<name>[^/]+)/(?P<direction>up|down|migration)\.sql", re.IGNORECASE)
_PLAIN = re.compile(
    r"(?P<version>\d+(?:[._-]\d+)*)?(?P<name>.*?)(?:[._-](?P<direction>up|down|undo|rollback|revert))?\.sql",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+")
_DATE_DIGITS = 8
"""A version with so many digits is a date: two files of one day are told apart by their names."""


@dataclass(frozen=True)
class _Kind:
    """A style: `parts` reads a path (None: not of this style), `marks` is True where a file holds both directions."""

    style: Style
    parts: Callable[[str], re.Match[str] | None]
    marks: bool = False


def _of_file(pattern: re.Pattern[str]) -> Callable[[str], re.Match[str] | None]:
    return lambda path: pattern.fullmatch(without_dialect(PurePosixPath(path).name))


KINDS: dict[Style, _Kind] = {
    "diesel": _Kind("diesel", lambda path: _DIESEL.fullmatch("/".join(PurePosixPath(path).parts[-2:]))),
    "flyway": _Kind("flyway", _of_file(_FLYWAY)),
    "golang-migrate": _Kind("golang-migrate", _of_file(_UP_DOWN)),
    "dbmate": _Kind("dbmate", _of_file(_NUMBERED), marks=True),
    "goose": _Kind("goose", _of_file(_NUMBERED), marks=True),
    "sql-migrate": _Kind("sql-migrate", _of_file(_PLAIN), marks=True),
    "sqlx": _Kind("sqlx", _of_file(_SQLX)),
    "plain": _Kind("plain", _of_file(_PLAIN)),
}
"""In the order in which they are tried: what can hardly be mistaken first, what fits nearly everything last."""
_SURE = tuple(style for style in KINDS if style not in ("sqlx", "plain"))


def arrange(blobs: Mapping[str, bytes], style: str | None = None, flavour: str = "MariaDB") -> tuple[Migration, ...]:
    """The migrations among these files (path → contents), oldest first; repeatable ones come last.

    `style` None finds out by the names and marks. Files for other database systems are left out; where one is there
    for MariaDB, MySQL and any, that for `flavour` wins. Raises `MigrationError` when files are of several styles or of
    none, or when two claim the same version.
    """
    files = {path: text for path, text in ours(blobs, flavour).items() if path.lower().endswith(".sql")}
    if not files:
        theirs = sum(path.lower().endswith(".sql") for path in blobs)
        if theirs:
            raise MigrationError(f"All {theirs} .sql files are, by their names or folders, for other database systems.")
        return ()
    kind = KINDS[_named(style) if style else _detected(files)]
    found = [part for path in sorted(files) if _claims(kind, path, files[path]) for part in _parts(kind, path, files)]
    if not found:
        raise MigrationError(f"None of the {len(files)} .sql files is named as {kind.style} names migrations.")
    return _paired(kind.style, found)


def leftover(blobs: Mapping[str, bytes], migrations: Iterable[Migration], flavour: str = "MariaDB") -> tuple[str, ...]:
    """Paths of .sql files for this server that are no part of these migrations, so that nobody thinks they were run."""
    used = {file.path for each in migrations for file in (each.up, each.down) if file}
    return tuple(path for path in sorted(ours(blobs, flavour)) if path.lower().endswith(".sql") and path not in used)


def version_key(version: str) -> Key:
    """A version as it is compared: by its numbers, 1.10 after 1.9, and 1.0 the same as 1."""
    numbers = [int(digits) for digits in _NUMBER.findall(version)]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers), "" if numbers else version


def _named(style: str) -> Style:
    for known in STYLES:
        if style == known:
            return known
    raise MigrationError(f"There is no style {style!r} of migrations; dbs knows {', '.join(STYLES)}.")


def _detected(files: Mapping[str, bytes]) -> Style:
    """The style that the files are in."""
    seen = {style: [path for path in files if _claims(KINDS[style], path, files[path])] for style in _SURE}
    sure = [style for style, paths in seen.items() if paths]
    if len(sure) > 1:
        examples = " and ".join(f"{seen[style][0]} ({style})" for style in sure[:2])
        raise MigrationError(f"The migrations are in several styles: {examples}. Say which one with `style`.")
    if sure:
        return sure[0]
    return "sqlx" if all(_claims(KINDS["sqlx"], path, b"") for path in files) else "plain"


def _claims(kind: _Kind, path: str, text: bytes) -> bool:
    parts = kind.parts(path)
    if parts is None or (kind.marks and not MARKERS[kind.style].search(text)):
        return False
    return kind.style != "flyway" or (parts["version"] is None) == (parts["kind"].upper() == "R")


def _parts(kind: _Kind, path: str, files: Mapping[str, bytes]) -> list[MigrationFile]:
    """One direction, or both, of what a file holds."""
    parts = kind.parts(path)
    found = parts.groupdict() if parts else {}
    version, name = _version(kind.style, found["version"] or "", path), (found["name"] or "").strip("_- .")
    file = MigrationFile(path, version, name or path, _direction(found), files[path])
    return sections(kind.style, file) if kind.marks else [file]


def _version(style: Style, digits: str, path: str) -> str:
    """As the tool's history table has it."""
    if style == "diesel":
        return digits.replace("-", "")
    if style == "sql-migrate":
        return PurePosixPath(path).name
    return digits.replace("_", ".") if style == "flyway" else digits


def _direction(found: Mapping[str, str | None]) -> Direction:
    down = (found.get("direction") or "up").lower() not in ("up", "migration") or (
        found.get("kind") or ""
    ).upper() == "U"
    return "down" if down else "up"


def _paired(style: Style, files: list[MigrationFile]) -> tuple[Migration, ...]:
    """Up and down put together, in order. A way down without a way up is left out: there is nothing to run."""
    ups: dict[tuple[Key, str], MigrationFile] = {}
    downs: dict[tuple[Key, str], MigrationFile] = {}
    for file in files:
        known = ups if file.direction == "up" else downs
        key = _identity(style, file)
        if key in known:
            both = f"{known[key].path} and {file.path}"
            raise MigrationError(f"{both} both claim version {file.version or file.name}; number one of them anew.")
        known[key] = file
    made = [
        Migration(style, up.version, up.name, up, downs.get(key), style == "flyway" and not up.version)
        for key, up in ups.items()
    ]
    return tuple(sorted(made, key=lambda each: (each.repeatable, _order(each))))


def _order(migration: Migration) -> tuple[Key, list[tuple[int, str]], str]:
    """Numbers by their value also within names, so that step-10 comes after step-9; files without any come last."""
    path = migration.up.path
    key = version_key(migration.version)
    natural = [(int(text), "") if text.isdigit() else (-1, text) for text in re.split(r"(\d+)", migration.name)]
    if migration.style == "sql-migrate":  # sorts by the number in front, then by name
        front = _NUMBER.match(migration.version)
        key = ((int(front[0]),), "") if front else ((), migration.version)
    return (key if key[0] else ((1 << 62,), key[1])), natural, path


def _identity(style: Style, file: MigrationFile) -> tuple[Key, str]:
    """Two files with the same one claim the same place."""
    key = version_key(file.version)
    digits = sum(character.isdigit() for character in file.version)
    if style == "sql-migrate":
        return ((), file.version), ""
    if style == "plain" and (not digits or digits >= _DATE_DIGITS):
        return key, file.name
    return key, file.name if not file.version else ""
