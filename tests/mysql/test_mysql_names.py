"""Identifiers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.mysql.names import BadNameError, quote_name
from dbs.mysql.script import statements


@pytest.mark.parametrize(
    ("name", "quoted"), [("shop", "`shop`"), ("a`b", "`a``b`"), ("größe 1%", "`größe 1%`"), ("é" * 64, f"`{'é' * 64}`")]
)
def test_quotes(name: str, quoted: str) -> None:
    assert quote_name(name) == quoted


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "it is empty"),
        ("x" * 65, "it has 65 characters, and 64 is the most"),
        ("a\0b", "NUL"),
        ("shop ", "ends with a space"),
        ("😀", "basic multilingual plane"),
        ("\ud800", "basic multilingual plane"),
    ],
)
def test_refuses_with_a_sentence(name: str, reason: str) -> None:
    with pytest.raises(BadNameError, match=reason) as caught:
        quote_name(name)
    assert str(caught.value).endswith(".")


@given(st.text(min_size=1, max_size=64))
def test_a_quoted_name_never_ends_early(name: str) -> None:
    try:
        quoted = quote_name(name)
    except BadNameError:
        return
    script = f"DROP TABLE {quoted}; SELECT 1;".encode()
    assert [statement.text for statement in statements([script])] == [script[: script.rindex(b"; ")], b"SELECT 1"]
