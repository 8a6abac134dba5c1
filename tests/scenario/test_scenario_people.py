"""What people do all day: undo a mistake, log in with their own account, have an instance of their own for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from cli.shell.remote import Remote
from cli.shell.shell import Shell
from commands.ending import end_personal
from commands.targets import find_instance
from dbs.errors import FailedError, UsageError
from dbs.mysql.connect import connect
from dbs.mysql.interface import DatabaseError
from dbs.mysql.query import rows
from dbs.snapshots.interface import Address
from playground.cast import APPROVER, REQUESTER
from tests.support.waiting import until
from tests.support.whole import CHANNEL, Whole, whole

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def running(workplace: Path, mariadb: None) -> Iterator[Whole]:
    """A whole dbs."""
    place = workplace / "whole-people"
    place.mkdir(mode=0o711)
    with whole(place / "home", place / "root", "socket") as dbs:
        yield dbs


def test_undo_brings_back_what_was_written_before_a_mistaken_restore(running: Whole) -> None:
    running.sql("INSERT INTO orders VALUES (4711, 'a day of work')")
    assert running.slash(REQUESTER, "restore shared").state == "done"
    assert running.sql("SELECT COUNT(*) FROM orders WHERE id = 4711") == [(0,)]
    undone = running.slash(REQUESTER, "restore shared --undo")
    assert undone.state == "done", undone.sentence
    assert running.sql("SELECT note FROM orders WHERE id = 4711") == [("a day of work",)]


def test_a_seeded_instance_lets_developers_in_after_every_restore(running: Whole) -> None:
    for _ in range(2):
        assert running.slash(REQUESTER, "restore seeded").state == "done"
        port = find_instance(running.services, "seeded").settings.port
        address = Address("ann", host="127.0.0.1", port=port)
        with closing(connect(address, "shop", password="anns; own")) as session:
            assert rows(session, "SELECT note FROM orders WHERE id = 100") == [("seeded",)]
    children = [one for one in running.services.providers["local"].snapshots() if one.parent]
    assert len(children) == 1, "the seed was applied once and frozen"
    assert running.sql("SELECT COUNT(*) FROM orders WHERE id = 100", "shared") == [(0,)]


def test_a_personal_instance_is_its_owners_expires_and_is_gone_from_disk(running: Whole) -> None:
    made = running.slash(REQUESTER, "new bug-123 2h")
    assert made.state == "done", made.sentence
    assert running.sql("SELECT COUNT(*) FROM orders", "bug-123") == [(3,)]
    running.playground.slash(APPROVER, CHANNEL, "connect bug-123")
    assert "belongs to rita" in running.told(APPROVER)
    running.playground.slash(REQUESTER, CHANNEL, "new bug-124 2h")
    assert "1 is the most" in running.told(REQUESTER)
    running.playground.slash(REQUESTER, CHANNEL, "new bug-123 4h")
    assert "yours until" in running.told(REQUESTER)

    port = find_instance(running.services, "bug-123").settings.port
    root = running.services.settings.provider["local"].root  # type: ignore[union-attr]
    later = datetime.now(UTC) + timedelta(hours=3, minutes=40)
    assert end_personal(running.services, later) == 0
    until(lambda: any("bug-123 ends" in text for text in _direct(running)), "the owner was warned")
    assert end_personal(running.services, later + timedelta(hours=1)) == 1
    until(lambda: running.services.personal.get("bug-123") is None, "it is taken away")
    with pytest.raises(DatabaseError):
        connect(Address("dev", host="127.0.0.1", port=port), "shop", password="x")
    assert not (root / "instances" / "bug-123").exists()


def _direct(running: Whole) -> list[str]:
    """All texts in direct messages."""
    workspace = running.playground.workspace
    return [
        message.text
        for channel in list(workspace.channels.values())
        if channel.is_im
        for message in workspace.messages(channel.id)
    ]


class Typed(Console):
    """A terminal at which somebody types these lines; `text` is what they saw."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(file=StringIO(), width=200, soft_wrap=True)
        self._lines = lines

    def input(self, *args: object, **kwargs: object) -> str:
        """The next line."""
        if not self._lines:
            raise EOFError
        return self._lines.pop(0)

    @property
    def text(self) -> str:
        """Everything that was printed."""
        return str(self.file.getvalue())  # type: ignore[attr-defined]


def test_the_shell_asks_as_one_person_and_answers_as_another(running: Whole) -> None:
    typed = [
        "/dbs lease shared 1h load test",
        "as adam",
        "/dbs restore shared",
        "click 1",
        "click 9",
        "in 99 @dbs help",
    ]
    screen = Typed([*typed, "as rita", "/dbs release shared", "rubbish"])
    before = running.services.job_rows.recent(1)[0].number
    Shell(Remote(running.playground.page_url), screen, "rita", CHANNEL).run()
    assert "rita holds it until" in screen.text
    assert "shared is back to the data of" in screen.text
    assert "There is no button 9 here." in screen.text
    assert "There is no message 99 here." in screen.text
    assert "shared is free again" in screen.text
    assert running.services.job_rows.recent(1)[0].number == before + 1
    assert any("which you hold" in text for text in _direct(running)), "the holder was told"


def test_the_shell_says_what_is_wrong_with_an_address() -> None:
    with pytest.raises(UsageError, match="looks like"):
        Remote("https://example.com")
    with pytest.raises(FailedError, match="No playground answers"):
        Remote("http://127.0.0.1:9/?token=x").messages("databases")
