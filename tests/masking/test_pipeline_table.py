"""A table masked block by block, and the figures that show whether it was."""

from __future__ import annotations

import pytest

from dbs.masking.interface import Mask
from dbs.masking.observing import Side, Watch
from dbs.masking.originals import Originals
from dbs.masking.plan import TablePlan
from dbs.masking.pool import Figures
from dbs.masking.report import facts, problems
from dbs.masking.table import TableMasker
from dbs.mysql.literals import WIDE_BYTES
from dbs.mysql.packets import Fields
from tests.support.maskers import KEY
from tests.support.plans import BORN, NAME, kept, users

ROWS = 1000


def masker(plan: TablePlan) -> TableMasker:
    return TableMasker(plan, KEY, Originals(20), frozenset())


def figures(table: TableMasker) -> dict[str, Figures]:
    watches = {table.plan.columns[at].name: watch for at, watch in table.watches.items()}
    return {table.plan.name: Figures(table.rows, {}, watches)}


def people(count: int = ROWS) -> Fields:
    found: Fields = []
    for at in range(count):
        found += [
            b"%d" % at,
            b"person%d@mail.example" % at,
            b"1980-02-%02d" % (at % 28 + 1),
            b"Anna Smith %d" % (at % 9),
        ]
    return found


def test_every_column_has_its_own_rule_and_kept_ones_stay() -> None:
    table = masker(users(BORN, NAME, kept("note")))
    fields: Fields = [b"1", b"zoe@mail.example", b"1980-02-03", b"Zoe Miller", b"a note"]
    fields += [b"2", b"zoe@mail.example", None, None, None]
    table.mask(fields)
    assert fields[0::5] == [b"1", b"2"]
    assert fields[1] == fields[6] != b"zoe@mail.example"
    assert fields[2] != b"1980-02-03"
    assert fields[7:10] == [None, None, None]
    assert fields[4] == b"a note"


def test_dates_go_by_the_key_as_it_was_though_it_is_masked_itself() -> None:
    by_email = users(BORN.__class__(**{**BORN.__dict__, "by": 1}))
    apart, together = masker(by_email), masker(by_email)
    first: Fields = [b"1", b"zoe@mail.example", b"1980-02-03"]
    second: Fields = [b"2", b"zoe@mail.example", b"1980-02-13"]
    both = [*first, *second]
    apart.mask(first)
    apart.mask(second)
    together.mask(both)
    assert [first[2], second[2]] == both[2::3]
    assert both[2] is not None
    assert both[5] is not None
    assert both[2] < both[5]


def test_rows_too_wide_for_a_statement_stand_alone_and_in_order() -> None:
    table = masker(users(kept("note")))
    wide = b"x" * (WIDE_BYTES + 1)
    fields: Fields = [b"1", b"a@b.example", b"n", b"2", b"b@b.example", wide, b"3", b"c@b.example", b"n"]
    made = list(table.masked(fields))
    assert [is_wide for is_wide, _ in made][0::1].count(False) == 2
    text = b"".join(part for _, part in made)
    assert text.index(b"(1,") < text.index(b"(2,") < text.index(b"(3,")
    assert table.rows == 3
    assert masker(users()).masked([]) is not None
    assert list(masker(users()).masked([])) == []


def test_masking_that_holds_has_no_problems() -> None:
    table = masker(users(BORN, NAME))
    list(table.masked(people()))
    found = figures(table)
    assert problems([table.plan], found) == []
    shown = facts([table.plan], found)["users"]
    assert shown["email"]["distinct"] == [ROWS, ROWS]
    assert shown["name"]["distinct"][0] == 9  # stand-ins of short names may be the same
    assert shown["born"]["mean_bytes"] == [10.0, 10.0]


@pytest.mark.parametrize("kept_rows", [20, 100, ROWS])
def test_a_masker_that_leaves_some_rows_as_they_are_is_noticed(kept_rows: int) -> None:
    """The equality detector: a masker that is the identity on a part of the values."""
    table = masker(users(BORN, NAME))
    right = table._masks[1]

    def leaky(value: bytes, by: bytes) -> bytes | None:
        number = int(value.removeprefix(b"person").partition(b"@")[0])
        return value if number < kept_rows else right(value, by)

    table._masks[1] = leaky
    list(table.masked(people()))
    (problem,) = problems([table.plan], figures(table))
    assert problem.startswith(f"users.email: {kept_rows:,} of 1,000 rows still have their original")
    assert "person" not in problem


def test_values_that_are_rare_and_equal_by_chance_are_no_problem() -> None:
    """Of two first names each is the other's stand-in, or its own: half the rows may be equal."""
    table = masker(users(NAME))
    swap: Mask = lambda value, _: {b"Eva": b"Eva", b"Ida": b"Eva"}.get(value, value)  # noqa: E731
    table._masks[2] = swap
    fields: Fields = []
    for at in range(ROWS):
        fields += [b"%d" % at, b"p%d@b.example" % at, b"Eva" if at % 3 else b"Ida"]
    list(table.masked(fields))
    assert table.watches[2].by_chance > 300
    # All that is equal, equal by no more than chance: what else but few values could say that?
    assert problems([table.plan], figures(table)) == []


def test_nulls_and_collisions_that_were_not_there_are_noticed() -> None:
    table = masker(users(BORN, NAME))
    table._masks[1] = lambda value, _: b"a@b.test"
    table._masks[2] = lambda value, _: None
    list(table.masked(people()))
    found = problems([table.plan], figures(table))
    assert any("NULLs became" in one for one in found)
    # Upper and lower case are one value in that column, so the unique index of the copy has the last word.
    assert not any("distinct" in one for one in found)


def test_figures_of_two_processes_are_those_of_one() -> None:
    values = [b"%d" % (at % 6000) for at in range(20_000)]
    whole, first, second = Side(), Side(), Side()
    whole.add(values)
    first.add(values[:7000])
    second.add(values[7000:])
    first.merge(Side.from_json(second.to_json()))
    assert (first.values, first.nulls, first.bytes, first.lengths) == (
        whole.values, whole.nulls, whole.bytes, whole.lengths,
    )  # fmt: skip
    assert first.sample == whole.sample
    assert abs(first.distinct - 6000) < 600
    watch = Watch()
    watch.add([b"a", None, b"c"], [b"a", None, b"d"])
    assert (watch.equal, Watch.from_json(watch.to_json()).equal) == (1, 1)
