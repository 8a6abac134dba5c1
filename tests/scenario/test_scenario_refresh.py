"""`/dbs refresh shop` with a real production of every type: what is kept is equal, and no person is anywhere."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from dbs.dumps.compatibility import losses
from dbs.dumps.reading import read
from dbs.jobs import Job
from dbs.masking.interface import KEEP, Policy
from dbs.mysql.interface import Connection
from dbs.mysql.names import quote_name
from dbs.mysql.query import rows
from dbs.mysql.schema import Schema, read_schema
from dbs.mysql.version import parse
from playground.cast import REQUESTER
from tests.dumps.private_mysql import private_mysql
from tests.dumps.private_server import PrivateServer, private_server
from tests.sources.servers import Server
from tests.support import hard_source, mysql
from tests.support.hard_source import Fingerprint, fingerprint
from tests.support.production import CANARIES, DATABASE, holding, originals, production, settings, write_policy
from tests.support.whole import CHANNEL, Whole, whole

pytestmark = pytest.mark.server


@dataclass
class Refreshed:
    """A dbs whose instance was refreshed once, its production, and what must be where."""

    dbs: Whole
    server: Server
    place: Path
    policy: Policy
    job: Job
    originals: set[bytes]
    expected: Fingerprint

    def plain_dump(self) -> Path:
        """The newest dump as text."""
        newest = self.dbs.services.dumps.latest("shop")
        assert newest is not None
        file = self.place / "plain.sql"
        with file.open("wb") as text:
            text.writelines(read(self.dbs.services.dumps.path(newest)))
        return file

    def kept(self, table: str, column: str) -> bool:
        """Whether a column comes through as it is; a computed one does with the tables that are kept."""
        rule = self.policy.tables[table].columns.get(column)
        return rule is not None and rule.mask == KEEP


@pytest.fixture(scope="module", params=["mariadb", "mysql"])
def refreshed(request: pytest.FixtureRequest, workplace: Path, mariadb: None) -> Iterator[Refreshed]:
    """Once for each engine; MariaDB as a primary with a binary log, and with values of 16 MB."""
    other = request.param == "mysql"
    place = workplace / f"refresh-{request.param}"
    place.mkdir(mode=0o711)
    options = [] if other else ["--log-bin", "--server-id=1"]
    with production(options, on_mysql=other, create=partial(hard_source.create, large=not other)) as server:
        source = settings(server, place)
        with whole(place / "home", place / "root", "socket", source, mysql.basedir() if other else None) as dbs:
            policy = write_policy(place / "home" / "shop.toml")
            job = dbs.slash(REQUESTER, "refresh shop")
            with closing(server.admin(DATABASE)) as admin:
                found = originals(admin, policy)
                yield Refreshed(dbs, server, place, policy, job, found, fingerprint(admin, DATABASE))


def test_it_is_done_and_everybody_is_told(refreshed: Refreshed) -> None:
    job = refreshed.job
    assert job.state == "done", job.sentence
    assert "On it now: shared." in job.sentence
    assert len(refreshed.expected) >= 30
    assert any(job.sentence in json.dumps(one) for one in refreshed.dbs.playground.messages(CHANNEL))
    manifest = refreshed.dbs.services.dumps.latest("shop")
    assert manifest is not None
    assert manifest.report["canaries"] == {"planted": len(CANARIES), "not found in the source": 0}


def test_every_kept_column_is_equal_to_the_bit(refreshed: Refreshed) -> None:
    with closing(refreshed.dbs.connect()) as session:
        found = fingerprint(session, DATABASE)
    assert found.keys() == refreshed.expected.keys()
    other = {
        (table, column)
        for table, columns in refreshed.expected.items()
        for column, digest in columns.items()
        if found[table][column] != digest
    }
    masked = {(table, one) for table, rules in refreshed.policy.tables.items() for one, rule in rules.columns.items()
              if rule.mask != KEEP}  # fmt: skip
    assert other == masked | {("users", "email_hash")}, "the last one is computed from a masked one"


def test_no_original_is_anywhere(refreshed: Refreshed) -> None:
    refreshed.plain_dump()
    told = [refreshed.dbs.playground.messages(CHANNEL), refreshed.dbs.playground.ephemerals(REQUESTER)]
    (refreshed.place / "slack.json").write_text(json.dumps(told, ensure_ascii=False))
    words = refreshed.place.with_name(f"{refreshed.place.name}.words")
    canaries = {canary.encode() for canary in CANARIES}
    assert len(refreshed.originals) > 200
    assert holding(refreshed.originals, refreshed.server.directory / "data", words), "they are in production's files"
    others = {value for value in refreshed.originals if value.lower() not in {one.lower() for one in canaries}}
    assert holding(others, refreshed.place, words) == []
    # The canaries stand in the policy, and so in the record of what was approved.
    found = {Path(name).name.removesuffix("-wal") for name in holding(canaries, refreshed.place, words)}
    assert found <= {"shop.toml", "state.db"}


def test_no_binary_log_is_written(refreshed: Refreshed) -> None:
    assert refreshed.dbs.sql("SELECT @@GLOBAL.log_bin") == [(0,)]
    assert not list(refreshed.place.rglob("*bin.0*"))


def _orphans(connection: Connection, schema: Schema) -> dict[tuple[str, tuple[str, ...]], int]:
    """Foreign key → rows that point to nothing."""
    found = {}
    for table in schema.tables.values():
        for key in table.foreign_keys:
            pairs = list(zip(key.columns, key.referenced, strict=True))
            ties = " AND ".join(f"p.{quote_name(there)} = c.{quote_name(here)}" for here, there in pairs)
            there = " AND ".join(f"c.{quote_name(here)} IS NOT NULL" for here, _ in pairs)
            place, other = quote_name(table.name), quote_name(key.table)
            query = (
                f"SELECT COUNT(*) FROM {place} c WHERE {there} AND NOT EXISTS (SELECT 1 FROM {other} p WHERE {ties})"
            )
            found[table.name, key.columns] = int(rows(connection, query)[0][0])
    return found


def _nulls(connection: Connection, schema: Schema) -> dict[str, list[int]]:
    """Table → how many values are NULL in each column."""
    counted = {}
    for table in schema.tables.values():
        parts = ", ".join(f"SUM({quote_name(column.name)} IS NULL)" for column in table.stored)
        counted[table.name] = list(rows(connection, f"SELECT {parts} FROM {quote_name(table.name)}")[0])
    return counted


def test_nulls_keys_and_joins_are_those_of_production(refreshed: Refreshed) -> None:
    joined = (
        "SELECT COUNT(*), COUNT(DISTINCT o.email) FROM users u JOIN orders o ON o.email = u.email AND o.user_id = u.id"
    )
    with closing(refreshed.server.admin(DATABASE)) as before, closing(refreshed.dbs.connect()) as after:
        schema = read_schema(before, DATABASE)
        emptied = {("users", "api_token")}  # by its rule
        here, there = _nulls(before, schema), _nulls(after, schema)
        names = {name: [one.name for one in table.stored] for name, table in schema.tables.items()}
        differ = {
            (name, column)
            for name, columns in names.items()
            for column, mine, theirs in zip(columns, here[name], there[name], strict=True)
            if mine != theirs
        }
        assert differ == emptied
        assert set(_orphans(after, schema).values()) == {0}
        assert rows(after, joined) == rows(before, joined) == [(40, 40)]
        keys = {name: table.foreign_keys for name, table in read_schema(after, DATABASE).tables.items()}
        assert keys == {name: table.foreign_keys for name, table in schema.tables.items()}


def _load(server: PrivateServer, dump: Path, *options: str) -> str:
    """What the server's own client complains of, when the dump is fed to it."""
    with server.connect() as connection:
        rows(connection, f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
    with dump.open("rb") as text:
        done = subprocess.run([*server.client(), *options, DATABASE], stdin=text, capture_output=True, check=False)
    assert done.returncode == 0 or "--force" in options, done.stderr
    return done.stderr.decode(errors="replace")


def _differences(server: PrivateServer, refreshed: Refreshed) -> set[tuple[str, str]]:
    """The columns that are other than those of the instance; a table that is not there has the column ``."""
    with closing(server.connect(DATABASE)) as session, closing(refreshed.dbs.connect()) as instance:
        found, wanted = fingerprint(session, DATABASE), fingerprint(instance, DATABASE)
    missing = {(table, "") for table in wanted.keys() - found.keys()}
    return missing | {(table, column) for table in found for column, digest in found[table].items()
                      if wanted[table].get(column) != digest}  # fmt: skip


def test_the_stock_client_loads_the_dump(refreshed: Refreshed, request: pytest.FixtureRequest) -> None:
    own = private_server if "mariadb" in request.node.name else private_mysql
    with own() as server:
        assert "ERROR" not in _load(server, refreshed.plain_dump())
        assert _differences(server, refreshed) == set()


def test_the_other_engines_client_loads_what_is_portable(refreshed: Refreshed, request: pytest.FixtureRequest) -> None:
    """A MariaDB that lacks MySQL's default collations takes nothing; that `losses` says so is tested elsewhere."""
    if "mariadb" not in request.node.name:
        return
    dump = refreshed.plain_dump()
    with private_mysql() as server:
        complaints = _load(server, dump, "--force")
        with server.connect() as connection:
            version = parse(str(rows(connection, "SELECT CONCAT(VERSION(), ' ', @@version_comment)")[0][0]))
        assert version is not None
        explained = {place for loss in losses([dump.read_bytes()], version) for place in loss.places}
        differing = _differences(server, refreshed)
        assert {table for table, _ in differing} <= explained
        assert all(place in explained for place in ("numbering", "versioned", "networks", "squeezed")), "what is named"
        assert len(refreshed.expected) - len(differing) >= 30, complaints
