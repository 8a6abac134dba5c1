"""What a pattern of paths means, and that no name makes it slow."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.errors import SettingsError
from dbs.git.patterns import Pattern


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("*.sql", ["1.sql", ".sql", "ä.sql"], ["a/1.sql", "1.sql/a", "1.SQL"]),
        ("**/*.sql", ["1.sql", "a/1.sql", "a/b/1.sql"], ["1.sqlx"]),
        ("database/migrations/**", ["database/migrations/1.sql", "database/migrations/a/b"], ["database/migrations"]),
        ("a/**/z", ["a/z", "a/b/z", "a/b/c/z"], ["az", "a/bz", "b/a/z"]),
        ("**", ["a", "a/b", ".hidden/b"], []),
        ("V?__*.sql", ["V1__a.sql", "V1__.sql"], ["V11__a.sql", "V/__a.sql"]),
        ("a.b", ["a.b"], ["axb"]),
        ("a[0-9]", ["a[0-9]"], ["a1"]),
        ("**/**/x", ["x", "a/x"], ["xx"]),
    ],
)
def test_what_fits(pattern: str, fits: list[str], does_not: list[str]) -> None:
    assert [path for path in [*fits, *does_not] if Pattern(pattern).matches(path)] == fits


@pytest.mark.parametrize("pattern", ["", "/a", "a/", "a//b", "../a", "a/./b", "a**", "a\\b", "a\nb", "x" * 1001])
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(SettingsError, match="The pattern of paths"):
        Pattern(pattern)


def test_the_directory_of_a_pattern() -> None:
    patterns = ("database/migrations/**", "*.sql", "a/*/c/d.sql", "a/b.sql", "**/x")
    assert [Pattern(one).directory for one in patterns] == ["database/migrations", "", "a", "a", ""]


def as_expression(pattern: str) -> str:
    """The same said by a regular expression."""
    text = re.sub(r"(?:^|(?<=/))\*\*/", "\0", pattern)  # any directories
    text = re.sub(r"(?:^|(?<=[/\0]))\*\*$", "\1", text)
    signs = {"\0": "(?:[^/]+/)*", "\1": "[^/]+(?:/[^/]+)*", "*": "[^/]*", "?": "[^/]"}
    return "".join(signs.get(character, re.escape(character)) for character in text)


COMPONENT = st.text("ab*?", min_size=1, max_size=4).filter(lambda part: "**" not in part)
PATTERNS = st.lists(COMPONENT | st.just("**"), min_size=1, max_size=4).map("/".join)
PATHS = st.lists(st.text("ab*", min_size=1, max_size=4), min_size=1, max_size=4).map("/".join)


@given(PATTERNS, PATHS)
def test_it_means_what_the_regular_expression_means(pattern: str, path: str) -> None:
    assert Pattern(pattern).matches(path) == (re.fullmatch(as_expression(pattern), path) is not None)


@given(PATTERNS, PATHS)
def test_what_fits_lies_below_the_directory(pattern: str, path: str) -> None:
    if Pattern(pattern).matches(path):
        directory = Pattern(pattern).directory
        assert not directory or path.startswith(f"{directory}/")


def test_no_name_makes_it_slow() -> None:
    assert not Pattern("/".join(["**", "*a*a*a*a*a*a*a*a*b"] * 8)).matches("/".join(["a" * 200] * 40))
