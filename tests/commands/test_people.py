"""Leases with a countdown and a reminder, how to log in, and looking things up."""

from __future__ import annotations

import json
import logging
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from commands.interface import Result
from commands.reminding import remind
from commands.texts import left
from dbs.logs import configure
from dbs.state import now, stamp
from tests.support.office import ADA, BOB, DEV, EVE, PASSWORD, ROOT, Office

NOON = "2026-11-20T12:00:00.000000+00:00"


def after(seconds: float, start: str = NOON) -> str:
    return stamp(datetime.fromisoformat(start) + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (7800, "2 h 10 min left"),
        (7200, "2 h left"),
        (599, "9 min left"),
        (59, "ends now"),
        (-5, "ends now"),
        (86400 + 3 * 3600, "1 d 3 h left"),
        (7 * 86400, "7 d left"),
    ],
)
def test_how_long_is_left(seconds: float, text: str) -> None:
    assert left(after(seconds), NOON) == text


def test_status_counts_a_lease_down(office: Office) -> None:
    office.say(ADA, "lease shared 3h load test")
    (table, *_) = office.say(EVE, "status").tables
    lease = table.rows[0][-1]
    assert lease.startswith("Ada until ")
    assert lease.endswith("(2 h 59 min left)")


def test_a_lease_is_extended_by_its_holder_and_ends_within_a_week(office: Office) -> None:
    assert office.say(ADA, "lease shared 1h").outcome == "done"
    assert office.say(BOB, "lease shared 1h").outcome == "refused"
    assert office.say(ADA, "lease shared 7d").outcome == "done"
    assert office.say(ADA, "lease shared 8d").outcome == "refused"
    held = office.services.leases.holder("shared")
    assert held is not None
    assert held.until > after(6 * 86400, now())


def test_a_lease_that_ended_needs_no_word(office: Office) -> None:
    office.say(BOB, "lease shared 1h")
    office.time = after(3601, now())
    assert office.say(ADA, "restore shared").outcome == "queued"


def test_the_holder_is_reminded_once_ten_minutes_before_the_end(office: Office) -> None:
    office.say(BOB, "lease shared 1h")
    office.say(ROOT, "lease other 1h")
    start = now()
    assert remind(office.services, after(3600 - 660, start)) == 0
    assert [remind(office.services, after(3600 - second, start)) for second in (590, 300, 5)] == [1, 0, 0]
    assert remind(office.services, after(3700, start)) == 0
    (told,) = office.told(BOB.id)
    assert told.startswith("Your lease of shared ends at ")
    assert "9 min left" in told
    office.say(BOB, "lease shared 2h")
    assert remind(office.services, after(7200 - 300, start)) == 1, "a new end is told again"
    assert office.told("os:root") == [], "nobody of the workspace"


def test_connect_tells_everything_to_the_one_who_asked(office: Office) -> None:
    told = office.say(ADA, "connect shared")
    assert told.private
    assert told.facts["Password"] == PASSWORD
    assert told.facts["Client"] == "mariadb --host=127.0.0.1 --port=33061 --user=dev --password shop"
    assert told.facts["DSN"] == "mysql://dev:pearl%2Fonion%407%20sticks@127.0.0.1:33061/shop"
    assert office.say(ADA, "connect other").facts["Host"] == "db.office.example"


def test_the_client_line_is_that_of_the_engine(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    made_by = {"shop-1": "8.4.6", "shop-2": "10.11.14-MariaDB-0+deb12u2"}
    manifests = [replace(one, server_version=made_by[one.id]) for one in office.provider.snapshots()]
    catalog = office.services.catalog
    monkeypatch.setattr(catalog, "list", lambda source, provider: manifests)
    monkeypatch.setattr(catalog, "get", lambda wanted: next(one for one in manifests if one.id == wanted))

    def client() -> str:
        return office.say(ADA, "connect shared").facts["Client"].split()[0]

    assert client() == {"shop-1": "mysql", "shop-2": "mariadb"}[manifests[0].id], "the newest, as nothing is on it"
    for snapshot, program in (("shop-1", "mysql"), ("shop-2", "mariadb")):
        with office.services.instances.working_on("shared", f"job of {snapshot}"):
            office.services.instances.restored("shared", snapshot, "Ada")
        assert client() == program


@pytest.mark.parametrize("who", [EVE])
def test_connect_is_for_operators(office: Office, who: object) -> None:
    refused = office.say(EVE, "connect shared")
    assert (refused.outcome, refused.facts, refused.private) == ("refused", {}, False)


def test_a_password_is_kept_nowhere(
    office: Office, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    configure()
    caplog.set_level(logging.DEBUG)
    generated = office.say(ADA, "connect other", "once").facts["Password"]
    results = [office.say(who, "connect shared") for who in (ADA, BOB, ROOT)]
    again = office.say(ADA, "connect other", "once")
    assert (again.outcome, again.facts) == ("done", {})
    office.say(ADA, "history connect")
    office.provider.sessions = (DEV,)
    office.say(ADA, "restore shared")
    with pytest.raises(ValueError, match="private"):
        office.services.outbox.put("job", "final", {"channel": "#databases"}, results[0].to_json())
    written = "".join(capfd.readouterr()) + caplog.text + repr(results)
    with sqlite3.connect(tmp_path / "state.db") as connection:
        written += "\n".join(connection.iterdump())
    for secret in (PASSWORD, generated, "pearl%2Fonion"):
        assert secret not in written
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and generated.encode() in path.read_bytes()]
    assert kept == [tmp_path / "passwords" / "other"]


def test_a_result_goes_through_json_unharmed(office: Office) -> None:
    office.provider.sessions = (DEV,)
    for words in ("connect shared", "restore shared", "status", "help"):
        result = office.say(ADA, words)
        assert Result.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_history_filters_by_who_what_and_outcome(office: Office) -> None:
    office.say(ADA, "lease shared 1h")
    office.say(BOB, "lease shared 1h")
    office.say(BOB, "restore other")

    def found(filters: str) -> list[tuple[str, str, str]]:
        tables = office.say(EVE, f"history {filters}").tables
        return [(row[2], row[3], row[4]) for row in tables[0].rows] if tables else []

    assert found("--who bob") == [("Bob", "restore other", "received"), ("Bob", "lease shared", "refused")]
    assert found("--what lease") == [("Bob", "lease shared", "refused"), ("Ada", "lease shared", "done")]
    assert found("--outcome refused") == [("Bob", "lease shared", "refused")]
    assert found("--who ada --what lease --outcome DONE") == [("Ada", "lease shared", "done")]
    assert found("--who ada other") == []
    unknown = office.say(EVE, "history --outcome refsed")
    assert "Did you mean refused?" in unknown.sentence


def test_help_lists_every_command(office: Office) -> None:
    rows = office.say(EVE, "help").tables[0].rows
    verbs = [row[0].split()[1] for row in rows]
    assert {"connect", "cancel", "retry", "pause", "resume", "lease", "release", "status", "history"} <= set(verbs)
