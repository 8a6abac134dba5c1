"""Whole histories: found in order, run from an empty database to the newest version and back, no statement lost."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from dbs.migrations.capture import capture
from dbs.migrations.interface import Captured, Limits, Run
from dbs.migrations.naming import arrange, leftover
from dbs.migrations.observing import compare, observe
from dbs.migrations.running import run
from tests.migrations.histories import STYLES, written
from tests.migrations.places import Place
from tests.sources.servers import Server

pytestmark = pytest.mark.server
_OF_A_CONNECTION = ("SET NAMES", "SET AUTOCOMMIT")
_UNLIKE = ("EXECUTE ", "PREPARE ", "DEALLOCATE ", "ALTER TABLE", "SELECT 1;")
"""What EXECUTE runs is noted by its own text, and MySQL notes PREPARE and DEALLOCATE so too."""


def by_file(done: Run) -> dict[str, list[str]]:
    """The texts that ran, without comments in front."""
    found: dict[str, list[str]] = defaultdict(list)
    for each in done.statements:
        found[each.file].append(each.text)
    return found


def noted(statements: tuple[Captured, ...]) -> list[Captured]:
    """What the server says was sent."""
    return [each for each in statements if not each.inside and not each.text.startswith(_OF_A_CONNECTION)]


@pytest.mark.parametrize("name", STYLES)
def test_a_history_runs_to_its_end_and_back(observed: Server, name: str) -> None:
    with Place.on(observed, "MariaDB") as place:
        there_and_back(place, name)


@pytest.mark.parametrize("name", ["golang-migrate, as Mattermost names them", "flyway"])
def test_a_history_runs_on_mysql_too(observed_mysql: Server, name: str) -> None:
    observed_mysql.run("SET GLOBAL log_bin_trust_function_creators = 1")
    with Place.on(observed_mysql, "MySQL") as place:
        there_and_back(place, name)


def there_and_back(place: Place, name: str) -> None:
    """Up with capture, and down to the empty schema."""
    history = written(name)
    migrations = arrange(history.files, flavour=place.flavour)
    assert {each.style for each in migrations} == {STYLES[name][0]}
    assert [each.up.path for each in migrations] == list(history.up)
    assert leftover(history.files, migrations, place.flavour) == ()
    with place.admin() as admin:
        empty = observe(admin, place.database)
        with capture(place.server.admin, place.database) as watching:
            done = run(place.connect, migrations, Limits())
        assert done.failed is None, done.failed
        assert_same(by_file(done), history.up)
        sent = [each.text for each in done.statements]
        assert watching.complete
        seen = noted(watching.statements)
        assert len(seen) == len(sent)
        for ours, theirs in zip(sent, seen, strict=True):
            assert theirs.error_code is None
            assert ours == theirs.text.rstrip("; ") or theirs.text.startswith(_UNLIKE) or ours.rstrip() == theirs.text
        back = run(place.connect, migrations, Limits(), direction="down")
        assert back.failed is None, back.failed
        assert_same(by_file(back), history.down)
        assert compare(empty, observe(admin, place.database)).schema == ()


def assert_same(found: dict[str, list[str]], expected: dict[str, Any]) -> None:
    """Each file came apart into what it was made of."""
    for path, statements in expected.items():
        assert found.get(path, []) == statements, path
    assert not {path for path, texts in found.items() if texts} - {*expected}
