"""Blocks as plain text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import as_text
from playground.render import words


def rich(kind: str, *texts: str) -> dict[str, Any]:
    part = {"type": kind, "elements": [{"type": "text", "text": text} for text in texts]}
    return {"type": "rich_text", "elements": [part]}


BUTTONS = [
    {"type": "button", "text": {"type": "plain_text", "text": "Approve"}},
    {"type": "button", "text": {"type": "plain_text", "text": "See SQL"}},
]
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
    ],
)  # fmt: skip
def test_each_block(block: dict[str, Any], expected: str) -> None:
    assert as_text({"text": "fallback", "blocks": [block]}) == expected


def test_without_blocks_the_text_is_shown() -> None:
    assert as_text({"text": "a &lt; b"}) == "a < b"
    assert as_text({}) == ""


def test_references_become_names() -> None:
    text = "<@U1> <@U2|otto> <@U3> <#C1|databases> <!subteam^S0DBA|@dba> <!here> <https://x.test|Look> <https://y.test>"
    assert words(text, {"U1": "rita"}) == ("@rita @otto @U3 #databases @dba @here Look (https://x.test) https://y.test")


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), max_size=40))
def test_literal_text_in_rich_text_is_shown_as_it_is(text: str) -> None:
    assert as_text({"blocks": [rich("rich_text_section", text)]}) == text
