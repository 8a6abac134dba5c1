"""The outage to design against, with everything real: one pull request drops an index, another adds its replacement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dbs.mysql.query import execute
from dbs.rehearsals import Rehearsal
from playground import as_text
from playground.cast import APPROVER, DBA, OUTSIDER, REQUESTER
from tests.support.production import DATABASE
from tests.support.rehearsed import REPOSITORY, Place, in_folder, rehearsing
from tests.support.waiting import until
from tests.support.whole import CHANNEL

pytestmark = pytest.mark.server

REASON = "Nobody searches for notes any more."
DROP = {"0001_drop.sql": "ALTER TABLE orders DROP KEY idx_note;\n"}
ADD = {"0001_add.sql": "ALTER TABLE orders ADD KEY idx_note_user (note, user_id);\n"}
STATUS = "dbs / schema review"


@pytest.fixture(scope="module")
def place(workplace: Path, mariadb: None) -> Iterator[Place]:
    """Rita, who writes the changes, is an approver too."""
    with rehearsing(workplace / "reviews") as running:
        running.dbs.playground.set_group(DBA, [APPROVER, REQUESTER])
        yield running


def labels(message: dict[str, Any]) -> list[str]:
    rows = [block for block in message.get("blocks") or () if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row["elements"]]


def reviewed(place: Place, number: int, head: str | None = None) -> Rehearsal:
    """The newest rehearsal of a pull request, when everything was said in its thread."""
    one = place.rehearsed(number, head)
    place.job(one)
    return one


def thread(place: Place, one: Rehearsal) -> list[dict[str, Any]]:
    above = place.dbs.services.outbox.message(one.id)
    return place.dbs.playground.thread(CHANNEL, above.ts) if above else []


def question(place: Place, one: Rehearsal) -> dict[str, Any]:
    """The message with the buttons."""
    found = [message for message in thread(place, one) if "Approve" in labels(message)]
    assert len(found) == 1, [as_text(message) for message in thread(place, one)]
    return found[0]


def click(place: Place, who: str, message: dict[str, Any]) -> None:
    (row,) = [block for block in message["blocks"] if block["type"] == "actions"]
    button = row["elements"][0]
    assert place.dbs.playground.click(
        who, CHANNEL, message["ts"], button["action_id"], button["value"], row["block_id"]
    ).ok


def told(place: Place, who: str, words: str) -> None:
    seen = place.dbs.playground.ephemerals
    until(lambda: bool(seen(who)) and words in place.dbs.told(who), f"{who} is told: {words}", 30)


def status(place: Place, sha: str) -> tuple[str, str]:
    rows = [row for row in place.github.repositories[REPOSITORY].statuses if row.sha == sha]
    found = [row.fields for row in rows if row.fields["context"] == STATUS]
    return (found[-1]["state"], found[-1]["description"]) if found else ("", "")


def test_the_drop_waits_for_its_replacement_on_production(place: Place) -> None:
    drop_row = place.pull(DROP, title="Drop idx_note", body=REASON)
    drop = reviewed(place, drop_row.number)
    assert drop.verdict == "passes with warnings", drop.report
    add_row = place.pull(ADD, title="A wider one", body=REASON)
    add = reviewed(place, add_row.number)

    said = "orders.idx_note_user, which acme/shop#2 adds, takes the place of orders.idx_note, which acme/shop#1 drops"
    for one in (drop, add):
        assert any(said in as_text(message) for message in thread(place, one)), "both threads say so"
    text = "\n".join(as_text(message) for message in thread(place, drop))
    assert REASON in text and "orders.idx_note (note)" in text, "the reason, and the card of the index"
    assert "unknown" in text and "is unused" not in text, "counters that are some seconds old"
    assert "@mail.example" not in text

    asked = question(place, drop)
    click(place, REQUESTER, asked)
    told(place, REQUESTER, "It is your own change")
    click(place, OUTSIDER, asked)
    told(place, OUTSIDER, "Sorry, only")
    click(place, APPROVER, asked)
    told(place, APPROVER, "Blocked: orders.idx_note may not be dropped before its replacement is there")
    until(lambda: status(place, drop_row.head_sha)[0] == "pending", "GitHub knows that it waits", 30)

    with closing(place.server.admin(DATABASE)) as admin:
        execute(admin, "ALTER TABLE orders ADD KEY idx_note_user (note, user_id)")
    click(place, APPROVER, asked)
    until(lambda: status(place, drop_row.head_sha) == ("success", "approved by adam"), "GitHub knows", 30)
    (shown,) = [message for message in thread(place, drop) if message["ts"] == asked["ts"]]
    assert labels(shown) == [] and "What to do next: merge it." in as_text(shown)
    events = place.dbs.services.audit.history(words=f"review:{drop.id}", limit=10)
    assert [event.outcome for event in events] == ["done", "received"]


def test_a_push_makes_the_question_void_and_asks_anew(place: Place) -> None:
    row = place.pull({"0001_seen.sql": "ALTER TABLE users DROP COLUMN city;\n"}, title="No city", body=REASON)
    before, first = row.head_sha, reviewed(place, row.number)
    asked = question(place, first)
    place.github.push(
        REPOSITORY, row.number, in_folder({"0001_seen.sql": "ALTER TABLE users DROP COLUMN city, DROP COLUMN phone;\n"})
    )
    second = reviewed(place, row.number, row.head_sha)
    (shown,) = [message for message in thread(place, first) if message["ts"] == asked["ts"]]
    assert labels(shown) == [] and "Void:" in as_text(shown)
    click(place, APPROVER, question(place, second))
    until(lambda: status(place, row.head_sha)[0] == "success", "the new commit is approved", 30)
    until(lambda: status(place, before)[0] == "error", "the old one is not", 30)
    assert place.dbs.services.audit.verify().ok


def test_a_proposal_is_rehearsed_and_approved_by_somebody_else(place: Place) -> None:
    given = {"sql": "ALTER TABLE users ADD seen DATETIME", "reason": "When were they here last?"}
    assert place.dbs.playground.slash(REQUESTER, CHANNEL, "propose").ok
    assert place.dbs.playground.submit(REQUESTER, given).ok
    job = place.dbs.ended(place.dbs.services.job_rows.recent(1)[0].id)
    assert job.state == "done", job.sentence
    found = place.dbs.services.rehearsals.get(job.id)
    assert found is not None and found.verdict == "passes", found
    asked = question(place, found)
    assert "When were they here last?" in as_text(asked)
    click(place, REQUESTER, asked)
    told(place, REQUESTER, "It is your own change")
    click(place, APPROVER, asked)
    told(place, APPROVER, "run it on production yourselves")
    with closing(place.server.admin(DATABASE)) as admin, admin.cursor() as cursor:
        cursor.execute("SHOW COLUMNS FROM users LIKE 'seen'")
        assert cursor.fetchall() == (), "dbs runs nothing on production"
