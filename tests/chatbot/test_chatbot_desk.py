"""Scenario 47: one person, a hundred commands a minute."""

from __future__ import annotations

import pytest

from chatbot.desk import A_MINUTE, Allowance
from commands.services import Services
from tests.chatbot.parts import OTTO, RITA, Signed
from tests.chatbot.sending import Clock


def test_after_ten_commands_in_a_minute_a_person_is_asked_to_wait_and_others_are_not(
    slack: Signed, services: Services
) -> None:
    texts = [slack.slash("help", trigger=f"{number}.1")["text"] for number in range(100)]
    other = slack.slash("help", user=OTTO, trigger="200.1")["text"]

    refused = [text for text in texts if text.startswith("That was a lot at once")]
    assert len(refused) >= 100 - A_MINUTE - 2 and not any(text in refused for text in texts[:A_MINUTE])
    assert other == texts[0]
    ends = [services.audit.find(f"slack:{number}.1")[-1].outcome for number in range(100)]
    assert (ends.count("done"), ends.count("refused")) == (100 - len(refused), len(refused))


def test_what_was_refused_was_not_done_and_what_is_repeated_is_not_new(slack: Signed, services: Services) -> None:
    slack.slash("lease shared 1h", trigger="1.1")
    for number in range(A_MINUTE):
        slack.slash("help", trigger=f"2.{number}")
    again = slack.slash("lease shared 1h ", trigger="1.1")  # another body, so another signature
    refused = slack.slash("release shared", trigger="3.1")

    assert again["text"].startswith("shared is yours until")
    assert "try again in 6 s" in refused["text"]
    holder = services.leases.holder("shared")
    assert holder and holder.holder_id == RITA


def test_one_more_every_six_seconds() -> None:
    clock = Clock(0.1)  # a number that no float holds exactly
    allowance = Allowance(clock)
    assert [allowance.wait(RITA) for _ in range(A_MINUTE)] == [0.0] * A_MINUTE
    assert allowance.wait(RITA) == pytest.approx(6)
    clock.now += 5.9
    assert allowance.wait(RITA) == pytest.approx(0.1)
    clock.now += 0.1
    assert allowance.wait(RITA) == 0
    assert allowance.wait(RITA) > 5
    clock.now += 600
    assert [allowance.wait(RITA) for _ in range(A_MINUTE + 1)].count(0.0) == A_MINUTE


def test_people_who_are_quiet_are_forgotten() -> None:
    clock = Clock()
    allowance = Allowance(clock)
    for number in range(5_000):
        clock.now += 1
        allowance.wait(f"U{number}")

    assert len(allowance._full_at) <= 1_001
