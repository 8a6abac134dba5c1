"""What a policy leaves open is named, and what the data dictionary says of a column is what its masker gets."""

from __future__ import annotations

import json

import pytest

from dbs.masking.coverage import check, emptied, filled, looked_at
from dbs.masking.interface import Policy, Rule, TablePolicy
from dbs.masking.maskers import MASKERS
from dbs.masking.places import Places, choices, place
from dbs.masking.policy import from_text
from dbs.masking.sampling import Samples
from dbs.mysql.schema import ForeignKey, Schema
from tests.support.policy_source import column, schema, table

USERS = table(
    "users",
    column("id", "int(11)", nullable=False),
    column("email", nullable=False),
    column("parent_id", "int(11)"),
    column("shop", "varchar(100)"),
    column("lower", "varchar(100)", generated="STORED"),
    column("made", "datetime", nullable=False),
    unique={"PRIMARY": ("id",), "email": ("email",)},
    foreign=(ForeignKey("parent", ("parent_id",), "users", ("id",)),),
)
MAILS = table(
    "mails",
    column("address", characters=60, octets=240),
    column("body", "longtext"),
    foreign=(ForeignKey("who", ("address",), "users", ("email",)),),
)
COPIES = table("copies", column("address"), foreign=(ForeignKey("of", ("address",), "mails", ("address",)),))
SCHEMA = schema(USERS, MAILS, COPIES)
WHOLE = """
source = "shop"
[table.users.columns]
id = "keep"
email = "email"
parent_id = "keep"
shop = "keep"
made = "keep"
[table.mails.columns]
address = "email"
body = "text"
[table.copies.columns]
address = "email"
"""


def found(text: str, *values: str, schema: Schema = SCHEMA, skip: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    """(table, column, kind) of the problems of a policy; `values` are samples of users.shop."""
    samples = Samples({("users", "shop"): values})
    return [(one.table, one.column, one.kind) for one in check(from_text(text), schema, samples, skip)]


def test_a_policy_that_lists_everything_has_no_problem() -> None:
    assert found(WHOLE) == []


def test_a_new_column_is_named_and_nothing_else() -> None:
    more = schema(table("users", *USERS.columns, column("backup_email")), MAILS, COPIES)
    (problem,) = check(from_text(WHOLE), more)

    assert (problem.table, problem.column, problem.kind) == ("users", "backup_email", "unlisted")
    assert "users.backup_email has no rule" in problem.sentence


def test_a_new_table_is_one_problem() -> None:
    more = schema(*SCHEMA.tables.values(), table("new", column("a"), column("b")))

    assert found(WHOLE, schema=more) == [("new", "", "unlisted")]
    assert found(WHOLE, schema=more, skip=("ne*",)) == []
    assert found(WHOLE + "[table.new]\nskip_data = true", schema=more) == []
    assert found(WHOLE + "[table.new.columns]\na = 'hash'", schema=more) == [("new", "b", "unlisted")]


def test_unclassified_columns_are_emptied_where_they_can_be() -> None:
    text = WHOLE.replace('parent_id = "keep"\nshop = "keep"\nmade = "keep"\n', "")
    policy = from_text(text.replace('"shop"', '"shop"\nunclassified = "null"', 1))

    assert [(one.column, one.kind) for one in check(policy, SCHEMA)] == [("made", "unlisted")]
    assert [(one.table, one.column) for one in emptied(policy, SCHEMA)] == [("users", "parent_id"), ("users", "shop")]
    assert filled(policy, SCHEMA).tables["users"].columns["shop"] == Rule("null")
    assert emptied(from_text(text), SCHEMA) == [] and len(check(from_text(text), SCHEMA)) == 3


def test_the_column_that_others_point_to_cannot_be_emptied() -> None:
    loose = schema(table("users", column("email")), MAILS, COPIES)
    text = WHOLE[: WHOLE.index("[table.users")] + 'unclassified = "null"\n' + WHOLE[WHOLE.index("[table.mails") :]

    assert found(text, schema=loose) == [("mails", "address", "tie")]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('"keep"\nmade', '"keep"\nshoop = "keep"\nmade'), ("users", "shoop", "gone")),
        (("[table.copies.columns]", "[table.copy.columns]\nx = 'keep'\n[table.copies.columns]"), ("copy", "", "gone")),
        (('made = "keep"', 'made = { mask = "date", by = "ids" }'), ("users", "made", "gone")),
        (('made = "keep"', 'made = "keep"\nlower = "hash"'), ("users", "lower", "generated")),
        (('made = "keep"', 'made = "email"'), ("users", "made", "unfit")),
        (('made = "keep"', 'made = { mask = "date", dayz = 3 }'), ("users", "made", "unfit")),
        (
            ('[table.copies.columns]\naddress = "email"', '[table.copies.columns]\naddress = "hash"'),
            ("copies", "address", "tie"),
        ),
        (('parent_id = "keep"', 'parent_id = "number"'), ("users", "parent_id", "tie")),
        (
            ("[table.users.columns]", '[table.users]\nnewest = "9d"\nnewest_by = "mad"\n[table.users.columns]'),
            ("users", "mad", "limit"),
        ),
        (
            ("[table.users.columns]", '[table.users]\nnewest = "9d"\nnewest_by = "shop"\n[table.users.columns]'),
            ("users", "shop", "limit"),
        ),
        (
            ("[table.users.columns]", "[table.users]\nwhere = '`gone` > 3'\n[table.users.columns]"),
            ("users", "", "limit"),
        ),
        (('shop = "keep"', 'shop = "hash"\nnewest = "keep"'), ("users", "newest", "gone")),
    ],
)
def test_each_thing_that_does_not_fit_is_named(change: tuple[str, str], problem: tuple[str, str, str]) -> None:
    assert change[0] in WHOLE
    assert found(WHOLE.replace(*change)) == [problem]


def test_what_fits_after_all() -> None:
    assert found(WHOLE.replace('made = "keep"', 'made = "keep"\nlower = "keep"')) == []
    assert found(WHOLE.replace('parent_id = "keep"', 'parent_id = "null"')) == []
    assert (
        found(WHOLE.replace("[table.users.columns]", "[table.users]\nwhere = '`id` > 3'\n[table.users.columns]")) == []
    )


def test_a_kept_column_that_looks_personal_refuses_unless_somebody_says_why() -> None:
    values = ("zoe@mail.example", *["x"] * 50)
    (problem,) = check(from_text(WHOLE), SCHEMA, Samples({("users", "shop"): values}))

    assert (problem.column, problem.kind) == ("shop", "personal")
    assert "e-mail addresses by 1 of 51 sampled values" in problem.sentence and "zoe" not in problem.sentence
    assert found(WHOLE.replace('shop = "keep"', 'shop = { mask = "keep", reason = "names of shops" }'), *values) == []
    assert found(WHOLE.replace('shop = "keep"', 'shop = "text"'), *values) == []
    assert found(
        WHOLE.replace('email = "email"', 'email = "keep"').replace('address = "email"', 'address = "keep"')
    ) == [
        ("copies", "address", "personal"),
        ("mails", "address", "personal"),
        ("users", "email", "personal"),
    ]


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        ('"keep"', True),
        ('{ mask = "json", other = "keep" }', True),
        ('{ mask = "json", other = "keep", paths = { "$.to" = "email" } }', True),
        ('{ mask = "json", other = "keep", paths = { "$.to" = "email", "$.cc[*].who" = "email" } }', False),
        ('{ mask = "json", other = "keep", paths = { "$.to" = "email", "$.cc" = "text" } }', False),
        ('{ mask = "json", other = "null", paths = { "$.to" = "email", "$.size" = "keep" } }', False),
        ('{ mask = "json", other = "null", paths = { "$.to" = "keep" } }', True),
        ('{ mask = "json", other = "keep", reason = "our own addresses" }', False),
        ('"json"', False),
    ],
)
def test_emails_in_json_that_is_kept_are_seen(rule: str, refused: bool) -> None:
    document = json.dumps({"to": "zoe@mail.example", "cc": [{"who": "max@mail.example"}], "size": 3})
    problems = found(WHOLE.replace('shop = "keep"', f"shop = {rule}"), document)

    assert problems == ([("users", "shop", "personal")] if refused else [])


def test_a_table_that_could_not_be_sampled_is_not_waved_through() -> None:
    problems = check(from_text(WHOLE), SCHEMA, Samples({}, {"users": "it took too long."}))

    assert {one.kind for one in problems} == {"unsampled"}
    assert {one.column for one in problems} == {"id", "parent_id", "shop", "made"}


def test_only_kept_columns_are_looked_at() -> None:
    assert looked_at(from_text(WHOLE), SCHEMA) == {"users": ["id", "parent_id", "shop", "made"]}
    assert looked_at(from_text(WHOLE), SCHEMA, ["users"]) == {}


def test_tied_columns_have_one_place() -> None:
    for where in (("users", "email"), ("mails", "address"), ("copies", "address")):
        made = place(*where, SCHEMA)
        assert made.injective and (made.characters, made.octets) == (60, 240), made
    assert not place("mails", "body", SCHEMA).injective


def test_unique_in_a_rule_counts_for_all_that_is_tied() -> None:
    loose = schema(table("users", column("email")), MAILS, COPIES)
    policy = Policy("shop", {"mails": TablePolicy({"address": Rule("email", {"unique": True})})})

    assert not Places(loose).of("users", "email").injective
    assert all(
        Places.of_policy(loose, policy).of(*where).injective for where in [("users", "email"), ("copies", "address")]
    )
    assert place("users", "email", loose, Rule("email", {"unique": True})).injective


@pytest.mark.parametrize(
    ("column_type", "expected"),
    [
        ("tinyint(4)", ("number", -128, 127)),
        ("tinyint(3) unsigned", ("number", 0, 255)),
        ("bigint(20) unsigned", ("number", 0, 2**64 - 1)),
        ("year(4)", ("number", 1901, 2155)),
        ("double", ("number", None, None)),
        ("time", ("date", None, None)),
        ("inet6", ("text", None, None)),
        ("json", ("json", None, None)),
        ("point", ("binary", None, None)),
    ],
)
def test_kinds_and_ranges(column_type: str, expected: tuple[str, int | None, int | None]) -> None:
    made = place("t", "c", schema(table("t", column("c", column_type))))
    assert (made.kind, made.least, made.most) == expected


def test_decimals_have_the_range_of_their_whole_part() -> None:
    made = place("t", "c", schema(table("t", column("c", "decimal(10,2)", digits=10, scale=2))))
    assert (made.least, made.most, made.scale) == (-(10**8) + 1, 10**8 - 1, 2)


@pytest.mark.parametrize(
    ("column_type", "expected"),
    [
        ("enum('a','it''s, ok','','x\\\\y')", ("a", "it's, ok", "", "x\\y")),
        ("set('a','b(c)')", ("a", "b(c)")),
        ("varchar(3)", ()),
    ],
)
def test_choices(column_type: str, expected: tuple[str, ...]) -> None:
    assert choices(column_type) == expected


@pytest.mark.parametrize(
    ("collation", "exact"),
    [("utf8mb4_general_ci", False), ("utf8mb4_bin", True), ("utf8mb4_nopad_bin", True), ("utf8mb4_0900_as_cs", True)],
)
def test_collations_that_tell_case(collation: str, exact: bool) -> None:
    assert place("t", "c", schema(table("t", column("c", collation=collation)))).exact is exact


def test_every_masker_may_be_named() -> None:
    assert all(from_text(f'source = "s"\n[table.t.columns]\nc = "{mask}"') for mask in MASKERS)
