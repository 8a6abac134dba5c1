"""The policy file: what is written is read again, and what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.masking.interface import Policy, PolicyError, Rule, TablePolicy
from dbs.masking.maskers import MASKERS
from dbs.masking.policy import dump, from_json, from_text, load
from dbs.masking.writing import merged_text

_NAMES = st.text(min_size=1, max_size=20)
_MASKS = st.sampled_from(sorted(MASKERS))
_PLAIN = st.one_of(
    st.text(max_size=20),
    st.integers(-(10**30), 10**30),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
)
_VALUES = st.recursive(
    _PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3), max_leaves=6
)
_OWN = st.dictionaries(
    _NAMES.filter(lambda name: name not in ("mask", "options", "unique", "reason", "paths")), _VALUES, max_size=3
)
_PATHS = st.dictionaries(
    _NAMES, _MASKS | st.fixed_dictionaries({"mask": _MASKS, "days": st.integers(1, 9)}), max_size=3
)
_OPTIONS = (
    st.builds(lambda own, paths, unique: {**own, "paths": paths, "unique": unique}, _OWN, _PATHS, st.booleans()) | _OWN
)
_RULES = st.builds(Rule, _MASKS, _OPTIONS)
_COLUMNS = st.dictionaries(_NAMES, _RULES, max_size=5)
_TABLES = st.one_of(
    st.builds(TablePolicy, _COLUMNS),
    st.builds(TablePolicy, _COLUMNS, st.just(True)),
    st.builds(TablePolicy, _COLUMNS, st.just(False), st.text(min_size=1).filter(str.strip)),
    st.builds(TablePolicy, _COLUMNS, st.just(False), st.none(), st.integers(1, 36500), _NAMES.filter(str.strip)),
)
_POLICIES = st.builds(
    Policy,
    _NAMES,
    st.dictionaries(_NAMES, _TABLES, max_size=4),
    st.sampled_from(("refuse", "null")),
    st.lists(_NAMES, max_size=3).map(tuple),
)


@given(_POLICIES, st.text(max_size=50))
def test_a_policy_comes_back_as_it_was_written(policy: Policy, comment: str) -> None:
    comments = {(name, column): comment for name, table in policy.tables.items() for column in ("", *table.columns)}

    assert from_text(dump(policy, comments, [comment])) == policy
    assert from_json(json.loads(json.dumps(policy.to_json()))) == policy


@given(_POLICIES, st.text(max_size=30))
def test_merging_adds_and_leaves_every_line(new: Policy, comment: str) -> None:
    tables = {
        name: TablePolicy(
            dict(list(table.columns.items())[::2]), table.skip_data, table.where, table.newest_days, table.newest_by
        )
        for name, table in list(new.tables.items())[::-2]
    }
    old = Policy(new.source, tables, new.unclassified, new.canaries)
    text = dump(old, {(name, ""): comment for name in tables}, ["written by hand"])

    merged = merged_text(text, old, new, {})

    assert from_text(merged) == new
    lines = merged.split("\n")
    assert all(line in lines for line in text.split("\n"))


def test_one_line_for_each_column_sorted_with_its_reason() -> None:
    policy = Policy("shop", {"users": TablePolicy({"id": Rule("keep"), "born": Rule("date", {"by": "id"})})})

    assert dump(policy, {("users", "id"): "key"}).splitlines() == [
        'source = "shop"',
        'unclassified = "refuse"',
        "",
        "[table.users.columns]",
        'born = { mask = "date", by = "id" }',
        'id = "keep"  # key',
    ]


def test_a_name_from_the_database_stays_a_name() -> None:
    evil = 'x" ]\n[table.users.columns]\nemail = "keep"\u202e'
    policy = Policy("shop", {evil: TablePolicy({evil: Rule("hash")})})
    text = dump(policy, {(evil, evil): evil})

    assert from_text(text) == policy
    assert "\u202e" not in text and len(text.splitlines()) == 5


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('source = "shop"\n[table.users\n', ("line 2",)),
        ('source = "shop"\nunclasified = "null"', ('unknown key "unclasified"', "did you mean unclassified?")),
        ('source = "shop"\n[table.users.columns]\nemail = "emial"', ("users.email", '"emial"', "did you mean email?")),
        ('source = "shop"\n[table.users]\nskip = true', ("[table.users]", "did you mean skip_data?")),
        ('source = "shop"\n[table.users]\nnewest = "90d"', ("newest and newest_by go together",)),
        ('source = "shop"\n[table.users]\nnewest = "ninety"\nnewest_by = "a"', ('"90d"',)),
        ('source = "shop"\n[table.users]\nskip_data = true\nwhere = "1"', ("where and newest do nothing",)),
        ('source = "shop"\n[table.users]\nwhere = " "', ("not empty",)),
        ('source = "shop"\n[table.users.columns]\nid = 3', ("users.id",)),
        ('source = "shop"\n[table.users.columns]\nid = { by = "x" }', ("users.id", "the name of a masker")),
        ('source = "shop"\n[table.users.columns]\nid = { mask = "keep", reason = "" }', ("users.id", "says why")),
        ('source = "shop"\n[table.users.columns]\nid = { mask = "hash", unique = 1 }', ("true or false",)),
        (
            'source = "shop"\n[table.u.columns]\nd = { mask = "constant", value = 2020-01-01 }',
            ("write dates in quotes",),
        ),
        ('source = "shop"\n[table.u.columns]\nd = { mask = "constant", value = nan }', ("no text or number",)),
        ('source = "shop"\n[table.u.columns]\nd = { mask = "json", paths = { "$.a" = "mail" } }', ("$.a", '"mail"')),
        ('unclassified = "null"', ('"source" is missing',)),
        ('source = "shop"\nunclassified = "keep"', ('"refuse" or "null"',)),
        ('source = "shop"\ncanaries = "x"', ('"canaries" is a list',)),
        ('source = "shop"\ntable = 3', ('"table" is a table',)),
    ],
)
def test_a_mistake_is_named_with_what_to_write(text: str, parts: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(text)
    with pytest.raises(PolicyError) as caught:
        load(file)
    assert all(part in str(caught.value) for part in (str(file), *parts)), str(caught.value)


def test_a_file_that_is_not_there_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="dbs policy suggest"):
        load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'source = "sh\xf6p"')
    with pytest.raises(PolicyError, match="not UTF-8"):
        load(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    "change", [{"tables": 3}, {"tables": {"users": {"columns": {"id": {"mask": "x"}}}}}, {"source": None}]
)
def test_json_is_checked_as_well(change: dict[str, object]) -> None:
    with pytest.raises(PolicyError):
        from_json({**Policy("shop", {}).to_json(), **change})


def test_the_digest_is_that_of_the_meaning() -> None:
    one = from_text('source = "shop"\n[table.a.columns]\nx = "hash"\ny = "keep"')
    same = from_text('source = "shop"  # why\n[table.a.columns]\ny = { mask = "keep" }\nx = "hash"')
    other = from_text('source = "shop"\n[table.a.columns]\nx = "keep"\ny = "keep"')

    assert one.digest == same.digest != other.digest
