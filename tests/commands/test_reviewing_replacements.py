"""An index and the one that takes its place: the outage was that the removal ran without the addition."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.interface import Result
from commands.reviewing.changes import is_there, of_report, replaces
from dbs.evidence.dictionary import IndexShape, Part
from dbs.rehearsals import Rehearsal
from tests.commands.conftest import Alter
from tests.evidence.production import Production
from tests.support.fake_github import FakeGithub
from tests.support.office import CARL, DORA
from tests.support.reviewed import ADD, DROP, FILES, REPOSITORY, Reviewed, column, index, reviewed

pytestmark = pytest.mark.server

MAKE_IT = "ALTER TABLE orders ADD KEY idx_mail (email, note)"


def links(review: Reviewed, one: Rehearsal) -> list[Result]:
    return [message for message in review.thread(one) if "Dropped" in message.facts]


def blocked(result: Result) -> bool:
    assert result.outcome in ("refused", "done"), result
    return result.outcome == "refused" and result.sentence.startswith("Blocked: orders.idx_email may not be dropped")


@pytest.mark.parametrize("drop_first", [True, False], ids=["the drop first", "the addition first"])
def test_both_threads_say_so_and_the_drop_waits_for_production(place: tuple[Reviewed, Alter], drop_first: bool) -> None:
    review, alter = place
    dropping, adding = review.pull(title="Drop"), review.pull(title="Add")
    if drop_first:
        drop, add = review.rehearsed(dropping, DROP), review.rehearsed(adding, ADD)
    else:
        add = review.rehearsed(adding, ADD)
        drop = review.rehearsed(dropping, DROP)
    (at_drop,), (at_add,) = links(review, drop), links(review, add)
    said = "orders.idx_mail, which acme/shop#2 adds, takes the place of orders.idx_email, which acme/shop#1 drops."
    assert at_drop.sentence.startswith(said) and at_add.sentence.startswith(said)
    assert at_drop.facts["The other change"] == "acme/shop#2: Add"
    assert at_add.facts["The other change"] == "acme/shop#1: Drop"
    refused = review.approve(DORA, drop)
    assert blocked(refused) and "acme/shop#2 adds it" in refused.sentence
    assert review.question(drop).choice is None, "it can be approved later"
    assert review.approve(DORA, add).outcome == "done", "the addition waits for nothing"
    assert blocked(review.approve(CARL, drop)), "approved is not there yet"
    alter(MAKE_IT)
    assert review.approve(CARL, drop).outcome == "done"
    assert review.outcomes("review") == ["done", "done"]


def test_merged_and_not_on_production_yet_it_still_waits(place: tuple[Reviewed, Alter]) -> None:
    review, alter = place
    drop = review.rehearsed(review.pull(title="Drop"), DROP)
    review.rehearsed(review.pull(title="Add"), ADD)
    review.github.merge(REPOSITORY, 2)
    review.services.rehearsals.close("shop", 2)
    assert blocked(review.approve(DORA, drop))
    review.github.push(REPOSITORY, 1, FILES)
    again = review.rehearsed(review.github.repositories[REPOSITORY].pulls[1], DROP)
    assert blocked(review.approve(DORA, again)), "also when the drop is rehearsed after the merge"
    alter(MAKE_IT)
    assert review.approve(DORA, again).outcome == "done"


def test_a_replacement_that_was_given_up_holds_nothing_up(review: Reviewed) -> None:
    drop = review.rehearsed(review.pull(title="Drop"), DROP)
    review.rehearsed(review.pull(title="Add"), ADD)
    review.github.close(REPOSITORY, 2)
    review.services.rehearsals.close("shop", 2)
    review.github.fault("GET", r"/pulls/2$", "500", times=20)
    assert "nothing was approved" in review.approve(DORA, drop).sentence, "nobody knows whether it was merged"
    review.github.forget_faults()
    assert review.approve(DORA, drop).outcome == "done"


def test_a_replacement_that_is_rehearsed_anew_is_not_forgotten(review: Reviewed) -> None:
    drop = review.rehearsed(review.pull(title="Drop"), DROP)
    adding = review.pull(title="Add")
    review.rehearsed(adding, ADD)
    review.services.rehearsals.begin(Rehearsal("running", "shop", 2, adding.head_sha, {"repository": REPOSITORY}))
    assert blocked(review.approve(DORA, drop))


def test_a_change_that_does_both_has_to_be_split(place: tuple[Reviewed, Alter]) -> None:
    review, alter = place
    one = review.rehearsed(review.pull(), DROP, ADD)
    (link,) = links(review, one)
    assert "so it cannot be approved like this: split it" in link.sentence
    assert blocked(review.approve(DORA, one))
    alter(MAKE_IT)
    assert review.approve(DORA, one).outcome == "done", "somebody made it on production before"


def test_another_project_on_the_same_source_counts(review: Reviewed) -> None:
    drop = review.rehearsed(review.pull(), DROP)
    adding = review.pull(repository="acme/billing")
    add = review.rehearsed(adding, ADD, project="billing")
    assert len(links(review, drop)) == len(links(review, add)) == 1
    assert "acme/billing#1 adds it" in review.approve(DORA, drop).sentence


@pytest.mark.parametrize(
    "added",
    [
        index("idx_x", "note", "email", how="added"),
        index("idx_x", "email", how="added", table="invoices"),
        column("email2", how="added"),
    ],
    ids=["another order", "another table", "no index"],
)
def test_what_is_no_replacement_links_nothing(review: Reviewed, added: dict[str, object]) -> None:
    drop = review.rehearsed(review.pull(title="Drop"), DROP)
    review.rehearsed(review.pull(title="Add"), added)
    assert links(review, drop) == []
    assert review.approve(DORA, drop).outcome == "done"


def test_a_promise_is_only_kept_by_a_promise(place: tuple[Reviewed, Alter]) -> None:
    review, alter = place
    drop = review.rehearsed(review.pull(title="Drop"), index("uq", "email", "user_id", unique=True))
    review.rehearsed(review.pull(title="Add"), index("idx_x", "email", "user_id", how="added"))
    assert links(review, drop) == []
    review.rehearsed(review.pull(title="Promise"), index("uq2", "email", "user_id", how="added", unique=True))
    assert len(links(review, drop)) == 1
    alter("ALTER TABLE orders ADD KEY idx_x (email, user_id)")
    assert "uq2 is not on shop" in review.approve(DORA, drop).sentence
    alter("ALTER TABLE orders ADD UNIQUE KEY uq_other (email, user_id)")
    assert review.approve(DORA, drop).outcome == "done", "whatever it is called there"


def test_one_that_the_optimizer_may_not_use_does_not_count(place: tuple[Reviewed, Alter]) -> None:
    review, alter = place
    drop = review.rehearsed(review.pull(title="Drop"), DROP)
    review.rehearsed(review.pull(title="Add"), ADD)
    alter(MAKE_IT, "ALTER TABLE orders ALTER INDEX idx_mail IGNORED")
    assert blocked(review.approve(DORA, drop))
    alter("ALTER TABLE orders ALTER INDEX idx_mail NOT IGNORED")
    assert review.approve(DORA, drop).outcome == "done"


def test_every_server_is_asked_and_one_that_does_not_answer_is_a_no(
    tmp_path: Path, shop: Production, github: FakeGithub
) -> None:
    with reviewed(tmp_path / "home", shop, github) as (review, database):
        drop = review.rehearsed(review.pull(title="Drop"), DROP)
        review.rehearsed(review.pull(title="Add"), ADD)
        with shop.admin(database) as admin, admin.cursor() as cursor:
            cursor.execute(MAKE_IT)
        source = review.services.settings.source["shop"]
        replica = f"mysql://watcher@127.0.0.1:1/{database}"
        review.services.settings.source["shop"] = source.model_copy(update={"replicas": (replica,)})
        assert "cannot be looked up, so nothing was approved" in review.approve(DORA, drop).sentence
        review.services.settings.source["shop"] = source
        assert review.approve(DORA, drop).outcome == "done"


def test_a_proposal_waits_for_a_replacement_too(place: tuple[Reviewed, Alter]) -> None:
    review, alter = place
    review.rehearsed(review.pull(title="Add"), ADD)
    one = review.proposed(DROP, by=DORA)
    assert blocked(review.approve(CARL, one))
    alter(MAKE_IT)
    assert review.approve(CARL, one).outcome == "done"


def test_the_rules_of_one_index_for_another() -> None:
    dropped, added, longer, shorter = of_report(
        {"changes": [DROP, index("a", "EMAIL", how="added"), index("b", "email(20)", "x", how="added"),
                     index("c", "x", "email", how="added")]}
    )  # fmt: skip
    assert replaces(added, dropped) and replaces(longer, dropped) and not replaces(shorter, dropped)
    there = IndexShape("other", unique=False, parts=(Part("Email"),))
    assert is_there(added, dropped, [there])
    assert not is_there(added, dropped, [IndexShape("IDX_EMAIL", unique=False, parts=(Part("email"),))])
    assert not is_there(added, dropped, [IndexShape("x", False, (Part(None, "lower(email)"),))])
