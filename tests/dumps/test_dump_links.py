"""Links to dumps: what is changed, old or for something else opens nothing, and nobody is told why."""

from __future__ import annotations

import base64
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.dumps.links import LONGEST, Links, Ticket
from dbs.errors import FailedError, RefusedError

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LIFE = timedelta(minutes=15)


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Noon."""
    return Clock()


@pytest.fixture
def links(tmp_path: Path, clock: Clock) -> Links:
    """With a key that is still to be made."""
    return Links(tmp_path / "links.key", clock)


def test_a_ticket_opens_its_dump_for_a_while_and_again(links: Links, clock: Clock) -> None:
    ticket = links.make("shop", "shop-1", "U0ADA", "Ada Łovelace", LIFE)

    said = Ticket("shop", "shop-1", "U0ADA", "Ada Łovelace", int((NOON + LIFE).timestamp()))
    assert [links.read(ticket, "shop", "shop-1") for _ in range(2)] == [said, said]
    assert ticket.replace(".", "").replace("-", "").replace("_", "").isalnum() and len(ticket) < LONGEST
    clock.now = NOON + LIFE
    with pytest.raises(RefusedError):
        links.read(ticket, "shop", "shop-1")


def test_every_refusal_says_the_same(links: Links, clock: Clock, tmp_path: Path) -> None:
    ticket = links.make("shop", "shop-1", "U0ADA", "Ada", LIFE)
    old = links.make("shop", "shop-1", "U0ADA", "Ada", timedelta())
    other = Links(tmp_path / "other.key", clock).make("shop", "shop-1", "U0ADA", "Ada", LIFE)
    text, _, signature = ticket.partition(".")
    shorter = base64.urlsafe_b64encode(base64.urlsafe_b64decode(text + "==")[:-1]).decode()
    tried = [
        (ticket, "shop", "shop-2"),
        (ticket, "other", "shop-1"),
        (ticket, "shop", "latest"),
        (old, "shop", "shop-1"),
        (other, "shop", "shop-1"),
        *((one, "shop", "shop-1") for one in ("", ".", text, f"{text}.", f".{signature}", f"{shorter}.{signature}")),
        *((one, "shop", "shop-1") for one in (f"{ticket}=", f" {ticket}", f"{ticket}\n", "é.é", "\ud800.x")),
        (f"{text}.{signature}.x", "shop", "shop-1"),
        ("x" * 10_000_000, "shop", "shop-1"),
    ]
    sentences = set()
    for one in tried:
        with pytest.raises(RefusedError) as refused:
            links.read(*one)
        sentences.add(str(refused.value))
    assert len(sentences) == 1 and "Ask for a new one" in sentences.pop()


@given(data=st.data())
def test_no_letter_can_be_changed(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    links = Links(tmp_path_factory.getbasetemp() / "shared.key", lambda: NOON)
    ticket = links.make("shop", "shop-1", "U0ADA", "Ada", LIFE)
    place = data.draw(st.integers(0, len(ticket) - 1))
    letter = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda one: one != ticket[place]))
    with pytest.raises(RefusedError):
        links.read(ticket[:place] + letter + ticket[place + 1 :], "shop", "shop-1")


def test_two_processes_make_one_key(tmp_path: Path, clock: Clock) -> None:
    file, together = tmp_path / "links.key", threading.Barrier(8)

    def make(_: int) -> str:
        together.wait(10)
        return Links(file, clock).make("shop", "shop-1", "U0ADA", "Ada", LIFE)

    with ThreadPoolExecutor(8) as crowd:
        tickets = set(crowd.map(make, range(8)))
    assert len(tickets) == 1
    assert Links(file, clock).read(tickets.pop(), "shop", "shop-1").person_id == "U0ADA"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and len(file.read_bytes()) == 32
    assert list(tmp_path.iterdir()) == [file]


def test_an_empty_key_signs_nothing(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "links.key").write_bytes(b"")
    with pytest.raises(FailedError, match="is not whole"):
        Links(tmp_path / "links.key", clock).make("shop", "shop-1", "U0ADA", "Ada", LIFE)
