"""Whether the suite in this folder ran on MySQL too: it is no parameter where there is no MySQL."""

from __future__ import annotations

import pytest

from dbs.snapshots.local.server import Programs
from tests.support import mysql
from tests.support.workplace import KINDS

pytestmark = pytest.mark.server


def test_the_suite_runs_on_mysql() -> None:
    basedir = mysql.basedir()
    if basedir is None:
        pytest.skip(f"The provider contract was not tried on MySQL: {mysql.lack()}")
    programs = Programs(basedir, "dbs")
    assert (programs.engine.name, programs.version().flavour) == ("MySQL", "MySQL")
    assert ("mysql", "plain") in KINDS
