"""What stops a refresh: each time the old snapshot stays, the channel hears what serves first, and why."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest

from dbs.jobs import Job
from dbs.masking.interface import Rule
from dbs.masking.policy import load
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.query import execute, rows
from dbs.snapshots.interface import Address
from playground import as_text
from playground.cast import REQUESTER
from tests.sources.authority import Authority
from tests.sources.servers import Server
from tests.support.production import (
    CANARIES,
    DATABASE,
    PASSWORD,
    READER,
    production,
    settings,
    with_rule,
    without_rule,
    write_policy,
)
from tests.support.waiting import until
from tests.support.whole import CHANNEL, Whole, whole

pytestmark = pytest.mark.server
_OTHER = "person7@elsewhere.example"


@dataclass
class Shop:
    """A dbs on a snapshot of its production."""

    dbs: Whole
    server: Server
    authority: Authority

    @property
    def policy(self) -> Path:
        """The file that people edit."""
        return self.dbs.home / "shop.toml"

    def refresh(self) -> Job:
        """As typed in Slack, with a policy that a privacy person has approved: how they are asked has its own tests."""
        policy, policies = load(self.policy), self.dbs.services.policies
        before = policies.approved("shop")
        after = before.id if before else 0
        policies.approve("shop", policy.digest, policy.to_json(), by=("U0PRIVACY", "zoe"), summary="", after=after)
        return self.dbs.slash(REQUESTER, "refresh shop")

    def run(self, *statements: str) -> None:
        """By production's own people."""
        with closing(self.server.admin(DATABASE)) as admin:
            for statement in statements:
                execute(admin, statement)

    def serving(self) -> tuple[list[str], object]:
        """The snapshots, the dumps, and what people are on."""
        provider = self.dbs.services.providers["local"]
        dumps = [one.id for one in self.dbs.services.dumps.list("shop")]
        return [one.id for one in provider.snapshots()] + dumps, provider.inspect("shared").snapshot_id

    def refused(self, *named: str) -> Job:
        """A refresh that fails and says so; everything is as before, and nothing lies around."""
        before = self.serving()
        job = self.refresh()
        assert job.state == "failed", job.sentence
        assert self.serving() == before
        assert self.dbs.sql("SELECT COUNT(*) FROM users") == [(40,)]
        root = self.dbs.services.dumps.root / "shop"
        assert [path.name for path in root.iterdir() if path.name.endswith(".part")] == []
        assert job.sentence.startswith("shared still serves the data of 20")
        assert job.sentence.endswith("Once that is mended: /dbs refresh shop")
        for words in named:
            assert words in job.sentence
        told = [as_text(message) for message in self.dbs.playground.messages(CHANNEL)]
        assert any("shared still serves the data of" in text and named[0] in text for text in told)
        assert not any(canary in text for canary in (*CANARIES, _OTHER) for text in told)
        return job


@pytest.fixture(scope="module")
def shop(workplace: Path, tmp_path_factory: pytest.TempPathFactory, mariadb: None) -> Iterator[Shop]:
    """A production without a binary log, which is reached over TLS by a certificate of an authority of its own."""
    place = workplace / "refusals"
    place.mkdir(mode=0o711)
    (place / "tls").mkdir(mode=0o755)
    authority = Authority(place / "tls")
    authority.sign("127.0.0.1")
    with production(["--skip-log-bin"], authority=authority) as server:
        source = settings(server, place, tls="verify", ca_file=str(authority.ca_file), rate_limit="2M")
        with whole(place / "home", place / "root", "socket", source) as dbs:
            shop = Shop(dbs, server, authority)
            write_policy(shop.policy)
            first = shop.refresh()
            assert first.state == "done", first.sentence
            yield shop


def test_a_new_column_stops_it_until_it_has_a_rule(shop: Shop) -> None:
    shop.run("ALTER TABLE users ADD COLUMN backup_email VARCHAR(120)", "UPDATE users SET backup_email = email")
    try:
        shop.refused("users.backup_email has no rule")
        with_rule(shop.policy, "users", "backup_email", Rule("email"))
        job = shop.refresh()
        assert job.state == "done", job.sentence
        assert shop.dbs.sql("SELECT COUNT(*) FROM users WHERE backup_email = email") == [(40,)]
    finally:
        without_rule(shop.policy, "users", "backup_email")
        shop.run("ALTER TABLE users DROP COLUMN backup_email")


def test_a_column_full_of_addresses_is_seen_under_any_name(shop: Shop) -> None:
    shop.run("ALTER TABLE orders ADD COLUMN ref2 VARCHAR(120)", "UPDATE orders SET ref2 = email")
    try:
        with_rule(shop.policy, "orders", "ref2", Rule("keep"))
        shop.refused("orders.ref2 is kept and looks like e-mail addresses by 40 of 40 sampled values")
    finally:
        without_rule(shop.policy, "orders", "ref2")
        shop.run("ALTER TABLE orders DROP COLUMN ref2")


def test_a_canary_that_comes_through_stops_it(shop: Shop) -> None:
    """Somebody keeps a column for a reason: it is let through, and only the canaries know better."""
    shop.run("CREATE TABLE guests (id INT PRIMARY KEY, contact VARCHAR(120))")
    shop.run("INSERT INTO guests VALUES (1, 'nobody'), (2, 'canary.person@mail.example.org')")
    try:
        with_rule(shop.policy, "guests", "id", Rule("keep"))
        with_rule(shop.policy, "guests", "contact", Rule("keep", {"reason": "names of companies"}))
        shop.refused("guests: 1 of the planted canaries came through")
    finally:
        without_rule(shop.policy, "guests")
        shop.run("DROP TABLE guests")


@pytest.mark.parametrize(
    "value",
    [
        "Person7x@mail.example.org",
        "ring person7x@mail.example.org, please",
        json.dumps({"deep": [{"to": "PERSON7X@mail.example.org"}]}),
        base64.b64encode(b"to: canary.person@mail.example.org").decode(),
    ],
    ids=["whole", "inside", "json", "base64"],
)
def test_an_original_in_a_kept_column_stops_it(shop: Shop, value: str) -> None:
    """One row of thousands, so that a look at samples does not see it."""
    shop.run(
        "INSERT INTO users (id, email, name) VALUES (41, 'Person7x@mail.example.org', 'Zoe')",
        "CREATE TABLE notes (id INT PRIMARY KEY AUTO_INCREMENT, word VARCHAR(200) NOT NULL)",
        "INSERT INTO notes (word) SELECT CONCAT('SKU-', seq) FROM seq_1_to_20000",
        f"UPDATE notes SET word = '{value}' WHERE id = 11111",
    )
    try:
        with_rule(shop.policy, "notes", "id", Rule("keep"))
        with_rule(shop.policy, "notes", "word", Rule("keep"))
        named = (
            "notes: 1 of the planted canaries" if value.endswith("=") else "notes.word still holds 1 of the originals"
        )
        shop.refused(named, "The masked dump is not published")
    finally:
        without_rule(shop.policy, "notes")
        shop.run("DROP TABLE notes", "DELETE FROM users WHERE id = 41")


def test_a_server_that_nobody_trusted_has_signed_is_refused(shop: Shop, tmp_path: Path) -> None:
    trusted = shop.authority.ca_file.read_bytes()
    shop.authority.ca_file.write_bytes(Authority(tmp_path).ca_file.read_bytes())
    try:
        shop.refused("nobody that dbs trusts has signed its certificate")
    finally:
        shop.authority.ca_file.write_bytes(trusted)


def test_the_reader_may_neither_lock_nor_flush(shop: Shop) -> None:
    where = Address(READER, unix_socket=shop.server.unix_socket)
    with closing(connect(where, DATABASE, password=PASSWORD)) as reader:
        for statement in ("FLUSH TABLES WITH READ LOCK", "LOCK TABLES users READ", "DELETE FROM users"):
            with pytest.raises(DatabaseError, match="denied"):
                execute(reader, statement)


def _reads(admin: Connection, table: str) -> bool:
    """Whether dbs is at a table right now."""
    running = "SELECT info FROM information_schema.processlist WHERE user = %s AND info IS NOT NULL"
    return any(f"`{table}`" in str(info) for (info,) in rows(admin, running, (READER,)))


def test_an_alter_of_a_table_that_was_read_waits_for_nobody(shop: Shop) -> None:
    """While a later table is read at 2 MB/s, an earlier one is altered at once, and people go on with it."""
    shop.run(
        "CREATE TABLE z_last (id INT PRIMARY KEY AUTO_INCREMENT, line VARCHAR(250))",
        "INSERT INTO z_last (line) SELECT REPEAT('x', 240) FROM seq_1_to_40000",
    )
    try:
        for column in ("id", "line"):
            with_rule(shop.policy, "z_last", column, Rule("keep", {"reason": "made up"}))
        ended: list[Job] = []
        refreshing = Thread(target=lambda: ended.append(shop.refresh()))
        refreshing.start()
        with closing(shop.server.admin(DATABASE)) as admin:
            execute(admin, "SET SESSION lock_wait_timeout = 1")
            until(lambda: _reads(admin, "z_last"), "the last table is read")
            for change in ("ADD COLUMN meanwhile INT", "DROP COLUMN meanwhile"):
                execute(admin, f"ALTER TABLE a_tree {change}")
            execute(admin, "INSERT INTO a_tree VALUES (77, NULL, 'meanwhile')")
            assert _reads(admin, "z_last"), "it was read all the time"
            execute(admin, "DELETE FROM a_tree WHERE id = 77")
        refreshing.join()
        assert [job.state for job in ended] == ["done"], ended
    finally:
        without_rule(shop.policy, "z_last")
        shop.run("DROP TABLE z_last")
