"""Cases as SQL files: what production is, `-- migration`, what runs on it, and what the checks must find.

-- verdict: fails
-- sentence: "a part of the first line"
-- expect: drop-index warning line 7 "a part of its sentence"      exactly these findings, in any order
-- query: "a part of the query of one of them"
-- never: "what stands in rows, and must stand nowhere else"
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

CASES = sorted((Path(__file__).parent / "cases").glob("*.sql"))
_MIGRATION = re.compile(r"^-- migration\n", re.MULTILINE)
_SAID = re.compile(r"^-- (verdict|sentence|expect|query|never): (.*)$", re.MULTILINE)
_EXPECTED = re.compile(r'([a-z-]+) (error|warning|notice)(?: line (\d+))? "(.*)"')


@dataclass(frozen=True)
class Expected:
    """A finding that must be there; `part` is one of its sentence."""

    check: str
    severity: str
    line: int
    part: str


@dataclass(frozen=True)
class Written:
    """A case as it is written. `migration` begins `line_offset` lines into the file."""

    name: str
    setup: bytes
    migration: bytes
    line_offset: int
    verdict: str
    expected: tuple[Expected, ...]
    sentences: tuple[str, ...] = field(default=())
    queries: tuple[str, ...] = field(default=())
    never: tuple[str, ...] = field(default=())


def read(path: Path) -> Written:
    """Take a file apart. Whatever is not understood fails the test."""
    text = path.read_text()
    setup, migration = _MIGRATION.split(text)
    told: dict[str, list[str]] = {"verdict": [], "sentence": [], "expect": [], "query": [], "never": []}
    for kind, said in _SAID.findall(migration):
        told[kind].append(said)
    (verdict,) = told["verdict"]
    return Written(
        path.name,
        setup.encode(),
        migration.encode(),
        setup.count("\n") + 1,
        verdict,
        tuple(_expected(each) for each in told["expect"]),
        *(tuple(each[1:-1] for each in told[kind]) for kind in ("sentence", "query", "never")),
    )


def _expected(text: str) -> Expected:
    found = _EXPECTED.fullmatch(text)
    assert found, f"not understood: {text}"
    return Expected(found[1], found[2], int(found[3] or 0), found[4])
