"""An office for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A dbs with a stub provider and a small workspace."""
    return Office(tmp_path)
