"""A sandbox for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import sandboxed
from tests.support.sandboxed import Sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """A sandbox with an empty directory of code."""
    return sandboxed.sandbox(tmp_path)
