"""Foreign text cannot notify, link, or break out; long text is cut so that it still reads."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.github.limits import LONGEST_TEXT, MORE, cut, one_line
from dbs.github.markdown import block, code, plain

HIDDEN = "\u200b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("add users.email", r"add users\.email"),
        ("@rita", f"@{HIDDEN}rita"),
        ("fixes #12", rf"fixes \#{HIDDEN}12"),
        ("GH-12", rf"GH\-{HIDDEN}12"),
        ("<img src=x>", r"\<img src\=x\>"),
        ("https://x.y", rf"https\://{HIDDEN}x\.y"),
        ("a\nb", "a b"),
        ("evil\u202etxt", "evil\\\\u202etxt"),
        ("x\u200by", "x\\\\u200by"),
    ],
)
def test_plain(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text())
def test_plain_text_mentions_nobody_and_holds_no_markup(text: str) -> None:
    shown = plain(text)
    assert not re.search(r"@\w", shown) and "\n" not in shown
    assert not re.search(r"(?<!\\)(?:\\\\)*[<>`\[*_|]", shown)


@given(st.text(alphabet="`ab |\n"))
def test_code_cannot_be_left(text: str) -> None:
    shown = code(text)
    ticks = re.match("`+", shown)
    assert ticks is not None and shown.endswith(ticks[0])
    assert ticks[0] not in shown[len(ticks[0]) : -len(ticks[0])]
    assert "|" not in shown and "\n" not in shown


@given(st.text(alphabet="`ab\n"))
def test_a_block_cannot_be_left(text: str) -> None:
    fence, *inside, last = block(text, "sql").splitlines()
    assert fence == f"{last}sql" and set(last) == {"`"}
    assert all(last not in line for line in inside)


@given(st.text(alphabet="a`\n<details>ß😀/"), st.integers(300, 2000), st.integers(1, 60))
def test_what_is_cut_fits_and_is_closed(text: str, most: int, times: int) -> None:
    given_text = text * times
    shown = cut(given_text, most)
    assert len(shown.encode()) <= most
    assert shown == given_text or shown.endswith(MORE)


def test_a_fence_and_details_are_closed() -> None:
    text = "<details><summary>x</summary>\n\n````sql\n" + "SELECT 1;\n" * 10_000
    shown = cut(text)
    assert shown.endswith(f"SELECT 1;\n````\n</details>\n\n{MORE}")
    assert LONGEST_TEXT - 300 < len(shown) <= LONGEST_TEXT
    assert one_line("a\n b  c", 4) == "a b…"
