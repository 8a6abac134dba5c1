"""Small files, small functions: the tail is what makes a program hard to read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("chatbot", "cli", "commands", "dbs", "playground", "web", "tests", "bench")
MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 45
# A declarative table may be longer: "path" or "path:function" → why.
EXCEPTED: dict[str, str] = {}

FILES = sorted(path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_file_fits_a_reader(file: Path) -> None:
    text = (ROOT / file).read_text()
    lines = len(text.splitlines())
    assert str(file) in EXCEPTED or lines <= MOST_LINES_OF_A_FILE, f"{file} has {lines} lines"
    for function in functions(ast.parse(text)):
        name, length = f"{file}:{function.name}", (function.end_lineno or 0) - function.lineno + 1
        assert name in EXCEPTED or length <= MOST_LINES_OF_A_FUNCTION, f"{name} has {length} lines"


def test_exceptions_name_what_is_there() -> None:
    assert {name.partition(":")[0] for name in EXCEPTED} <= {str(file) for file in FILES}
