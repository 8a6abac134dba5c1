"""Restores under clients that never stop asking: nobody is refused, and nobody gets an answer that was not verified."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from contextlib import closing

import pytest

from dbs.mysql.query import execute
from tests.support.clients import CUT, REFUSED, asking, errors_of
from tests.support.world import World

pytestmark = pytest.mark.server
SWAPS = int(os.environ.get("DBS_FIRE_SWAPS", "10"))
CLIENTS = 8
_QUERY = "SELECT (SELECT text FROM note), (SELECT COUNT(*) FROM item), (SELECT COUNT(*) FROM customer)"


def _states(answers: Iterable[tuple[str, int, int]]) -> list[int]:
    """The place of each answer in the order snapshot, after 1, snapshot, after 2, snapshot, …

    Each restore is followed by one write, so a client that sees `after 3` twice with a snapshot in between has been
    sent back to a server that was replaced.
    """
    found: list[int] = []
    last = 0
    for note, items, customers in answers:
        assert customers == 10, "a table that nobody touches is not whole"
        assert items == (100 if note == "snapshot" else 99), f"half a state: {note}, {items} items"
        if note == "snapshot":
            last += last % 2
        else:
            number = re.fullmatch(r"after (\d+)", note)
            assert number, note
            last = 2 * int(number[1]) - 1
        found.append(last)
    return found


def _change(world: World, number: int) -> None:
    with closing(world.connect("shared")) as session:
        execute(session, "BEGIN")
        execute(session, f"UPDATE note SET text = 'after {number}'")
        execute(session, "DELETE FROM item WHERE id = 7")
        execute(session, "COMMIT")


def test_swaps_under_fire(world: World, record_property: Callable[[str, object], None]) -> None:
    world.restore("shared", world.first)
    gaps: list[float] = []
    with asking(CLIENTS, lambda: world.connect("shared"), _QUERY) as clients:
        for number in range(1, SWAPS + 1):
            # One transaction: whoever sees the note sees the deletion.
            _change(world, number)
            gaps.append(world.restore("shared", world.first).seconds.get("gap", 0.0))
    for client in clients:
        states = _states(client.answers)
        assert states == sorted(states), "a client was sent back to a server that was replaced"
    errors = errors_of(clients)
    answers = sum(len(client.answers) for client in clients)
    cut = sum(errors[code] for code in CUT)
    said = f"{world.filesystem.name}: {SWAPS} restores, {answers} answers, {cut} sessions cut off"
    if not world.inherits_socket:
        assert min(gaps) > 0, "a gap was not measured"
        said += f", {errors[REFUSED]} refused in gaps of {min(gaps):.2f} to {max(gaps):.2f} s"
    record_property("said", said)
    assert set(errors) <= world.endured, {sentence for client in clients for sentence in client.sentences}
