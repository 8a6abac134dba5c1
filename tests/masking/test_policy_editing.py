"""Rules put into a policy file leave every other line as somebody wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.masking.editing import Rules, edited, rule_lines, with_rules
from dbs.masking.interface import Policy, PolicyError, Rule, TablePolicy
from dbs.masking.policy import dump, from_text

TEXT = """\
# by hand
source = "shop"

[table.users.columns]   # persons
id = "keep"      # the key
email = "keep"

# of the last century
[table."old users".columns]
"e mail" = { mask = "keep", reason = "made up" }
[table.log]
skip_data = true
"""


def test_a_new_column_stands_below_the_others_and_a_changed_one_takes_the_place_of_the_old() -> None:
    rules: Rules = {"users": {"email": "email", "born": {"mask": "date", "by": "id"}}, "new": {"a.b": "text"}}
    expected = TEXT.replace('email = "keep"', 'born = { mask = "date", by = "id" }\nemail = "email"')
    assert edited(TEXT, rules) == expected + '\n[table.new.columns]\n"a.b" = "text"\n'
    assert edited(TEXT, {"old users": {"e mail": "email"}}) == TEXT.replace(
        '"e mail" = { mask = "keep", reason = "made up" }', '"e mail" = "email"'
    )


def test_the_lines_say_the_same() -> None:
    rules: Rules = {"users": {"email": "email"}, "old users": {"e mail": {"mask": "keep", "reason": 'he said "no"'}}}
    assert rule_lines(from_text(TEXT), rules) == [
        '[table."old users".columns]',
        '"e mail" = { mask = "keep", reason = "he said \\"no\\"" }',
        "[table.users.columns]",
        'email = "email"',
    ]


@pytest.mark.parametrize(
    "text",
    [
        'source = "shop"\n[table]\nusers = { columns = { email = "keep" } }\n',
        'source = "shop"\n[table.users.columns]\nemail = { mask = "keep", reason = """\nfor\nlong""" }\n',
    ],
)
def test_what_is_written_in_an_unusual_way_is_left_alone(text: str) -> None:
    with pytest.raises(PolicyError, match="by hand"):
        edited(text, {"users": {"email": "email"}})


def test_an_unknown_masker_is_refused() -> None:
    with pytest.raises(PolicyError, match="did you mean email"):
        with_rules(from_text(TEXT), {"users": {"email": "emial"}})


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
MASKS = st.sampled_from(("keep", "email", "text", "null"))
COLUMNS = st.dictionaries(NAMES, MASKS, min_size=1, max_size=4)


@given(st.dictionaries(NAMES, COLUMNS, max_size=3), st.dictionaries(NAMES, COLUMNS, min_size=1, max_size=3))
def test_whatever_names_there_are(old: dict[str, dict[str, str]], rules: dict[str, dict[str, str]]) -> None:
    tables = {
        name: TablePolicy({column: Rule(mask) for column, mask in columns.items()}) for name, columns in old.items()
    }
    policy = Policy("shop", tables)
    assert from_text(edited(dump(policy), rules)) == with_rules(policy, rules)
