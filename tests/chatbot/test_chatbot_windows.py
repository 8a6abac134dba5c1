"""The windows for rejecting and proposing a schema change: Slack takes them, whatever stands in them."""

from __future__ import annotations

from chatbot.propose_view import Proposed, propose_form, proposed
from chatbot.reject_view import reason_of, reject_form
from playground.view_rules import check_view


def test_slack_takes_the_windows() -> None:
    assert check_view(reject_form("acme/shop#1 " + "<" * 500, "a" * 24), "modal") == []
    for projects in ([], ["shop"], [f"{'x' * 80}{number}" for number in range(150)]):
        assert check_view(propose_form(projects, "C0DATABASES"), "modal") == []


def test_what_was_not_filled_in_is_empty() -> None:
    assert proposed({"state": {"values": {}}}) == Proposed("", "", "")
    assert proposed({"state": {"values": {"sql": {"sql": {"value": None}}, "project": {"project": {}}}}}).sql == ""
    assert reason_of({"state": {"values": {"reason": {"reason": {"value": None}}}}}) == ""
