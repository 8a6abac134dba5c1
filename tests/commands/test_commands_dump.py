"""`dump`: a link for one person, a path for whoever is on the machine; and old dumps go."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chatbot.blocks import render
from cli import context
from cli.main import app
from commands.downloads import DOWNLOAD, LONGEST, Part, begun, ended, prune_dumps, tidy_dumps
from commands.interface import Actor
from commands.texts import size
from commands.working import end_abandoned
from dbs.settings.models import WebSettings
from tests.support import dumped
from tests.support.office import ADA, DORA, EVE, ROOT, Office

URL = "https://dbs.example.com"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office whose dbs knows its address."""
    made = Office(tmp_path)
    settings = made.settings.model_copy(update={"web": WebSettings(public_url=f"{URL}/")})
    made.services = replace(made.services, settings=settings)
    return made


def test_a_link_for_the_one_who_asks(office: Office) -> None:
    dumped.publish(office.services.dumps, b"content", 2)
    result = office.say(ADA, "dump shop")

    assert (result.outcome, result.private) == ("done", True)
    assert result.sentence.startswith(
        "The newest masked dump of shop has the data of 2026-11-02 01:00 UTC. The link is"
    )
    ((label, address),) = result.links.items()
    file = "shop-20261102T010000Z-0000.sql.zst"
    assert label == f"Download {file}" and address.startswith(f"{URL}/dumps/shop/{file}?ticket=")
    said = office.services.links.read(address.partition("=")[2], "shop", file.removesuffix(".sql.zst"))
    assert (said.person_id, said.person_name) == (ADA.id, ADA.name)
    assert result.facts["Load it"] == f"zstd -dc {file} | mariadb shop"
    assert result.facts["Holds"] == "2 tables, 3,345 rows" and "File" not in result.facts


def test_the_link_is_not_recorded_and_not_in_the_repr(office: Office) -> None:
    dumped.publish(office.services.dumps, b"content")
    result = office.say(ADA, "dump shop", "test:link")
    ticket = next(iter(result.links.values())).partition("=")[2]

    rows = office.services.audit.find("test:link")
    assert [row.outcome for row in rows] == ["received", "done"]
    assert ticket not in repr(result) + repr(rows)
    assert office.say(ADA, "dump shop", "test:link").links == {}  # a repeated request is answered, not served again


def test_slack_shows_it_as_a_link(office: Office) -> None:
    dumped.publish(office.services.dumps, b"content")
    result = office.say(ADA, "dump shop")
    ((label, address),) = result.links.items()
    shown = render(result)

    assert f"<{address}|{label}>" in json.dumps(shown.blocks) and f"{label}: {address}" in shown.text


@pytest.mark.parametrize("who", [DORA, EVE])
def test_it_is_for_operators(office: Office, who: Actor) -> None:
    dumped.publish(office.services.dumps, b"content")
    refused = office.say(who, "dump shop")
    assert (refused.outcome, refused.links) == ("refused", {})


def test_what_is_missing_is_said(office: Office, tmp_path: Path) -> None:
    assert "There is no masked dump of shop yet." in office.say(ADA, "dump shop").sentence
    assert "Did you mean shop?" in office.say(ADA, "dump shpo").sentence
    dumped.publish(office.services.dumps, b"content")
    office.services = replace(office.services, settings=office.settings)
    refused, here = office.say(ADA, "dump shop"), office.say(ROOT, "dump shop")

    assert refused.outcome == "refused" and "set public_url in [web] of dbs.toml" in refused.sentence
    assert here.outcome == "done" and "set public_url" in here.sentence and here.links == {}


def test_the_command_line_prints_path_and_link(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    found = dumped.publish(office.services.dumps, b"content")
    monkeypatch.setattr(context, "open_services", lambda: office.services)
    plain, as_json = (CliRunner().invoke(app, ["dump", "shop", *more]) for more in ([], ["--json"]))

    path = str(office.services.dumps.path(found))
    assert plain.exit_code == 0 and path in plain.output and f"{URL}/dumps/shop/{found.file}?ticket=" in plain.output
    shown = json.loads(as_json.stdout)
    assert shown["facts"]["File"] == path and list(shown["links"]) == [f"Download {found.file}"]


def test_status_shows_the_newest(office: Office) -> None:
    assert "Masked dumps" not in {table.title for table in office.say(ADA, "status").tables}
    dumped.publish(office.services.dumps, b"old", 1)
    dumped.publish(office.services.dumps, b"new", 2)
    (table,) = (one for one in office.say(ADA, "status").tables if one.title == "Masked dumps")
    ((source, data, held, dump_id),) = table.rows
    assert (source, held, dump_id) == ("shop", "3 bytes", "shop-20261102T010000Z-0000")
    assert data.startswith("2026-11-02 01:00 UTC (")


def test_old_dumps_go_but_never_the_newest(office: Office) -> None:
    store = office.services.dumps
    today = (datetime.now(UTC) - dumped.FIRST).days + 1
    old, recent = (dumped.publish(store, b"x", day) for day in (today - 9, today - 1))

    assert prune_dumps(office.services, "shop") == (old.id,)
    assert prune_dumps(office.services, "shop") == ()
    assert store.list("shop") == [recent]


def test_the_hourly_round_leaves_a_source_alone_that_is_being_refreshed(office: Office, tmp_path: Path) -> None:
    store = office.services.dumps
    first, second = (dumped.publish(store, b"x", day) for day in (-20, -19))
    partial = store.begin("shop", "shop-1")
    store._claims.pop(partial).release()  # its process died
    (tmp_path / "shop.sql").write_text("SELECT 1;\n")
    queued = office.say(ROOT, f"refresh shop --from-dump {tmp_path}/shop.sql --already-masked generated")
    assert queued.outcome == "queued"

    tidy_dumps(office.services)
    assert store.list("shop") == [second, first] and partial.exists()
    office.say(ROOT, "cancel 1")
    tidy_dumps(office.services)
    assert store.list("shop") == [second] and not partial.exists()


def test_a_download_that_goes_on_is_not_taken_for_abandoned(office: Office) -> None:
    found = dumped.publish(office.services.dumps, b"content")
    part = Part(found, 0, 7)
    first, second = (begun(office.services, ADA, part) for _ in range(2))
    now = datetime.now(UTC)

    assert end_abandoned(office.services, now + LONGEST - timedelta(minutes=1)) == 0
    ended(office.services, first, part, 7)
    assert end_abandoned(office.services, now + LONGEST + timedelta(minutes=1)) == 1
    assert [office.services.audit.find(one)[-1].outcome for one in (first, second)] == ["done", "failed"]
    assert office.outcomes(DOWNLOAD) == ["done", "failed"]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1.0 kB"), (3_565_158, "3.4 MB"), (2**31, "2.0 GB")],
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text
