"""What people type → words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.words import after_mention, split


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("  restore   shared ", ("restore", "shared")),
        ('lease shared 2h "load test"', ("lease", "shared", "2h", "load test")),
        ("lease shared 2h don't touch it's mine", ("lease", "shared", "2h", "don't", "touch", "it's", "mine")),
        ("lease shared 2h 'load test'", ("lease", "shared", "2h", "load test")),
        ("history “two words”", ("history", "two words")),
        ("restore shared —snapshot shop-1", ("restore", "shared", "--snapshot", "shop-1")),
        ('a "b', ("a", '"b')),
        ("ask <@U1|rita> a&amp;b &lt;3", ("ask", "<@U1|rita>", "a&b", "<3")),
        ("restore\nshared", ("restore", "shared")),
    ],
)
def test_split(text: str, words: tuple[str, ...]) -> None:
    assert split(text) == words


@given(st.text())
def test_split_takes_anything(text: str) -> None:
    assert all(isinstance(word, str) for word in split(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<@U0DBS> status", " status"),
        ("hey <@U0DBS|dbs> status", " status"),
        ("<@U0DBS> ask <@U0DBS>", " ask <@U0DBS>"),
        ("status", "status"),
        ("<@U1> status", "<@U1> status"),
    ],
)
def test_after_mention(text: str, said: str) -> None:
    assert after_mention(text, "U0DBS") == said
