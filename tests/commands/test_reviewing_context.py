"""What stands in the thread before anybody is asked: reason, changes, a card for each thing, what could not be seen."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from chatbot.blocks import render
from commands import reviewing
from dbs.mysql.query import rows
from dbs.rehearsals import Verdict
from playground.checks import check_blocks
from tests.evidence.production import Production
from tests.support.office import ADA
from tests.support.reviewed import ADD, DROP, Reviewed, column, index

pytestmark = pytest.mark.server


def test_the_reason_and_what_is_known_of_a_dropped_index(review: Reviewed) -> None:
    one = review.rehearsed(review.pull(title="Drop <!channel>", body="<!-- template -->\nToo slow to write."), DROP)
    summary, card = review.thread(one)
    assert summary.sentence == "acme/shop#1 drops 1 index."
    assert summary.facts["Reason"] == "Too slow to write." and summary.facts["Author"] == "rita"
    assert card.facts["Index"] == "orders.idx_email (email)" and card.facts["Change"] == "dropped"
    assert "uq can do all that idx_email does" in card.sentence
    assert card.facts["Use"] == "unknown", "counters that are younger than a week say nothing"
    assert "unused" not in card.sentence
    assert any(kind == "not seen" for kind, _ in card.tables[0].rows)
    (asked,) = review.ends("parent")
    assert [action["label"] for action in asked.actions] == ["Approve", "Reject"]
    assert asked.sentence.startswith("acme/shop#1 drops 1 index; its rehearsal passes. May it be merged? To approve it")
    for message in (summary, card, asked):
        shown = render(message)
        assert check_blocks(shown.blocks) == []
        assert "<!channel>" not in json.dumps(shown.blocks) + shown.text
        assert "ada@example.com" not in shown.text


def test_the_question_stands_in_the_thread_and_calls_the_approvers(review: Reviewed) -> None:
    one = review.rehearsed(review.pull(), DROP)
    (row,) = [row for row in review.services.outbox.pending() if row.job_id.startswith("decision:")]
    assert row.destination == {"channel": "#databases", "calls": ["S0DBA"], "thread": one.id}
    reviewing.begin(review.services, one)
    assert len(review.ends("parent")) == 1 and len(review.thread(one)) == 2, "a second time, after a crash"
    assert [event.outcome for event in review.services.audit.find(f"review:{one.id}")] == ["received"]


def test_an_index_in_use_is_said_to_be(review: Reviewed, shop: Production) -> None:
    database = review.services.settings.source["shop"].database
    with closing(shop.server.admin(database)) as admin:
        rows(admin, "SELECT id FROM orders FORCE INDEX (idx_email) WHERE email = 'ada@example.com'")
    card = review.thread(review.rehearsed(review.pull(), DROP))[1]
    assert "idx_email is in use: 1 read was" in card.sentence


def test_a_dropped_column_takes_an_index_with_it_and_shrinks_another(review: Reviewed) -> None:
    changes = (column("email"), DROP, index("idx_note", "note", how="changed"))
    one = review.rehearsed(review.pull(), *changes)
    cards = {card.facts.get("Index", "column"): card for card in review.thread(one)[1:]}
    assert cards["orders.idx_email (email)"].facts["Change"] == "dropped"
    assert cards["orders.idx_note (note, email)"].facts["Change"] == "shrinks to (note)"
    told = [sentence for _, sentence in cards["column"].tables[0].rows]
    assert any("mails" in sentence for sentence in told), "the view that reads it"
    assert any("idx_email (email) vanishes with it" in sentence for sentence in told)


def test_what_production_does_not_have_yet_is_said(review: Reviewed) -> None:
    one = review.rehearsed(review.pull(), index("idx_new", "x"), column("newer", table="invoices"))
    _, first, second = review.thread(one)
    for card, name in ((first, "orders.idx_new"), (second, "invoices.newer")):
        assert card.sentence.startswith(f"{name} is not on shop yet, so there is nothing to look up")


def test_production_that_cannot_be_asked_is_no_pass(review: Reviewed) -> None:
    source = review.services.settings.source["shop"]
    gone = source.model_copy(update={"url": "mysql://watcher@127.0.0.1:1/shop"})
    review.services.settings.source["shop"] = gone
    one = review.rehearsed(review.pull(), DROP, column("note"))
    _, card = review.thread(one)
    assert card.outcome == "failed"
    assert card.sentence.startswith("Unknown: what depends on orders.idx_email, orders.note could not be looked up. ")


def test_a_missing_reason_is_asked_for(review: Reviewed) -> None:
    one = review.rehearsed(review.pull(body="<!-- Why? -->"), DROP)
    assert review.thread(one)[0].facts["Reason"].startswith("none. Its author writes into the description")


@pytest.mark.parametrize("verdict", ["fails", "could not be tested", "superseded"])
def test_nobody_is_asked_about_what_does_not_pass(review: Reviewed, verdict: Verdict) -> None:
    one = review.rehearsed(review.pull(), DROP, verdict=verdict)
    assert review.services.decisions.of_request(f"review:{one.id}") is None
    assert bool(review.thread(one)) == (verdict == "fails")


def test_a_change_of_rows_alone_makes_no_noise(review: Reviewed) -> None:
    row = review.pull()
    one = review.rehearsed(row)
    assert review.thread(one) == [] and review.ends("parent") == []
    assert review.status(row) == ("success", "no schema change to review")


def test_sql_that_nobody_proposes_gets_its_context_and_no_question(review: Reviewed) -> None:
    one = review.proposed(DROP, by=ADA, proposal=False)
    assert review.thread(one)[0].sentence == "shop:proposal.sql drops 1 index."
    assert review.services.decisions.of_request(f"review:{one.id}") is None and review.ends("parent") == []


def test_an_index_that_only_grows_is_no_loss(review: Reviewed) -> None:
    one = review.rehearsed(review.pull(), index("idx_email", "email", "note", how="changed"))
    assert review.thread(one)[1].facts["Change"] == "becomes (email, note)"


def test_a_new_index_beside_those_that_do_the_same(review: Reviewed) -> None:
    lone = index("idx_free", "note", "user_id", how="added")
    one = review.rehearsed(review.pull(), ADD, lone, index("idx_twin", "note", "email", how="added"))
    told = {card.sentence.partition(" is new, and ")[0]: card for card in review.thread(one)[1:]}
    assert set(told) == {"orders.idx_mail", "orders.idx_twin"}, "one that no other is like is no news"
    assert "idx_email (email) could be spared while idx_mail is there" in str(told["orders.idx_mail"].tables)
    assert "is a duplicate of it" in str(told["orders.idx_twin"].tables)
