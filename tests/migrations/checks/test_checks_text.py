"""What is read from a statement's text, which only serves to find its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.migrations.checks.acts import acts
from dbs.migrations.interface import TEXT_CHARACTERS

READ = {
    "DROP INDEX i ON t": ["drop index t i"],
    "DROP INDEX IF EXISTS `i` ON `shop`.`t` ALGORITHM=INPLACE": ["drop index t i"],
    "ALTER TABLE t DROP INDEX a, ADD UNIQUE KEY a (x, `y`(10) DESC)": ["drop index t a", "add index t a (x,y)"],
    "ALTER ONLINE TABLE IF EXISTS t WAIT 5 DROP COLUMN IF EXISTS c, LOCK=NONE": ["drop column t c"],
    "ALTER TABLE t DROP a, DROP FOREIGN KEY b, DROP CHECK c, DROP PARTITION d": ["drop column t a"],
    "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (a, b)": ["drop index t PRIMARY", "add index t PRIMARY (a,b)"],
    "ALTER TABLE t CHANGE COLUMN a b INT COMMENT 'x, DROP COLUMN y'": ["rename column t a > b", "set column t b"],
    "ALTER TABLE t CHANGE a A BIGINT": ["set column t A"],
    "ALTER TABLE t RENAME COLUMN a TO b, RENAME INDEX c TO d, RENAME TO u": [
        "rename column t a > b",
        "rename index t c > d",
        "rename table t  > u",
    ],
    "ALTER TABLE t RENAME AS x.u": ["rename table t  > u"],
    "ALTER TABLE t ADD COLUMN (a INT, b DECIMAL(3, 1)), ADD c ENUM('x', 'y') FIRST": [
        "set column t a",
        "set column t b",
        "set column t c",
    ],
    "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a), ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p (i)": [
        "add index t u (a)"
    ],
    "ALTER TABLE t ADD INDEX (a, b), ADD FULLTEXT KEY f (c), ALTER d SET DEFAULT 1": [
        "add index t a (a,b)",
        "add index t f (c)",
        "set column t d",
    ],
    "CREATE UNIQUE INDEX i USING BTREE ON t (a, b)": ["add index t i (a,b)"],
    "CREATE OR REPLACE TABLE t (a INT)": ["drop table t", "create table t"],
    "CREATE TABLE IF NOT EXISTS t (a INT)": [],
    "CREATE TEMPORARY TABLE t (a INT)": [],
    "DROP TEMPORARY TABLE t": [],
    "DROP TABLE IF EXISTS a, `b c` CASCADE": ["drop table a", "drop table b c"],
    "RENAME TABLE a TO b, c TO d": ["rename table a  > b", "rename table c  > d"],
    "TRUNCATE t": ["truncate table t"],
    "DELETE FROM t": ["delete all t"],
    "DELETE FROM t WHERE 1 = 1 AND TRUE": ["delete all t"],
    "DELETE FROM t WHERE a": [],
    "DELETE FROM t ORDER BY a LIMIT 5": [],
    "DELETE a FROM a JOIN b ON a.i = b.i": [],
    "UPDATE t SET a = (SELECT MAX(b) FROM u WHERE c = 1)": ["update all t"],
    "UPDATE t u SET a = 1 WHERE u.b IN (1, 2)": [],
    "UPDATE t JOIN u USING (i) SET t.a = 1": [],
    "WITH c AS (SELECT 1 WHERE 1) UPDATE t SET a = 1": ["update all t"],
    "SET STATEMENT max_statement_time = 1 FOR ALTER TABLE t DROP COLUMN c": ["drop column t c"],
    "/*!50000 ALTER TABLE t */ /* DROP COLUMN x, */ DROP COLUMN -- y\n c # z": ["drop column t c"],
    "/*!999999 DROP TABLE t */": [],
    "INSERT INTO t VALUES ('; DROP TABLE t')": [],
    "SET @s = IF(1, 'ALTER TABLE t DROP COLUMN c', \"SELECT 1\")": ["drop column t c ?"],
    "CREATE PROCEDURE p() BEGIN IF 1 THEN ALTER TABLE t DROP COLUMN c; END IF; END": ["drop column t c ?"],
    "IF (SELECT 1) THEN DROP TABLE t; ELSE TRUNCATE TABLE u; END IF": ["drop table t ?", "truncate table u ?"],
}


@pytest.mark.parametrize("text", READ)
def test_what_a_statement_does_is_read_from_its_text(text: str) -> None:
    assert [said(text, number) for number in range(len(acts(text)))] == READ[text]


def test_a_statement_whose_end_is_not_kept_does_not_count_as_one_without_a_condition() -> None:
    cut = ("UPDATE t SET a = '" + "x" * TEXT_CHARACTERS)[:TEXT_CHARACTERS]
    assert not acts(cut)
    assert acts("UPDATE t SET a = 'x'")


@given(
    st.lists(st.sampled_from([*" `'\"(),;.*/-#=!", "ALTER TABLE", "DROP", "ADD", "RENAME", "a", "WHERE", "/*!", "\\"]))
)
def test_no_text_is_too_strange_to_be_read(parts: list[str]) -> None:
    for act in acts(" ".join(parts)) + acts("".join(parts)) + acts("ALTER TABLE t " + " ".join(parts)):
        assert isinstance(act.name, str)


def said(text: str, number: int) -> str:
    act = acts(text)[number]
    columns = f" ({','.join(act.columns)})" if act.columns else ""
    parts = [act.what, act.table, act.name, f"> {act.to}" if act.to else ""]
    whole = " ".join(parts).rstrip() + columns
    return whole if act.certain else f"{whole} ?"
