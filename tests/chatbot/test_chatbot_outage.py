"""Scenarios 25, 34, 36, 37: the sender while Slack, over real HTTP, is away or refuses; the time is simulated."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from chatbot.sender import Sender
from commands.interface import Result
from commands.services import Services
from dbs.jobs import Job
from tests.chatbot.faulty_slack import GRANTED, FaultySlack, Post, faulty_slack
from tests.chatbot.parts import RITA, queue
from tests.chatbot.sending import Clock, finish

POSTS = ("chat.postMessage",)


@pytest.fixture
def slack(clock: Clock) -> Iterator[FaultySlack]:
    """Slack."""
    with faulty_slack(clock) as running:
        yield running


def rounds(sender: Sender, clock: Clock, seconds: float, step: float = 1.0) -> None:
    """So many simulated seconds."""
    end = clock.now + seconds
    while clock.now < end:
        sender.once()
        clock.now += step


def drained(services: Services, sender: Sender, clock: Clock, within: float = 600) -> None:
    """Until everything is sent."""
    end = clock.now + within
    while services.outbox.pending():
        assert clock.now < end, f"{len(services.outbox.pending())} messages are still waiting"
        rounds(sender, clock, 1, step=0.25)


def thread_of(slack: FaultySlack, parent: Post) -> list[Post]:
    """The details below a parent."""
    return [post for post in slack.posts if post.thread_ts == parent.ts]


def start_and_finish(services: Services, number: int) -> Job:
    """A whole job while nobody listens."""
    job = queue(services, number)
    services.job_rows.begin(job.id)
    finish(services, job)
    return job


@pytest.mark.timeout(60)
def test_thirty_minutes_without_slack_lose_nothing_and_repeat_nothing(
    services: Services, slack: FaultySlack, clock: Clock
) -> None:
    sender = Sender(services, slack.client(timeout=0.05), clock)
    first = queue(services, 100)
    rounds(sender, clock, 5)  # a channel that is known, and a job that goes on all the while
    services.job_rows.begin(first.id)
    jobs: list[Job] = []
    objects: list[int] = []
    for kind in ("refused", "hang", "http 500", "http 429"):
        slack.trouble = kind
        if kind == "refused":
            slack.close()
        for _ in range(7):
            jobs.append(start_and_finish(services, len(jobs)))
            rounds(sender, clock, 64)
        if kind == "refused":
            slack.open()
        gc.collect()
        objects.append(len(gc.get_objects()))
    limited = len(slack.of("chat.postMessage"))
    assert len(slack.posts) == 1 and limited < 60  # back-off, and what Retry-After says
    assert objects[-1] - objects[0] < 2_000

    slack.trouble = None
    finish(services, first)
    back = clock.now
    drained(services, sender, clock)

    parents = [post for post in slack.top() if post.at >= back]
    numbers = [int(post.text.split("job ")[1].split("\n")[0]) for post in slack.top()]
    ends = [post for post in slack.posts if post.thread_ts]
    assert numbers == sorted(numbers) and len(set(numbers)) == 29
    assert all(post.text.endswith("shared is back.") for post in slack.top())
    assert len(ends) == 29 and all(len(thread_of(slack, post)) == 1 for post in slack.top())
    shown = [slack.top().index(next(p for p in slack.top() if p.ts == end.thread_ts)) for end in ends]
    assert shown == [*range(1, 29), 0]  # the job that was there before ended last
    times = [post.at for post in slack.posts if post.at >= back]
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(times))
    assert len(parents) == 28


@pytest.mark.parametrize("trouble", ["reset after store", "hang after store", "http 500"])
def test_with_the_history_scope_a_lost_answer_makes_no_double(
    services: Services, slack: FaultySlack, clock: Clock, trouble: str
) -> None:
    sender = Sender(services, slack.client(timeout=0.2), clock)
    start_and_finish(services, 1)
    drained(services, sender, clock)  # so that the channel's id is known
    slack.trouble, slack.only = trouble, POSTS
    job = queue(services, 2)
    sender.once()
    slack.trouble = None
    rounds(sender, clock, 5)
    parent = slack.top()[-1]
    finish(services, job)
    slack.trouble = trouble
    sender.once()
    slack.trouble = None
    drained(services, sender, clock)

    assert len(slack.top()) == 2
    assert parent.text.endswith("shared is back.")
    assert len(thread_of(slack, parent)) == 1


def test_a_parent_whose_answer_was_lost_still_shows_the_end_of_a_job_that_ended_meanwhile(
    services: Services, slack: FaultySlack, clock: Clock
) -> None:
    sender = Sender(services, slack.client(timeout=0.2), clock)
    start_and_finish(services, 1)
    drained(services, sender, clock)  # so that the channel's id is known
    slack.trouble, slack.only = "reset after store", POSTS
    job = queue(services, 2)
    sender.once()
    slack.trouble = None
    finish(services, job)
    drained(services, sender, clock)

    _, parent = slack.top()
    assert parent.text.endswith("shared is back.")
    assert len(thread_of(slack, parent)) == 1


def test_without_the_scope_a_parent_is_not_repeated_and_the_end_is_told_all_the_same(
    services: Services, slack: FaultySlack, clock: Clock
) -> None:
    slack.scopes = GRANTED - {"channels:history"}
    sender = Sender(services, slack.client(), clock)
    slack.trouble, slack.only = "reset after store", POSTS
    job = queue(services)
    sender.once()
    slack.trouble = None
    rounds(sender, clock, 5)
    assert len(slack.top()) == 1 and services.outbox.message(job.id) is None
    finish(services, job)
    drained(services, sender, clock)

    assert len(slack.top()) == 2 and "shared is back." in slack.top()[1].text


def test_without_the_scope_one_lost_answer_makes_at_most_one_double_of_an_end(
    services: Services, slack: FaultySlack, clock: Clock
) -> None:
    slack.scopes = GRANTED - {"channels:history"}
    sender = Sender(services, slack.client(timeout=0.05), clock)
    job = queue(services)
    sender.once()
    finish(services, job)
    slack.trouble, slack.only = "hang after store", POSTS
    sender.once()
    slack.trouble, slack.only = "hang", ()
    rounds(sender, clock, 300)
    tries = len(slack.of("chat.postMessage"))
    slack.trouble = None
    drained(services, sender, clock)

    (parent,) = slack.top()
    assert tries == 2  # the parent, and the details once: while Slack is away it is only asked whether it is back
    assert len(thread_of(slack, parent)) == 2


def test_a_sender_that_died_before_it_noted_its_post_does_not_repeat_it(
    services: Services, slack: FaultySlack, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_and_finish(services, 1)
    drained(services, Sender(services, slack.client(), clock), clock)
    job = queue(services, 2)
    with monkeypatch.context() as patch:
        patch.setattr(services.outbox, "remember", _die)
        with pytest.raises(KeyboardInterrupt):
            Sender(services, slack.client(), clock).once()
    assert services.outbox.message(job.id) is None
    sender = Sender(services, slack.client(), clock)
    sender.once()
    assert services.outbox.message(job.id) is not None
    clock.now += 3  # the parent that was found has just been brought up to date
    finish(services, job)
    with monkeypatch.context() as patch:
        patch.setattr(services.outbox, "sent", _die)
        with pytest.raises(KeyboardInterrupt):
            sender.once()
    drained(services, Sender(services, slack.client(), clock), clock)

    assert len(slack.top()) == 2
    assert [len(thread_of(slack, post)) for post in slack.top()] == [1, 1]


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_ten_thousand_ticks_in_a_minute_are_twenty_updates(
    services: Services, slack: FaultySlack, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = Sender(services, slack.client(), clock)
    job = queue(services)
    sender.once()
    services.job_rows.begin(job.id)
    tick = _ticking(services, monkeypatch)
    for count in range(10_000):
        clock.now += 0.006
        tick(count)
        if count % 42 == 0:  # the sender looks four times a second
            sender.once()
    finish(services, job)
    drained(services, sender, clock)

    assert 15 <= len(slack.of("chat.update")) <= 20
    assert slack.top()[0].text.endswith("shared is back.")


def _ticking(services: Services, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Progress that changes with every tick, without 10,000 writes to a disk."""
    (real,) = [services.job_rows.phases]
    counted = [0]

    def phases(job_id: str) -> list[object]:
        first, *others = real(job_id)
        return [type(first)(f"copy {counted[0]}", "running", "", ""), *others]

    monkeypatch.setattr(services.job_rows, "phases", phases)
    return lambda count: counted.__setitem__(0, count)


@pytest.mark.parametrize("code", ["is_archived", "not_in_channel", "token_revoked"])
def test_a_refused_place_is_one_alert_and_a_few_calls(
    services: Services, slack: FaultySlack, clock: Clock, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sender = Sender(services, slack.client(), clock)
    running = [queue(services, number) for number in range(8)]
    rounds(sender, clock, 60, step=2)
    for job in running:
        services.job_rows.begin(job.id)
    before, slack.trouble = len(slack.calls), code
    for job in running:
        finish(services, job)
        rounds(sender, clock, 90, step=5)

    assert len(slack.calls) - before <= 5
    assert capsys.readouterr().out.count("[error") == 1
    assert [services.job_rows.get(job.id).sentence for job in running] == ["shared is back."] * 8  # type: ignore[union-attr]

    slack.trouble = None
    last = start_and_finish(services, 50)
    rounds(sender, clock, 3_600, step=10)
    assert f"job {last.number}" in slack.top()[-1].text
    assert capsys.readouterr().out.count("takes messages again") == 1


def test_a_direct_message_goes_to_one_person_once(services: Services, slack: FaultySlack, clock: Clock) -> None:
    result = {"kind": "new", "outcome": "done", "sentence": "bug-123 ends in an hour."}
    for _ in range(2):
        services.outbox.put("personal:bug-123", "warning", {"user": "U0REQUESTER"}, result)
    services.outbox.put("personal:bug-123", "other", {"user": "os:root"}, result)
    slack.trouble, slack.only = "reset after store", POSTS
    sender = Sender(services, slack.client(), clock)
    sender.once()
    slack.trouble = None
    drained(services, sender, clock)

    assert [(post.channel, post.text) for post in slack.posts] == [("D0REQUESTER", "bug-123 ends in an hour.")]
    assert [call["users"] for call in slack.of("conversations.open")] == ["U0REQUESTER"]


def test_a_private_result_never_gets_into_a_channel(
    services: Services, slack: FaultySlack, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = Result("connect", "done", "Here.", {"Password": "hunter2"}, private=True).to_json()
    job = queue(services)
    (row,) = services.outbox.pending()
    rows = [
        replace(row, id=7, part="final", result=secret),
        replace(row, id=8, part="note", result=secret),
        replace(row, id=9, part="mine", result=secret, destination={"user": RITA}),
    ]
    monkeypatch.setattr(services.outbox, "pending", lambda limit: rows)  # the outbox itself takes none of them
    Sender(services, slack.client(), clock).once()

    assert job.id == row.job_id
    assert [post.channel for post in slack.posts] == ["D0REQUESTER"]
