"""What the documents say is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from cli.main import app
from tests.structure.readme import BLOCKS, README, ROOT, block

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# At the beginning of a line of a code block, or of code in a sentence: "dbs restore", "/dbs restore", "@dbs restore",
# "$ sudo .venv/bin/dbs restore".
_CALL = re.compile(
    r"(?:^ *|`)(?:[$>] )?(?:sudo )?(?:\.venv/bin/|/|@)?dbs ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", re.MULTILINE
)
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def verbs() -> dict[str, set[str]]:
    """Every word that may follow `dbs`, with those that may follow it in turn."""
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return {name: set(getattr(command, "commands", {})) for name, command in group.commands.items()}


@pytest.mark.parametrize("name", BLOCKS)
def test_generated_blocks_of_the_readme_are_up_to_date(name: str) -> None:
    written, real = block(README.read_text(), name), BLOCKS[name]()
    assert written == real, "README.md is out of date; write it anew: .venv/bin/python -m tests.structure.readme"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_the_documents_exists(document: Path) -> None:
    known = verbs()
    code = "\n".join(_CODE.findall(document.read_text()))
    for verb, second in _CALL.findall(code):
        assert verb in known, f"{document.name} names `dbs {verb}`, which does not exist"
        if known[verb] and second:
            assert second in known[verb], f"{document.name} names `dbs {verb} {second}`, which does not exist"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#:\s]+)\)", document.read_text()):
        assert (document.parent / link).exists(), f"{document.name} links to {link}, which does not exist"


def test_the_procfile_starts_the_four_processes() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()
    assert lines == [
        "supervisor: dbs supervise",
        "worker: dbs worker",
        "bot: python -m chatbot",
        "web: python -m web",
    ]


def test_the_changelog_has_a_place_for_what_comes() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text()


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "adr").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
