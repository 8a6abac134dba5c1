"""Blocks as plain text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import as_text, view_as_text
from playground.render import words
from tests.playground.shapes import asking, modal, note, option, plain


def rich(kind: str, *texts: str) -> dict[str, Any]:
    part = {"type": kind, "elements": [{"type": "text", "text": text} for text in texts]}
    return {"type": "rich_text", "elements": [part]}


BUTTONS = [
    {"type": "button", "text": {"type": "plain_text", "text": "Approve"}},
    {"type": "button", "text": {"type": "plain_text", "text": "See SQL"}},
]
MENU = {"type": "static_select", "options": [option("a"), option("b")]}
PLAN = {
    "type": "plan",
    "title": "Restoring shared",
    "tasks": [
        {"type": "task_card", "title": "Copy", "status": "complete"},
        {
            "type": "task_card",
            "title": "Start",
            "status": "in_progress",
            "details": rich("rich_text_section", "port 1"),
        },
        {"type": "task_card", "title": "Swap", "status": "pending"},
        {"type": "task_card", "title": "Check", "status": "error"},
    ],
}
TABLE = {
    "type": "table",
    "rows": [
        [{"type": "raw_text", "text": "instance"}, {"type": "raw_text", "text": "age"}],
        [rich("rich_text_section", "shared"), {"type": "raw_number", "value": 7}],
    ],
}


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"type": "section", "text": {"type": "mrkdwn", "text": "*Done*"}}, "*Done*"),
        ({"type": "section", "fields": [{"text": "*Who*\nRita"}, {"text": "b"}]}, "*Who* Rita\nb"),
        ({"type": "section", "text": {"text": "t"}, "accessory": BUTTONS[0]}, "t\n[Approve]"),
        ({"type": "header", "text": {"text": "Four"}}, "Four\n===="),
        ({"type": "context", "elements": [{"type": "mrkdwn", "text": "a"}, {"type": "mrkdwn", "text": "b"}]}, "a  b"),
        ({"type": "divider"}, "-" * 20),
        ({"type": "actions", "elements": BUTTONS}, "[Approve]  [See SQL]"),
        (PLAN, "Restoring shared\n✓ Copy\n… Start\n    port 1\n· Swap\n✗ Check"),
        ({"type": "task_card", "title": "Copy", "status": "complete"}, "✓ Copy"),
        (TABLE, "instance  age\nshared    7"),
        (rich("rich_text_preformatted", "SELECT 1\n", "FROM t"), "    SELECT 1\n    FROM t"),
        (rich("rich_text_quote", "so they said"), "> so they said"),
        ({"type": "image", "alt_text": "a chart"}, "[image: a chart]"),
        ({"type": "data_visualization", "title": "Rows"}, "[chart: Rows]"),
        ({"type": "carousel"}, "[carousel]"),
        ({"type": "alert", "text": {"text": "Careful"}}, "! Careful"),
        ({"type": "card", "title": {"text": "t"}, "body": {"text": "b"}, "actions": BUTTONS[:1]}, "t\nb\n[Approve]"),
        ({"type": "actions", "elements": [MENU]}, "[A | B]"),
        ({"type": "actions", "elements": [{**MENU, "placeholder": plain("More")}]}, "[More: A | B]"),
        ({"type": "actions", "elements": [{"type": "datepicker"}]}, "[datepicker]"),
        (asking("why", {"type": "plain_text_input"}, optional=True), "why (optional): [        ]"),
        (asking("why", {"type": "plain_text_input"}, hint=plain("h")), "why: [        ]\n    h"),
        (asking("why", {"type": "plain_text_input", "placeholder": plain("What for?")}), "why: [What for?]"),
        (asking("why", {"type": "plain_text_input", "initial_value": "oops"}), "why: [oops]"),
        (asking("on", {"type": "static_select", "options": [option("a")], "initial_option": option("a")}), "on: [A]"),
        (asking("sql", {"type": "file_input"}), "sql: [attach a file]"),
    ],
)  # fmt: skip
def test_each_block(block: dict[str, Any], expected: str) -> None:
    assert as_text({"text": "fallback", "blocks": [block]}) == expected


def test_without_blocks_the_text_is_shown() -> None:
    assert as_text({"text": "a &lt; b"}) == "a < b"
    assert as_text({}) == ""


def test_files_are_named() -> None:
    assert as_text({"text": "see", "files": [{"name": "a.sql"}]}) == "see\n[file: a.sql]"


def test_a_modal_with_what_is_wrong() -> None:
    view = modal(note("For <@U1>"), asking("why", {"type": "plain_text_input"}))
    wrong = {"errors": {"why": "Please say why."}, "trouble": "We had some trouble."}
    assert view_as_text({**view, **wrong}, {"U1": "rita"}) == (
        "Restore\n=======\nWe had some trouble.\nFor @rita\nwhy: [        ]\n    ! Please say why.\n[Cancel]  [Go]"
    )
    assert view_as_text({**view, "submit": None, "close": plain("Back")}).endswith("[Back]")


def test_a_home_has_no_frame() -> None:
    assert view_as_text({"type": "home", "blocks": [note("Nothing to do.")]}) == "Nothing to do."


def test_references_become_names() -> None:
    text = "<@U1> <@U2|otto> <@U3> <#C1|databases> <!subteam^S0DBA|@dba> <!subteam^S0DBA> <!here> <https://x.test|Look> <https://y.test>"
    assert words(text, {"U1": "rita", "S0DBA": "dba"}) == (
        "@rita @otto @U3 #databases @dba @dba @here Look (https://x.test) https://y.test"
    )


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), max_size=40))
def test_literal_text_in_rich_text_is_shown_as_it_is(text: str) -> None:
    assert as_text({"blocks": [rich("rich_text_section", text)]}) == text
