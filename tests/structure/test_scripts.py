"""The scripts can be read by bash, be run, and stop at the first thing that fails."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUN = [ROOT / ".ci" / "run", *sorted(path for path in (ROOT / "script").iterdir() if path.is_file())]
SOURCED = sorted((ROOT / "script" / "lib").glob("*.sh"))


@pytest.mark.parametrize("script", [*RUN, *SOURCED], ids=lambda path: str(path.relative_to(ROOT)))
def test_bash_understands_it(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)


@pytest.mark.parametrize("script", RUN, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_can_be_run_and_stops_when_something_fails(script: Path) -> None:
    text = script.read_text()
    assert os.access(script, os.X_OK)
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in text


def test_continuous_integration_runs_what_people_run() -> None:
    assert "/../script/test" in (ROOT / ".ci" / "run").read_text()
