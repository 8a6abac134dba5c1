"""Suggest, check and compare as typed, against a real server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner
from typer.testing import Result as Run

from cli import context
from cli.main import app
from commands.services import Services
from dbs.masking.coverage import check, looked_at
from dbs.masking.places import place
from dbs.masking.policy import from_text, load
from dbs.masking.sampling import check_limits, sample
from dbs.masking.suggest import suggest
from dbs.mysql.interface import Connection
from dbs.mysql.query import execute, rows
from dbs.mysql.schema import read_schema
from tests.chatbot.parts import CONFIG, FakeDirectory, make_services
from tests.dumps.private_server import PrivateServer, private_server
from tests.support import hard_source, policy_source

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateServer]:
    """A server with the source of every trouble, and an account that may only read it."""
    with private_server() as running:
        with running.connect() as connection:
            execute(connection, "CREATE DATABASE shop CHARACTER SET utf8mb4")
            execute(connection, "CREATE USER reader@localhost")
            execute(connection, "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON shop.* TO reader@localhost")
        with running.connect("shop") as connection:
            policy_source.create(connection)
        yield running


@pytest.fixture
def connection(server: PrivateServer) -> Iterator[Connection]:
    """As the administrator."""
    with server.connect("shop") as connected:
        yield connected


@pytest.fixture
def services(server: PrivateServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Real services, whose source `shop` is the server; the policy belongs beside `dbs.toml`."""
    url = f'url = "mysql://reader@/shop?socket={server.unix_socket}"\npolicy = "shop.toml"'
    config = CONFIG.replace('url = "mysql://reader@localhost:3306/shop"', url)
    made = make_services(tmp_path, FakeDirectory(), config=config)
    monkeypatch.setattr(context, "open_services", lambda: made)
    return made


def dbs(*words: str) -> Run:
    """Type it."""
    return CliRunner().invoke(app, ["policy", *words])


def problems(run: Run) -> list[tuple[str, str, str]]:
    """(table, column, kind) of what a check with --json found."""
    assert run.exit_code == 1, run.output
    return [(row[0], row[1], row[2]) for row in json.loads(run.stdout)["tables"][0]["rows"]]


def test_what_is_suggested_covers_the_source(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    run = dbs("suggest", "shop", "--write", str(file))
    checked = dbs("check", "shop")

    assert run.exit_code == 0, run.output
    assert checked.exit_code == 0, checked.output
    assert "pseudonymised, not anonymous" in " ".join(checked.output.split())
    assert "pseudonymised" in file.read_text()
    rules = {
        f"{name}.{column}": rule.mask
        for name, table in load(file).tables.items()
        for column, rule in table.columns.items()
    }
    expected = {
        "keep": [
            "migrations.migration",
            "orders.sku",
            "orders.total",
            "orders.user_id",
            "users.created_at",
            "users.email_count",
            "users.id",
            "users.status",
        ],
        "email": ["newsletter.email", "users.email"],
        "name": ["users.display"],
        "date": ["users.born"],
        "phone": ["users.phone"],
        "ip": ["users.last_ip"],
        "null": ["users.password", "users.remember_token"],
        "text": ["orders.note", "strange `name.a b.c", "users.ref2"],
        "json": ["users.profile"],
        "token": ["orders.iban"],
        "address": ["orders.shipping_city"],
    }
    assert {mask: [name for name in names if rules.get(name) != mask] for mask, names in expected.items()} == {
        mask: [] for mask in expected
    }
    assert load(file).tables["sessions"].skip_data and "users.email_lower" not in rules
    assert load(file).tables["users"].columns["born"].options == {"by": "id"}
    assert load(file).tables["users"].columns["profile"].options["paths"] == {
        "$.email": "email",
        "$.phones[*].number": "phone",
    }


def test_nothing_of_production_is_in_a_suggestion_or_the_record(services: Services, tmp_path: Path) -> None:
    run = dbs("suggest", "shop")

    assert run.exit_code == 0 and from_text(run.stdout).source == "shop"
    record = "\n".join(str(row) for row in services.audit.history(words=None, limit=20))
    for text in (run.output, record):
        assert not re.search(r"person\d|mail\.example|Schmidt|DE89|151", text)
    assert "policy suggest" in record


def test_a_file_is_never_overwritten_by_accident(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text("mine")

    assert dbs("suggest", "shop", "--write", str(file)).exit_code == 1 and file.read_text() == "mine"
    assert dbs("suggest", "shop", "--merge").exit_code == 1
    assert dbs("suggest", "shop", "--write", str(file), "--force").exit_code == 0
    assert from_text(file.read_text()).source == "shop"


def test_merging_keeps_what_was_written_by_hand(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    hand = 'source = "shop"\n\n[table.users.columns]\nemail = "token"     # our own choice\n# more to come\n'
    hand += "\n[table.sessions]\nskip_data = true\n"
    file.write_text(hand)
    run = dbs("suggest", "shop", "--write", str(file), "--merge")

    assert run.exit_code == 0, run.output
    text = file.read_text()
    assert all(line in text.splitlines() for line in hand.splitlines())
    # What is tied to it follows.
    assert load(file).tables["newsletter"].columns["email"].mask == "token"
    assert dbs("check", "shop").exit_code == 0


def test_a_new_column_stops_the_check_and_is_named(services: Services, tmp_path: Path, connection: Connection) -> None:
    file = str(tmp_path / "shop.toml")
    assert dbs("suggest", "shop", "--write", file).exit_code == 0
    execute(connection, "ALTER TABLE users ADD backup_email VARCHAR(100), ADD ref3 VARCHAR(100)")
    try:
        execute(connection, "UPDATE users SET ref3 = email WHERE id > 390")
        assert problems(dbs("check", "shop", "--json")) == [
            ("users", "backup_email", "unlisted"),
            ("users", "ref3", "unlisted"),
        ]
        before = Path(file).read_text()
        Path(file).write_text(
            before.replace("[table.users.columns]", '[table.users.columns]\nref3 = "keep"\nbackup_email = "keep"')
        )
        assert problems(dbs("check", "shop", "--json")) == [
            ("users", "backup_email", "personal"),
            ("users", "ref3", "personal"),
        ]
        Path(file).write_text(before)
        assert dbs("suggest", "shop", "--write", file, "--merge").exit_code == 0
        assert load(Path(file)).tables["users"].columns["backup_email"].mask == "email"
        assert load(Path(file)).tables["users"].columns["ref3"].mask == "email"
    finally:
        execute(connection, "ALTER TABLE users DROP backup_email, DROP ref3")


def test_the_difference_names_what_is_weaker(services: Services, tmp_path: Path) -> None:
    file, old = tmp_path / "shop.toml", tmp_path / "old.toml"
    assert dbs("suggest", "shop", "--write", str(file)).exit_code == 0
    old.write_text(file.read_text())
    assert dbs("diff", "shop", "--against", str(old)).exit_code == 0
    file.write_text(file.read_text().replace('phone = "phone"', 'phone = { mask = "keep", reason = "test numbers" }'))

    run = dbs("diff", "shop", "--against", str(old), "--json")
    assert run.exit_code == 1
    assert [row[:3] for row in json.loads(run.stdout)["tables"][0]["rows"]] == [["users", "phone", "weaker"]]
    first = dbs("diff", "shop")
    assert first.exit_code == 1 and "No policy of shop was approved before" in first.output


def test_sampling_reads_little_and_leaves_the_session_as_it_was(connection: Connection) -> None:
    execute(
        connection,
        "CREATE TABLE big (id INT PRIMARY KEY, text CHAR(9)) AS SELECT seq * 3 AS id, 'x' AS text FROM seq_1_to_50000",
    )
    try:
        schema = read_schema(connection, "shop")
        execute(connection, "SET SESSION max_statement_time = 77")
        before = policy_source.count_rows_read(connection)
        found = sample(connection, schema, {"big": ["text"]})
        assert policy_source.count_rows_read(connection) - before < 1000
        assert len(found.of("big", "text")) == 300 and found.of("users", "email") == ()
        assert int(rows(connection, "SELECT @@SESSION.max_statement_time")[0][0]) == 77
    finally:
        execute(connection, "DROP TABLE big")


def test_rows_that_are_rarely_filled_are_found_by_their_index(connection: Connection) -> None:
    execute(
        connection, "CREATE TABLE rare (a INT, b INT, mail VARCHAR(40), tail CHAR(40), PRIMARY KEY (a, b), KEY (mail))"
    )
    try:
        execute(connection, "INSERT INTO rare SELECT 1, seq, NULL, NULL FROM seq_1_to_2000")
        execute(connection, "UPDATE rare SET mail = 'zoe@mail.example' WHERE b = 1234")
        execute(connection, "UPDATE rare SET tail = 'max@mail.example' WHERE b > 1990")
        found = sample(connection, read_schema(connection, "shop"), {"rare": ["mail", "tail"]})
        assert list(found.of("rare", "mail")) == ["zoe@mail.example"]
        assert set(found.of("rare", "tail")) == {"max@mail.example"}
    finally:
        execute(connection, "DROP TABLE rare")


def test_a_where_that_the_server_does_not_take_stops_the_check(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    assert dbs("suggest", "shop", "--write", str(file)).exit_code == 0
    file.write_text(file.read_text() + '\n[table.audit_log]\nwhere = "idd > 3"\n')
    assert problems(dbs("check", "shop", "--json")) == [("audit_log", "", "limit")]


def test_a_table_that_takes_too_long_is_said_not_passed(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dbs.masking.sampling.STATEMENT_SECONDS", 1)
    monkeypatch.setattr("dbs.masking.sampling._expression", lambda column: "SLEEP(3)")
    schema = read_schema(connection, "shop")
    found = sample(connection, schema, {"migrations": [], "audit_log": ["line"]})

    assert list(found.failed) == ["audit_log"] and "longer than 1 s" in found.failed["audit_log"]
    policy = suggest(schema, found, "shop").policy
    assert ("audit_log", "unsampled") in {(one.table, one.kind) for one in check(policy, schema, found)}


def test_bytes_that_are_no_text_do_not_stop_it(connection: Connection) -> None:
    execute(
        connection,
        "CREATE TABLE odd (a BLOB, b CHAR(20) CHARACTER SET latin1, c CHAR(20) CHARACTER SET utf16, d TIME, e YEAR)",
    )
    try:
        execute(
            connection,
            "INSERT INTO odd VALUES (X'FF00FE', X'E9', 'zoë', '-10:00:00', 2024), (NULL, NULL, NULL, NULL, NULL)",
        )
        schema = read_schema(connection, "shop")
        found = sample(connection, schema, {"odd": ["a", "b", "c", "d", "e"]})
        assert [list(found.of("odd", name)) for name in "bcde"] == [["é"], ["zoë"], ["-10:00:00"], ["2024"]]
        assert not [one for one in check(suggest(schema, found, "shop").policy, schema, found) if one.table == "odd"]
    finally:
        execute(connection, "DROP TABLE odd")


def test_the_server_is_asked_whether_a_where_works(connection: Connection) -> None:
    schema = read_schema(connection, "shop")
    policy = from_text(
        'source = "shop"\n[table.users]\nwhere = "idd > 3"\n[table.orders]\nwhere = "id > 3 AND sku LIKE \'a%\'"\n'
        '[table.audit_log]\nwhere = "id >"'
    )
    assert sorted(check_limits(connection, policy, schema)) == ["audit_log", "users"]


def test_every_type_of_column_gets_a_rule_that_fits(server: PrivateServer) -> None:
    with server.connect() as connection:
        execute(connection, "CREATE DATABASE hard CHARACTER SET utf8mb4")
    with server.connect("hard") as connection:
        hard_source.create(connection, large=False)
        execute(connection, "SET SESSION sql_mode = ''")
        schema = read_schema(connection, "hard")
        samples = sample(connection, schema)
        made = suggest(schema, samples, "hard").policy

        assert check(made, schema, samples) == []
        assert check(made, schema, sample(connection, schema, looked_at(made, schema))) == []
    assert len(made.tables) >= 30 and set(made.tables) == set(schema.tables)


def test_places_as_the_server_tells_them(connection: Connection) -> None:
    schema = read_schema(connection, "shop")

    assert place("newsletter", "email", schema).injective and not place("users", "display", schema).injective
    assert place("orders", "shipping_city", schema).octets == 40 and place("users", "display", schema).octets == 320
    assert [one.lower() for one in place("users", "status", schema).choices] == ["new", "it's ok", "old\\one"]
    assert place("orders", "label", schema).exact and not place("users", "display", schema).exact
    assert place("users", "last_ip", schema).kind == "text" and place("orders", "place", schema).kind == "binary"
