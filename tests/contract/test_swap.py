"""Restores under clients that never stop asking: nobody is refused, and nobody gets an answer that was not verified."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

import pytest

from tests.support.clients import CUT, asking, errors_of
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


def test_swaps_under_fire(world: World, record_property: Callable[[str, object], None]) -> None:
    world.restore("shared", world.first)
    with asking(CLIENTS, lambda: world.connect("shared"), _QUERY) as clients:
        for number in range(1, SWAPS + 1):
            # One transaction: whoever sees the note sees the deletion.
            change = f"UPDATE note SET text = 'after {number}'; DELETE FROM item WHERE id = 7"
            world.tell("shared", f"BEGIN NOT ATOMIC START TRANSACTION; {change}; COMMIT; END")
            world.restore("shared", world.first)
    for client in clients:
        states = _states(client.answers)
        assert states == sorted(states), "a client was sent back to a server that was replaced"
    errors = errors_of(clients)
    answers = sum(len(client.answers) for client in clients)
    cut = sum(errors[code] for code in CUT)
    record_property("said", f"{world.filesystem.name}: {SWAPS} restores, {answers} answers, {cut} sessions cut off")
    assert set(errors) <= CUT, {sentence for client in clients for sentence in client.sentences}
