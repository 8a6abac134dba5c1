"""Every result is a message that Slack takes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.blocks import MOST_BLOCKS, MOST_CHARACTERS, REST, Rendered, render
from chatbot.parents import parent
from chatbot.texts import clip, escape
from commands.interface import Result, Table
from dbs.jobs import Job, Phase
from playground.checks import check_blocks, text_length
from playground.render import as_text

TEXT = st.text(max_size=60) | st.sampled_from(
    ["", " ", "<!channel>", "<@U1>", "&<>", "```", "a\nb", "x" * 3_500, "\ud800"]
)
KINDS = st.sampled_from(["help", "status", "restore", "refresh", "history", "lease", "release", "unknown"])
OUTCOMES = st.sampled_from(["done", "queued", "running", "refused", "failed", "cancelled"])


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Any number of rows, all as long as the header."""
    width = draw(st.integers(0, 24))
    row = st.tuples(*[TEXT] * width)
    rows = draw(st.lists(row, max_size=4)) * draw(st.sampled_from([1, 1, 40]))
    return Table(draw(TEXT), draw(row), tuple(rows))


ACTIONS = st.lists(
    st.builds(
        lambda label, style: {"action": "decide", "decision": "0" * 24, "label": label, "style": style},
        TEXT,
        st.sampled_from(["", "danger", "primary", "loud"]),
    ),
    max_size=30,
).map(lambda made: tuple({**action, "choice": f"c{at}"} for at, action in enumerate(made)))
RESULTS = st.builds(
    Result,
    kind=KINDS,
    outcome=OUTCOMES,
    sentence=TEXT,
    facts=st.dictionaries(TEXT, TEXT, max_size=14),
    tables=st.lists(tables(), max_size=3).map(tuple),
    actions=ACTIONS,
)
STATES = st.sampled_from(["queued", "running", "done", "failed", "cancelled"])
PHASES = st.lists(
    st.builds(Phase, TEXT, st.sampled_from(["pending", "running", "done", "failed"]), TEXT, st.just("")), max_size=60
)


def job(**changes: Any) -> Job:
    """A running restore."""
    values: dict[str, Any] = {
        "number": 41,
        "id": "restore:shared:1",
        "kind": "restore",
        "target": "shared",
        "arguments": {},
        "state": "running",
        "sentence": "",
        "requester_id": "U0REQUESTER",
        "requester_name": "Rita",
        "request_id": "slack:1",
        "parent_id": None,
        "created_at": "",
        "started_at": None,
        "finished_at": None,
    }
    return Job(**{**values, **changes})


def assert_sendable(message: Rendered) -> None:
    """Slack takes it, nobody is pinged, and JSON can carry it."""
    assert check_blocks(message.blocks) == []
    assert text_length(message.blocks) <= MOST_CHARACTERS
    assert len(message.blocks) <= MOST_BLOCKS
    assert message.text.strip()
    assert len(message.text) <= 4_000
    json.dumps([message.text, message.blocks], ensure_ascii=False).encode()
    for shown in (message.text, *_marked_up(message.blocks)):
        assert not re.search(r"<[!@#]", shown)


def _marked_up(value: Any) -> list[str]:
    """All texts in which Slack would look for mentions."""
    if isinstance(value, list):
        return [text for each in value for text in _marked_up(each)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if value.get("type") == "mrkdwn" else []
    return own + [text for each in value.values() for text in _marked_up(each)]


@given(RESULTS)
@settings(max_examples=150, deadline=None)
def test_every_result_is_a_message(result: Result) -> None:
    message = render(result)

    assert_sendable(message)
    assert ("actions" in [block["type"] for block in message.blocks]) == bool(result.actions)
    assert check_blocks(render(result, tables=False).blocks, "modal") == []


@given(TEXT, TEXT, TEXT, STATES, TEXT, PHASES, st.dictionaries(TEXT, TEXT, max_size=3), st.booleans())
@settings(max_examples=150, deadline=None)
def test_every_parent_is_a_message_of_four_lines(
    kind: str, target: str, name: str, state: str, sentence: str, phases: list[Phase], facts: dict[str, str], plan: bool
) -> None:
    one = job(kind=kind, target=target, requester_name=name, state=state, sentence=sentence)
    message = parent(one, phases, facts, plan=plan)

    assert_sendable(message)
    assert len(message.text.splitlines()) <= 4
    assert len(as_text({"blocks": message.blocks}).splitlines()) <= 4
    assert plan or [block["type"] for block in message.blocks] == ["section"]


def test_a_result_as_blocks() -> None:
    table = Table("Instances", ("instance", "state"), (("shared", "running"),))
    text, blocks = render(Result("status", "done", "All 1 are running.", {"Free": "9 GB"}, (table,)))

    assert text == "All 1 are running.\nFree: 9 GB\nInstances\ninstance  state\nshared    running"
    assert [block["type"] for block in blocks] == ["section", "section", "section", "table"]
    assert blocks[1]["fields"][0]["text"] == "*Free*\n9 GB"
    assert [[cell["text"] for cell in row] for row in blocks[3]["rows"]] == [
        ["instance", "state"],
        ["shared", "running"],
    ]


def test_the_requester_is_the_only_one_notified() -> None:
    text, blocks = render(Result("restore", "done", "Back, <!channel>."), to="U0REQUESTER")

    assert text == "<@U0REQUESTER> Back, &lt;!channel&gt;."
    assert blocks[0]["text"]["text"] == text
    assert render(Result("restore", "done", "Back."), to="os:root").text == "Back."


def test_a_question_has_its_buttons_and_says_so_in_words() -> None:
    common = {"action": "decide", "decision": "d1"}
    actions = (
        {**common, "choice": "confirm", "label": "Restore Anyway", "style": "danger"},
        {**common, "choice": "cancel", "label": "Keep It", "style": ""},
    )

    text, blocks = render(Result("restore", "waiting", "Restore it anyway?", actions=actions))

    assert text == "Restore it anyway?\nAnswer with a button: Restore Anyway or Keep It."
    assert blocks[1]["block_id"] == "decision:d1"
    confirm, cancel = blocks[1]["elements"]
    assert (confirm["action_id"], confirm["value"], confirm["style"]) == ("decide_confirm", "d1", "danger")
    assert (cancel["action_id"], cancel["text"]["text"], "style" in cancel) == ("decide_cancel", "Keep It", False)


def test_groups_and_people_of_the_configuration_are_names_for_one_person() -> None:
    result = Result(
        "restore", "refused", "Sorry, only the members of S0DBA and U0ADAM may, not US0DBA or S0ELSE & <b>."
    )

    assert render(result, ids={"S0DBA", "U0ADAM"}).text == (
        "Sorry, only the members of <!subteam^S0DBA> and <@U0ADAM> may, not US0DBA or S0ELSE &amp; &lt;b&gt;."
    )
    assert "<!" not in render(result).text  # in a channel it would call all of them


def test_only_the_first_table_is_a_table_block() -> None:
    table = Table("T", ("a",), (("1",),))

    _, blocks = render(Result("status", "done", "Two.", tables=(table, table)))

    assert [block["type"] for block in blocks] == ["section", "section", "table", "section", "rich_text"]


@pytest.mark.parametrize("rows", [99, 100])
def test_a_long_table_becomes_text(rows: int) -> None:
    table = Table("T", ("number",), tuple((str(n),) for n in range(rows)))

    _, blocks = render(Result("history", "done", "Many.", tables=(table,)))

    assert blocks[2]["type"] == ("table" if rows == 99 else "rich_text")


def test_what_does_not_fit_is_said_to_be_missing() -> None:
    table = Table("T", ("a", "b"), tuple(("x" * 50, "y" * 50) for _ in range(200)))

    blocks = render(Result("history", "done", "Many.", tables=(table,))).blocks

    assert blocks[-1]["elements"][0]["text"] == REST
    assert REST not in str(render(Result("history", "done", "None.")).blocks)
    assert REST in str(render(Result("history", "done", "x" * 3_001)).blocks)


def test_the_parent_of_a_running_job() -> None:
    phases = [Phase("copy", "done", "", ""), Phase("start", "running", "", ""), Phase("verify", "pending", "", "")]

    text, blocks = parent(job(), phases, {"Data from": "2026-11-19 01:00 UTC", "Lease": "nobody"})

    assert text.splitlines() == [
        "Restore shared, job 41",
        "Asked by Rita · Data from: 2026-11-19 01:00 UTC",
        "Working: copy done, start running, verify waiting",
    ]
    assert blocks[1]["title"] == "Working: step 2 of 3"
    assert [(card["title"], card["status"]) for card in blocks[1]["tasks"]] == [("start", "in_progress")]


def test_the_parent_says_how_far_a_phase_is_while_it_runs() -> None:
    phases = [Phase("copy", "done", "9 of 9", ""), Phase("start", "running", "statement 2 of 7, 0003_x.sql", "")]
    text, blocks = parent(job(), phases, {})
    assert "copy done, start (statement 2 of 7, 0003_x.sql) running" in text
    assert blocks[1]["tasks"][0]["title"] == "start (statement 2 of 7, 0003_x.sql)"
    assert "statement 2" not in parent(job(state="done"), phases, {}).text


@pytest.mark.parametrize(
    ("states", "shown"),
    [
        (("pending", "pending"), "step 1 of 2"),
        (("done", "pending"), "step 2 of 2"),
        (("done", "done"), "step 2 of 2"),
    ],
)
def test_between_two_phases_the_next_one_is_shown(states: tuple[Any, ...], shown: str) -> None:
    phases = [Phase(step, state, "", "") for step, state in zip(("copy", "start"), states, strict=True)]

    assert shown in parent(job(), phases, {}).blocks[1]["title"]


def test_the_parent_of_an_ended_job_shows_no_running_phase() -> None:
    phases = [Phase("copy", "running", "", "")]

    done = parent(job(state="done", sentence="shared is back."), phases, {})
    failed = parent(job(state="failed", sentence="No."), phases, {})

    assert done.blocks[0]["text"]["text"].splitlines()[2:] == ["✓ copy", "shared is back."]
    assert done.text.splitlines()[3] == "shared is back."
    assert failed.blocks[0]["text"]["text"].splitlines()[2:] == ["✗ copy", "No."]


@given(st.text(alphabet="a&<>", max_size=40), st.integers(1, 30))
def test_clip_never_cuts_an_entity(text: str, limit: int) -> None:
    shown = clip(escape(text), limit)

    assert len(shown) <= limit
    assert re.fullmatch(r"(?:a|-|&amp;|&lt;|&gt;)*…?", shown)
