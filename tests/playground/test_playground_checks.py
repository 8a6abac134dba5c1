"""`check_blocks`: the limits, each from both sides, and properties over any JSON."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.block_rules import RULES
from playground.checks import BLOCK_TEXT, check_blocks, text_length

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(length: int) -> Json:
    return {"type": "section", "text": mrkdwn("x" * length)}


def button(number: int = 0, **more: Any) -> Json:
    return {"type": "button", "text": plain("Go"), "action_id": f"go-{number}", **more}


def task(number: int = 0, **more: Any) -> Json:
    return {"type": "task_card", "task_id": str(number), "title": "Copy", "status": "complete", **more}


def table(rows: int, cells: int, text: str = "x") -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * cells] * rows}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def select(options: int, text: str = "t", value: str = "v") -> Json:
    return {"type": "static_select", "options": [{"text": plain(text), "value": value}] * options}


def overflow(options: int) -> Json:
    return {**select(options), "type": "overflow"}


def fields(*texts: str) -> Json:
    return {"type": "section", "fields": [mrkdwn(text) for text in texts]}


def context(*elements: Json) -> Json:
    return {"type": "context", "elements": list(elements)}


def markdown(length: int) -> Json:
    return {"type": "markdown", "text": "x" * length}


LIMITS: list[tuple[str, list[Json], list[Json]]] = [
    ("blocks", [{"type": "divider"}] * 50, [{"type": "divider"}] * 51),
    ("section text", [section(3_000)], [section(3_001)]),
    ("empty text", [section(1)], [section(0)]),
    ("fields", [fields(*"x" * 10)], [fields(*"x" * 11)]),
    ("field", [fields("x" * 2_000)], [fields("x" * 2_001)]),
    ("header", [{"type": "header", "text": plain("x" * 150)}], [{"type": "header", "text": plain("x" * 151)}]),
    ("header is plain", [{"type": "header", "text": plain("x")}], [{"type": "header", "text": mrkdwn("x")}]),
    ("actions", [actions(*map(button, range(25)))], [actions(*map(button, range(26)))]),
    ("button text", [actions(button(text=plain("x" * 75)))], [actions(button(text=plain("x" * 76)))]),
    ("button value", [actions(button(value="x" * 2_000))], [actions(button(value="x" * 2_001))]),
    ("button url", [actions(button(url="x" * 3_000))], [actions(button(url="x" * 3_001))]),
    ("button style", [actions(button(style="primary"))], [actions(button(style="green"))]),
    ("action id", [actions(button(action_id="x" * 255))], [actions(button(action_id="x" * 256))]),
    ("same action id", [actions(button(1), button(2))], [actions(button(1), button(1))]),
    ("block id", [{"type": "divider", "block_id": "x" * 255}], [{"type": "divider", "block_id": "x" * 256}]),
    ("same block id", [{"type": "divider", "block_id": b} for b in "ab"], [{"type": "divider", "block_id": "a"}] * 2),
    ("context", [context(*[mrkdwn("x")] * 10)], [context(*[mrkdwn("x")] * 11)]),
    ("context elements", [context(plain("x"))], [context(button())]),
    ("options", [actions(select(100))], [actions(select(101))]),
    ("overflow", [actions(overflow(5))], [actions(overflow(6))]),
    ("option text", [actions(select(1, text="x" * 75))], [actions(select(1, text="x" * 76))]),
    ("option value", [actions(select(1, value="x" * 150))], [actions(select(1, value="x" * 151))]),
    ("markdown together", [markdown(6_000)] * 2, [markdown(6_001)] * 2),
    ("one table", [table(1, 1)], [table(1, 1)] * 2),
    ("table rows", [table(100, 1)], [table(101, 1)]),
    ("table cells", [table(1, 20)], [table(1, 21)]),
    ("table text", [table(100, 10, "x" * 10)], [table(100, 10, "x" * 11)]),
    ("cell type", [table(1, 1)], [{"type": "table", "rows": [[mrkdwn("x")]]}]),
    ("caption", [{**table(200, 2), "type": "data_table", "caption": "c"}], [{**table(200, 2), "type": "data_table"}]),
    ("charts", [{"type": "data_visualization", "title": "t"}] * 2, [{"type": "data_visualization", "title": "t"}] * 3),
    ("tasks", [{"type": "plan", "title": "p", "tasks": [task(n) for n in range(50)]}],
     [{"type": "plan", "title": "p", "tasks": [task(n) for n in range(51)]}]),
    ("task state", [task(status="complete")], [task(status="completed")]),
    ("task ids", [{"type": "plan", "title": "p", "tasks": [task(1), task(2)]}],
     [{"type": "plan", "title": "p", "tasks": [task(1), task(1)]}]),
    ("task details", [task(details={"type": "rich_text", "elements": []})], [task(details="words")]),
    ("sum of text", [section(3_000)] * 4 + [section(1_200)], [section(3_000)] * 4 + [section(1_201)]),
    ("confirm", [actions(button(confirm={"text": plain("?")}))], [actions(button(confirm={"title": plain("?")}))]),
    ("accessory", [{**section(1), "accessory": button()}], [{**section(1), "accessory": mrkdwn("x")}]),
    ("type", [{"type": "divider"}], [{"type": "dividor"}]),
    ("alerts are for modals", [], [{"type": "alert", "text": plain("x")}]),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad"), [case[1:] for case in LIMITS], ids=[case[0] for case in LIMITS])
def test_each_limit_from_both_sides(good: list[Json], bad: list[Json]) -> None:
    assert check_blocks(good) == []
    assert len(check_blocks(bad)) == 1


def test_modals_take_more_blocks_and_fewer_kinds() -> None:
    assert check_blocks([{"type": "divider"}] * 100, "modal") == []
    assert check_blocks([{"type": "divider"}] * 101, "modal") != []
    assert check_blocks([{"type": "alert", "text": plain("x")}], "modal") == []
    assert check_blocks([table(1, 1)], "modal") == ["blocks[0]: table is not allowed in a modal"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "text", "elements", "fields", "rows", "tasks", "options", "accessory", "confirm"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
odd_blocks = st.builds(
    lambda kind, rest: {**rest, "type": kind},
    st.sampled_from(sorted(RULES)),
    st.dictionaries(
        st.sampled_from(["text", "elements", "fields", "rows", "tasks", "title", "block_id", "accessory", "label"]),
        json_values,
        max_size=4,
    ),
)


@given(json_values | st.lists(odd_blocks | json_values, max_size=4))
def test_any_json_gets_sentences_and_never_an_exception(value: Any) -> None:
    problems = check_blocks(value)
    assert all(problem.startswith("blocks") for problem in problems)
    assert isinstance(value, list) or problems


@given(st.lists(odd_blocks, max_size=3))
def test_a_bad_block_stays_bad_among_good_ones(blocks: list[Json]) -> None:
    alone = check_blocks(blocks)
    assert set(alone) <= set(check_blocks([*blocks, {"type": "divider"}]))


@given(st.lists(st.integers(1, 3_000), min_size=1, max_size=8))
def test_the_sum_of_text_is_what_counts(lengths: list[int]) -> None:
    blocks = [section(length) for length in lengths]
    assert text_length(blocks) == sum(lengths)
    assert bool(check_blocks(blocks)) == (sum(lengths) > BLOCK_TEXT)
