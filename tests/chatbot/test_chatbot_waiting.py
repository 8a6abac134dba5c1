"""Whoever dispatches a request sleeps until its listener has answered, has failed, or has taken too long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from slack_bolt import Ack, App, BoltRequest
from slack_bolt.response import BoltResponse

from chatbot import waiting
from chatbot.waiting import Listeners, telling
from tests.chatbot.parts import FORM, SECRET, Signed, authorize, slash_body

Listener = Callable[[Ack], Any]


@pytest.fixture
def listeners() -> Iterator[Listeners]:
    """Two threads."""
    made = Listeners(2)
    yield made
    made.shutdown()


def dispatch(listeners: Listeners, listener: Listener) -> BoltResponse:
    """A slash command to an app that has this listener only."""
    app = App(signing_secret=SECRET, authorize=authorize, listener_executor=listeners)
    app.command("/dbs")(listener)
    body, headers = Signed(endpoint=lambda _, __: pytest.fail("not used")).request(slash_body("help"), FORM)
    request = BoltRequest(body=body, headers=dict(headers))
    with telling(request):
        return app.dispatch(request)


@pytest.fixture(autouse=True)
def looks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The times that Bolt fell asleep, which is its own way of waiting; it gives up then."""
    looked: list[float] = []

    def sleep(seconds: float) -> None:
        looked.append(seconds)
        raise RuntimeError("not waited for")

    monkeypatch.setattr("slack_bolt.listener.thread_runner.time", SimpleNamespace(time=time.time, sleep=sleep))
    return looked


def test_the_answer_comes_when_it_is_given_and_the_listener_goes_on(listeners: Listeners, looks: list[float]) -> None:
    go_on, done = threading.Event(), threading.Event()

    def listener(ack: Ack) -> None:
        ack("here")
        assert go_on.wait(10)
        done.set()

    answer = dispatch(listeners, listener)
    assert (answer.status, answer.body) == (200, "here") and not done.is_set() and looks == []
    go_on.set()
    assert done.wait(10)


def test_a_listener_that_fails_is_not_waited_for(listeners: Listeners, looks: list[float]) -> None:
    def listener(ack: Ack) -> None:
        raise RuntimeError("a bug")

    assert dispatch(listeners, listener).status == 500
    assert looks == []


def test_a_listener_that_never_answers_is_waited_for_as_long_as_slack_waits(
    listeners: Listeners, looks: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_WAIT_SECONDS", 0.01)
    go_on = threading.Event()

    def listener(ack: Ack) -> None:
        go_on.wait(10)

    dispatch(listeners, listener)
    assert looks == [0.01]  # then Bolt's own clock decides
    go_on.set()


def test_what_is_submitted_for_nobody_is_not_waited_for(listeners: Listeners) -> None:
    go_on = threading.Event()
    running = listeners.submit(go_on.wait, 10)
    go_on.set()
    assert running.result() is True
