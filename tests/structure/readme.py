"""The parts of README.md that are made from the program. `python -m tests.structure.readme` writes them anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from commands.parsing import usage
from commands.registry import COMMANDS

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def command_table() -> str:
    """The commands of Slack and of the command line, one row each."""
    rows = ["| type | what it does | who may |", "| --- | --- | --- |"]
    for command in COMMANDS.values():
        words = usage(command.name, command.arguments, "slack").replace("|", "\\|")
        rows.append(f"| `/dbs {words}` | {command.summary} | {command.role} |")
    return "\n".join(rows)


def help_text() -> str:
    """What `dbs --help` prints, on a terminal of 100 columns."""
    plain = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "_TYPER_FORCE_DISABLE_TERMINAL": "1"}
    words = [sys.executable, "-m", "cli.main", "--help"]
    shown = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT, env=plain).stdout
    # The program's name is `dbs` when it is called so.
    lines = [line.rstrip().replace("python -m cli.main", "dbs") for line in shown.strip().splitlines()]
    return "```text\n" + "\n".join(lines).strip() + "\n```"


BLOCKS = {"commands": command_table, "help": help_text}


def _between(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=<!-- {name} -->\n)(.*?)(?=<!-- /{name} -->)", re.DOTALL)


def block(text: str, name: str) -> str:
    """What stands between the markers of a block, without the empty lines around it."""
    found = _between(name).search(text)
    assert found, f"README.md has no block {name!r}: <!-- {name} --> … <!-- /{name} -->"
    return found[1].strip()


def main() -> None:
    """Write every block anew."""
    text = README.read_text()
    for name, make in BLOCKS.items():
        made = f"\n{make()}\n\n"
        text = _between(name).sub(made.replace("\\", r"\\"), text)
    README.write_text(text)


if __name__ == "__main__":
    main()
