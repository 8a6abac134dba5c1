"""Names in the text of programs and views."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.evidence import mentions


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("SELECT status FROM orders", "status", True),
        ("SELECT NEW.Status", "status", True),
        ("SELECT statuses, my_status, status2, $status", "status", False),
        ("SELECT `status`", "status", True),
        ("SELECT `my status`", "my status", True),
        ("EXECUTE IMMEDIATE 'DROP TABLE status'", "status", True),
        ("SELECT 1 -- status", "status", False),
        ("SELECT 1 # status\n, 2", "status", False),
        ("SELECT 1 /* status */", "status", False),
        ("SELECT '/*', status, '*/'", "status", True),
        ("SELECT 1 /*! , status */", "status", True),
        ("SELECT 'it''s -- ', status", "status", True),
        ("SELECT ordérs", "ord", False),
        ("SELECT a.b", "a.b", True),
        ("SELECT 1--status", "status", True),
    ],
)
def test_a_word_of_its_own(text: str, name: str, found: bool) -> None:
    assert mentions.names(text, name) == found


@given(st.text(alphabet="ab`'\"\\#-/* \n", max_size=12), st.text(alphabet="ab` .", min_size=1, max_size=4))
def test_no_text_is_too_odd(text: str, name: str) -> None:
    mentions.names(text, name)
    quoted = "`" + name.replace("`", "``") + "`"
    assert mentions.names(f"SELECT {quoted} FROM t", name)
    view = f"select {quoted}.{quoted} AS `x` from `db`.`t` {quoted} where 1"
    assert mentions.reads_table(view, "db", "t") and mentions.reads_column(view, "db", "t", name)


VIEW = (
    "select `o`.`id` AS `status` from (`db`.`orders` `o` FORCE INDEX (`k_a`,`k_b`) join `db`.`users` on(1)) "
    "where 'x`o`.`amount`' = 1"
)


def test_what_a_view_reads() -> None:
    assert mentions.reads_table(VIEW, "db", "users") and not mentions.reads_table(VIEW, "db", "o")
    assert mentions.reads_column(VIEW, "db", "orders", "id")
    assert not any(mentions.reads_column(VIEW, "db", "orders", name) for name in ("status", "amount"))
    assert not mentions.reads_column(VIEW, "db", "users", "id")
    assert mentions.hints(VIEW, "db", "orders", "k_b") and not mentions.hints(VIEW, "db", "orders", "k_c")
    assert not mentions.hints(VIEW, "db", "elsewhere", "k_b")
