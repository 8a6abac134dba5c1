"""`index`, from the words to the answer, and the daily look that it builds on; with real servers as production."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chatbot.blocks import render
from cli import context
from cli.main import app
from commands import sampling
from commands.interface import Result
from commands.periodic import OUTSIDE
from commands.sampling import EVERY, sample_due
from dbs.mysql.query import rows
from dbs.settings import Source
from playground.checks import check_blocks
from tests.evidence.production import ALL, FEW, Production
from tests.sources.servers import PASSWORD
from tests.support.office import ADA, EVE, Office

TABLES = [
    "CREATE TABLE users (id INT PRIMARY KEY)",
    "CREATE TABLE orders (id INT PRIMARY KEY, user_id INT, email VARCHAR(50), KEY k_user (user_id), "
    "KEY idx_email (email), KEY idx_email_user (email, user_id), "
    "CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES users (id))",
    "INSERT INTO users VALUES (1)",
    "INSERT INTO orders VALUES (1, 1, 'ada@example.com')",
    "CREATE TABLE `order.lines` (id INT PRIMARY KEY, x INT, KEY `k.x` (x))",
]


@contextmanager
def shop(production: Production, home: Path, user: str = ALL, down: bool = False) -> Iterator[tuple[Office, str]]:
    """An office whose source is that server, and the name of the database there. `down`: with a replica that is not."""
    home.mkdir(parents=True, exist_ok=True)
    office = Office(home)
    with production.database(*TABLES) as database:
        url = f"mysql://{user}@/{database}?socket={production.server.unix_socket}"
        replicas = [f"mysql://{user}@127.0.0.1:1/{database}"] if down else []
        source = Source.model_validate({"url": url, "password": PASSWORD, "replicas": replicas})
        office.services = replace(
            office.services, settings=office.settings.model_copy(update={"source": {"shop": source}})
        )
        yield office, database


def told(result: Result, what: str) -> list[str]:
    """What the answer says under one word of its first table."""
    return [row[1] for row in result.tables[0].rows if row[0] == what]


def test_the_answer_of_an_index_that_is_used(production: Production, tmp_path: Path) -> None:
    with shop(production, tmp_path / "home") as (office, database):
        with production.admin(database) as admin:
            rows(admin, "SELECT id FROM orders FORCE INDEX (idx_email) WHERE email = 'ada@example.com'")
        result = office.say(ADA, "index orders.idx_email")
        events = office.services.audit.history(words=None, limit=9, what="index")
    assert (result.kind, result.outcome, result.private) == ("index", "done", False)
    assert result.sentence.startswith("idx_email_user can do all that idx_email does. idx_email is in use: 1 read was")
    assert result.facts["Index"] == "orders.idx_email (email)" and result.facts["Kind"] == "BTREE"
    assert result.facts["Covered by"] == "idx_email_user"
    assert result.facts["Size"].startswith("16.0 kB (the table has about")
    assert len(told(result, "index")) == 1 and len(told(result, "no counter sees")) > 3
    assert [event.target for event in events] == ["orders.idx_email"] * 2
    text = render(result).text + json.dumps(result.to_json())
    assert "ada@example.com" not in text and PASSWORD not in text


def test_a_needed_index_is_said_to_be_needed_first(production: Production, tmp_path: Path) -> None:
    with shop(production, tmp_path / "home") as (office, database):
        result = office.say(ADA, f"index {database}.orders.K_USER --source shop")
        primary = office.say(ADA, "index `orders`.`PRIMARY`")
        dotted = office.say(ADA, "index order.lines.k.x")
    assert result.sentence.startswith("k_user is needed: no other index serves the foreign key fk. Whether k_user is")
    assert "too young" in result.sentence and result.facts["Use"] == "unknown"
    assert "The primary key of orders is the table itself" in primary.sentence
    assert dotted.facts["Index"] == "order.lines.k.x (x)"


def test_an_account_with_few_rights_gets_the_grants(production: Production, tmp_path: Path) -> None:
    with shop(production, tmp_path / "home", FEW) as (office, _):
        result = office.say(ADA, "index orders.idx_email")
    assert result.outcome == "done" and result.facts["Use"] == "unknown"
    unseen = " ".join(told(result, "not seen"))
    wanted = ["PROCESS ON *.*", "SELECT ON performance_schema.table_io_waits_summary_by_index_usage"]
    assert all(f"GRANT {right} TO '{FEW}'@'%';" in unseen for right in wanted)
    assert f"GRANT SELECT ON mysql.innodb_index_stats TO '{FEW}'@'%';" in result.facts["Size"]
    shown = render(result)
    assert all(right in json.dumps(shown.blocks) for right in wanted), "Slack shows the statements whole"
    assert check_blocks(shown.blocks) == []


def test_a_replica_that_is_down_makes_it_unknown(counted: Production, tmp_path: Path) -> None:
    with shop(counted, tmp_path / "home", down=True) as (office, _):
        result = office.say(ADA, "index orders.k_user")
    assert (
        "Whether k_user is used is unknown. No read was counted, but that proves nothing. A server was not asked."
        in (result.sentence)
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("index", "Which index? Usage: index <index> [--source <source>]"),
        ("index orders", "'orders' is no index. Write it as table.index"),
        ("index orders.idx_mail", "There is no index 'idx_mail' on orders. Did you mean idx_email?"),
        ("index order.idx_email", "Did you mean orders?"),
        ("index orders.idx_email --source shp", "There is no source 'shp'. Did you mean shop?"),
    ],
)
def test_what_is_mistyped_gets_the_nearest(counted: Production, tmp_path: Path, words: str, said: str) -> None:
    with shop(counted, tmp_path / "home") as (office, _):
        result = office.say(ADA, words)
    assert result.outcome == "refused" and said in result.sentence


def test_who_may_and_which_source(office: Office) -> None:
    assert office.say(EVE, "index orders.idx_email").outcome == "refused"
    settings = office.settings
    two = settings.model_copy(update={"source": {**settings.source, "crm": settings.source["shop"]}})
    office.services = replace(office.services, settings=two)
    assert office.say(ADA, "index orders.k").sentence == "Which source? Add --source and one of: shop, crm."


def test_the_command_line_prints_it(counted: Production, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with shop(counted, tmp_path / "home") as (office, _):
        monkeypatch.setattr(context, "open_services", lambda: office.services)
        found = CliRunner().invoke(app, ["index", "orders.idx_email", "--json"])
    assert found.exit_code == 0 and json.loads(found.stdout)["facts"]["Covered by"] == "idx_email_user"


def test_a_daily_look_makes_the_age(counted: Production, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was used before the server started anew is still known to have been."""
    with shop(counted, tmp_path / "home") as (office, database):
        ledger = office.services.index_usage
        with counted.admin(database) as admin:
            rows(admin, "SELECT id FROM orders FORCE INDEX (idx_email) WHERE email > ''")
        sample_due(office.services)
        first = ledger.sampled_at("shop")
        assert first is not None
        sample_due(office.services, first + EVERY - timedelta(minutes=1))
        assert ledger.sampled_at("shop") == first, "once a day is enough"
        with counted.admin(database) as admin:
            rows(admin, "SELECT id FROM orders FORCE INDEX (idx_email) WHERE email > ''")
            rows(admin, "SELECT id FROM orders FORCE INDEX (idx_email) WHERE email > ''")
        sample_due(office.services, first + EVERY)
        with counted.admin() as admin:
            admin.query("FLUSH INDEX_STATISTICS")
            admin.query("TRUNCATE performance_schema.table_io_waits_summary_by_index_usage")
        result = office.say(ADA, "index orders.idx_email")
    assert "idx_email is in use: 3 reads were counted since" in result.sentence
    assert f"the last seen on {datetime.now(UTC):%Y-%m-%d}" in result.sentence
    assert "index counters" in {one.name for one in OUTSIDE}


def test_no_look_while_dbs_is_paused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def counters(_: object, source: object) -> tuple[list[object], list[str]]:
        asked.append(source)
        return [], ["down"]

    monkeypatch.setattr(sampling, "counters", counters)
    office.services.switches.pause("ada", "")
    sample_due(office.services)
    assert asked == []
    office.services.switches.resume()
    sample_due(office.services)
    assert len(asked) == 1


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office whose source nobody asks."""
    return Office(tmp_path)
