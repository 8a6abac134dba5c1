"""The pages about checks say what the checks do."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from dbs.migrations.checks import CHECKS, read_severities
from dbs.migrations.checks.interface import Check

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs" / "checks"
HEADINGS = ("Why", "Example", "What to do", "Severity")


def table() -> str:
    """The checks as docs/checks/README.md shows them; each file's first sentence says what it looks for."""
    rows = ["| check | severity | what it finds |", "| --- | --- | --- |"]
    for check in CHECKS:
        about = (sys.modules[check.find.__module__].__doc__ or "").splitlines()[0].rstrip(".")
        rows.append(f"| [{check.name}]({check.name}.md) | {check.severity} | {about} |")
    return "\n".join(rows)


def test_the_table_holds_all_checks() -> None:
    text = (PAGES / "README.md").read_text()
    assert table() in text, f"docs/checks/README.md is out of date; its table has to be:\n\n{table()}\n"


def test_names_are_unique_and_each_file_bears_one() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    for check in CHECKS:
        assert check.find.__module__.rpartition(".")[2] == check.name.replace("-", "_")
    assert {path.stem for path in PAGES.glob("*.md")} == {"README", *names}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_each_check_has_a_page(check: Check) -> None:
    text = (ROOT / check.page).read_text()
    assert text.startswith(f"# {check.name}\n")
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == list(HEADINGS)
    severity = text.partition("## Severity")[2]
    assert check.severity in severity
    if check.name != "statement-fails":
        example = severity.partition("```toml\n")[2].partition("```")[0]
        assert check.name in tomllib.loads(example)["checks"]
        assert read_severities(example.encode())[1] == []


def test_the_example_of_settings_is_right() -> None:
    example = (PAGES / "README.md").read_text().partition("```toml\n")[2].partition("```")[0]
    severities, problems = read_severities(example.encode())
    assert severities and not problems
