"""Which changes of a policy let more of production through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.masking.diff import compare
from dbs.masking.interface import Policy, Rule, TablePolicy
from dbs.masking.maskers import MASKERS
from dbs.masking.policy import from_text

_JSON = '{ mask = "json", paths = { "$.a" = "email", "$.b" = { mask = "date", days = 90 } }, other = "text" }'


def policy(columns: str = "", table: str = "", top: str = "") -> Policy:
    """A policy with a table `users`."""
    return from_text(f'source = "shop"\n{top}\n[table.users]\n{table}\n[table.users.columns]\n{columns}')


@pytest.mark.parametrize(
    ("old", "new", "weakens"),
    [
        ('email = "email"', 'email = "keep"', True),
        ('email = "keep"', 'email = "email"', False),
        ('email = "null"', 'email = "email"', True),
        ('email = "email"', 'email = "null"', False),
        ('email = "hash"', 'email = "text"', MASKERS["text"].strength < MASKERS["hash"].strength),
        ('born = { mask = "date", by = "id" }', 'born = "date"', True),
        ('born = { mask = "date", by = "id" }', 'born = { mask = "date", by = "email" }', True),
        ('born = "date"', 'born = { mask = "date", by = "id" }', False),
        ('born = { mask = "date", days = 90 }', 'born = { mask = "date", days = 30 }', True),
        ('born = { mask = "date", days = 30 }', 'born = { mask = "date", days = 90 }', False),
        ('pay = { mask = "number", percent = 20 }', 'pay = { mask = "number", percent = 5 }', True),
        ('pay = "number"', 'pay = { mask = "number", percent = 1 }', True),
        ('a = "hash"', 'a = { mask = "hash", unique = true }', False),
        ('a = { mask = "constant", value = "x" }', 'a = { mask = "constant", value = "y" }', False),
        ('a = "keep"', 'a = { mask = "keep", reason = "names of shops" }', True),
        ('a = { mask = "keep", reason = "x" }', 'a = { mask = "keep", reason = "y" }', False),
        ('a = { mask = "keep", reason = "x" }', 'a = "keep"', False),
        ("", 'backup_email = "keep"', True),
        ("", 'backup_email = "email"', False),
        ("", 'colour = "keep"', False),
        ("", 'colour = { mask = "keep", reason = "x" }', True),
        ("", 'colour = { mask = "json", other = "keep" }', False),
        ("", 'contact_emails = { mask = "json", other = "keep" }', True),
        ('email = "email"', "", False),
        (f"a = {_JSON}", f"a = {_JSON.replace('text', 'keep')}", True),
        (f"a = {_JSON}", f"a = {_JSON.replace('text', 'null')}", False),
        (f"a = {_JSON}", 'a = { mask = "json", other = "text" }', True),
        (f"a = {_JSON}", f"a = {_JSON.replace('90', '30')}", True),
        (f"a = {_JSON}", f"a = {_JSON.replace('90', '120')}", False),
        (f"a = {_JSON}", 'a = { mask = "json", paths = { "$.a" = "keep" } }', True),
        ('a = "json"', 'a = { mask = "json", paths = { "$.a" = "keep" } }', True),
        ('a = "json"', 'a = { mask = "json", paths = { "$.a" = "date" } }', True),
        ('a = "json"', 'a = { mask = "json", paths = { "$.a" = "null" } }', False),
    ],
)
def test_changes_of_rules(old: str, new: str, weakens: bool) -> None:
    changes = compare(policy(old), policy(new))
    assert [one.weakens for one in changes] == [weakens], changes


@pytest.mark.parametrize(
    ("old", "new", "weakens"),
    [
        ("", "where = 'id > 5'", [False]),
        ("where = 'id > 5'", "where = 'id > 4'", [True]),
        ("where = 'id > 5'", "", [True]),
        ("", "newest = '90d'\nnewest_by = 'a'", [False]),
        ("newest = '90d'\nnewest_by = 'a'", "newest = '30d'\nnewest_by = 'a'", [False]),
        ("newest = '90d'\nnewest_by = 'a'", "newest = '120d'\nnewest_by = 'a'", [True]),
        ("newest = '90d'\nnewest_by = 'a'", "newest = '30d'\nnewest_by = 'b'", [True]),
        ("newest = '90d'\nnewest_by = 'a'", "", [True]),
        ("", "skip_data = true", [False]),
        ("skip_data = true", "", [True]),
    ],
)
def test_changes_of_tables(old: str, new: str, weakens: list[bool]) -> None:
    changes = compare(policy('a = "keep"', old), policy('a = "keep"', new))
    assert [one.weakens for one in changes] == weakens, changes


def test_rows_that_are_read_again_but_masked_are_no_weakening() -> None:
    (change,) = compare(policy('a = "hash"', "skip_data = true"), policy('a = "hash"'))
    assert not change.weakens and "all masked" in change.sentence


@pytest.mark.parametrize(
    ("old", "new", "weakens"),
    [
        ("", 'unclassified = "null"', [False]),
        ("canaries = ['a', 'b']", "canaries = ['b']", [True]),
        ("canaries = ['b']", "canaries = ['a', 'b']", [False]),
        ("canaries = ['a']", "canaries = ['b']", [True, False]),
    ],
)
def test_changes_of_the_whole(old: str, new: str, weakens: list[bool]) -> None:
    changes = compare(policy(top=old), policy(top=new))
    assert [one.weakens for one in changes] == weakens


def test_another_source_is_another_policy() -> None:
    assert [one.weakens for one in compare(Policy("shop", {}), Policy("crm", {}))] == [True]


def test_without_an_older_one_everything_is_new() -> None:
    new = policy('email = "email"\nphone = "keep"\ncolour = "keep"')
    changes = {one.column: one.weakens for one in compare(None, new)}
    assert changes == {"email": False, "phone": True, "colour": False}


def test_a_canary_is_not_shown() -> None:
    assert "zoe" not in str(compare(policy(top="canaries = ['zoe@x']"), policy()))


_RULE = st.builds(Rule, st.sampled_from(sorted(set(MASKERS) - {"json"})))
_POLICY = st.builds(
    lambda columns: Policy("shop", {"users": TablePolicy(columns)}),
    st.dictionaries(st.sampled_from(("email", "phone", "colour", "x")), _RULE, max_size=4),
)


@given(_POLICY, _POLICY)
def test_nothing_changes_unsaid_and_weaker_is_never_called_harmless(old: Policy, new: Policy) -> None:
    changes = compare(old, new)

    assert (changes == []) == (old == new) and compare(new, new) == []
    told = {one.column: one.weakens for one in changes if one.column}
    before, after = old.tables["users"].columns, new.tables["users"].columns
    for column in before.keys() & after.keys():
        weaker = MASKERS[after[column].mask].strength < MASKERS[before[column].mask].strength
        assert told.get(column, False) == weaker
