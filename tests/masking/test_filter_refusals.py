"""What the filter does not understand ends it: no row of it is written, and what was written cannot be loaded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbs.errors import DbsError
from dbs.masking.created import table_of
from dbs.masking.filter import schema_of
from dbs.masking.interface import MaskingError, Policy, PolicyError, Rule, TablePolicy
from dbs.masking.statements import kind_of
from tests.support.filtered import BEGIN, END, ON_PURPOSE, keeping, run_into, through

USERS = b"""CREATE TABLE `users` (
  `id` int(11) NOT NULL,
  `email` varchar(120) NOT NULL,
  `note` varchar(20) DEFAULT NULL,
  `lower` varchar(120) GENERATED ALWAYS AS (lcase(`email`)) VIRTUAL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `email` (`email`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
"""
LETTERS = b"""CREATE TABLE `letters` (
  `id` int(11) NOT NULL,
  `to` varchar(100) DEFAULT NULL,
  CONSTRAINT `a` FOREIGN KEY (`to`) REFERENCES `users` (`email`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
"""
EMAIL = {("users", "email"): Rule("email")}
BOTH = {**EMAIL, ("letters", "to"): Rule("email")}
SECRET = b"zoe@production.example"
ROW = b"INSERT INTO `users` VALUES (1,'" + SECRET + b"','x','" + SECRET + b"');\n"


def dump(*parts: bytes, begin: bytes = BEGIN, end: bytes = END) -> bytes:
    return b"".join([begin, *parts, end])


def refused(text: bytes, policy: Policy) -> str:
    """The sentence; and what was written holds nothing of the row, and no mark of a whole dump."""
    written: list[bytes] = []
    with pytest.raises(DbsError) as caught:
        run_into(written, text, policy, size=50)
    out = b"".join(written)
    assert SECRET not in out
    assert out.endswith(b";\n")
    assert b"THIS DUMP IS NOT WHOLE" in out
    assert b"Dump completed" not in out
    assert SECRET.decode() not in str(caught.value)
    return str(caught.value)


def test_a_row_is_masked_and_what_is_computed_from_it_is_computed_again() -> None:
    out = through(dump(USERS, ROW), keeping(USERS, EMAIL))
    assert SECRET not in out
    assert out.startswith(BEGIN + USERS + b"INSERT INTO `users` VALUES (1,'")
    assert out.endswith(b".test','x',DEFAULT);\n" + END)


@pytest.mark.parametrize(
    "statement",
    [
        b"REPLACE INTO `users` VALUES (1,'zoe@production.example','x',NULL);",
        b"INSERT INTO `users` SET id = 1, email = 'zoe@production.example';",
        b"INSERT INTO `users` SELECT 1, 'zoe@production.example', 'x', NULL;",
        b"INSERT INTO users VALUES (1,'zoe@production.example','x',NULL);",
        b"/*!50000 INSERT INTO `users` VALUES (1,'zoe@production.example','x',NULL) */;",
        b"LOAD DATA INFILE 'zoe@production.example' INTO TABLE `users`;",
        b"UPDATE users SET email = 'zoe@production.example';",
        b"CALL fill('zoe@production.example');",
        b"CREATE USER zoe@'zoe@production.example' IDENTIFIED BY PASSWORD '*A';",
        b"GRANT ALL ON *.* TO 'zoe@production.example';",
        b"CREATE TABLE `x` AS SELECT 'zoe@production.example' AS a;",
        b"CREATE TABLE `x` (`a` int) SELECT 'zoe@production.example' AS a;",
        b"ALTER TABLE `users` ADD `x` VARCHAR(20) DEFAULT 'zoe@production.example';",
        b"SET @a = 'zoe@production.example';",
        b"ANALYZE TABLE `users` UPDATE HISTOGRAM ON `email` USING DATA 'zoe@production.example';",
        b"WITH a AS (SELECT 'zoe@production.example') SELECT * FROM a;",
        b"INSERT INTO `users` VALUES (1,'zoe@production.example','x');",
        b"INSERT INTO `users` VALUES (1,'zoe@production.example','x',NULL,5);",
        b"INSERT INTO `users` VALUES (1,CONCAT('zoe@production.example'),'x',NULL);",
        b"INSERT INTO `users` VALUES (1,\"zoe@production.example\",'x',NULL);",
        b"INSERT INTO `users` VALUES (1,'zoe@production.example','x',NULL) ON DUPLICATE KEY UPDATE id = 1;",
        b"INSERT INTO `users` VALUES (1,'zoe@production.example','x',NULL),;(2,'a','b',NULL);",
        b"INSERT INTO `users` VALUES (1,_latin1'zoe@production.example','x',NULL);",
        b"INSERT INTO `users` VALUES (1,zoe,'zoe@production.example',NULL);",
        b"INSERT INTO `users` (`id`, `other`) VALUES (1,'zoe@production.example');",
        b"INSERT INTO `unknown` VALUES (1,'zoe@production.example');",
        b"INSERT INTO `users` VALUES ;",
    ],
)
def test_what_could_hold_rows_in_another_form_is_refused(statement: bytes) -> None:
    refused(dump(USERS, statement), keeping(USERS, EMAIL))


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (b"`x` polyhedron", "users"),
        (b"`x` int(11) SOMETIMES NULL", "SOMETIMES"),
        (b"KEEPER KEY `x` (`id`)", "KEEPER"),
        (b"`x` int(11", "CREATE TABLE"),
    ],
)
def test_a_table_that_is_not_understood_is_refused(column: bytes, said: str) -> None:
    strange = USERS.replace(b"  PRIMARY KEY (`id`)", b"  " + column)
    assert said in refused(dump(strange, ROW), keeping(USERS, EMAIL))


@pytest.mark.parametrize(
    ("begin", "said"),
    [
        (b"", "SET NAMES"),
        (b"/*!40101 SET NAMES latin1 */;\n", "latin1"),
        (b"SET NAMES gbk;\n", "gbk"),
        (b"SET NAMES utf8mb4;\nSET SESSION sql_mode='NO_BACKSLASH_ESCAPES';\n", "NO_BACKSLASH_ESCAPES"),
        (b"SET NAMES utf8mb4;\nSET SQL_MODE='ANSI';\n", "ANSI"),
        (b"SET NAMES utf8mb4;\nSET character_set_client = latin1;\n", "latin1"),
        (BEGIN + b"USE `a`;\nUSE `b`;\n", "more than one database"),
        (BEGIN + USERS, "twice"),
        (BEGIN + b"-- Dump completed\n", "behind its end"),
    ],
)
def test_a_dump_that_cannot_be_read_for_certain_is_refused(begin: bytes, said: str) -> None:
    assert said in refused(dump(USERS, ROW, begin=begin), keeping(USERS, EMAIL))


def test_a_character_set_that_is_put_back_does_no_harm() -> None:
    around = b"/*!40101 SET character_set_client = latin1 */;\n"
    back = b"/*!40101 SET character_set_client = @saved_cs_client */;\n"
    assert SECRET not in through(dump(around, USERS, back, ROW), keeping(USERS, EMAIL))


@pytest.mark.parametrize("end", [b"", b"INSERT INTO `users` VALUES (1,'zoe@production.example", b"-- Dump comp"])
def test_a_dump_without_its_end_is_refused(end: bytes) -> None:
    sentence = refused(dump(USERS, ROW, end=end), keeping(USERS, EMAIL))
    assert "not whole" in sentence or "breaks off" in sentence


def test_a_column_that_the_policy_does_not_list_is_refused_before_any_row() -> None:
    policy = keeping(USERS, EMAIL)
    columns = {name: rule for name, rule in policy.tables["users"].columns.items() if name != "note"}
    sentence = refused(dump(USERS, ROW), replace(policy, tables={"users": TablePolicy(columns)}))
    assert "users.note has no rule" in sentence


def test_a_column_that_looks_personal_is_not_kept_without_a_reason() -> None:
    policy = keeping(USERS, {("users", "email"): Rule("keep")})
    assert "users.email is kept and looks like" in refused(dump(USERS, ROW), policy)


def test_a_rule_for_a_table_that_never_comes_is_an_error() -> None:
    policy = keeping(USERS, EMAIL)
    policy = replace(policy, tables={**policy.tables, "gone": TablePolicy({"id": ON_PURPOSE})})
    assert "gone" in refused(dump(USERS, ROW), policy)


def test_a_limit_that_only_a_database_can_apply_is_refused() -> None:
    policy = keeping(USERS, EMAIL)
    limited = replace(policy.tables["users"], where="id < 5")
    policy = replace(policy, tables={"users": limited})
    assert "limits the rows of users" in refused(dump(USERS, ROW), policy)
    assert through(dump(USERS), policy) == dump(USERS)


def test_a_canary_that_comes_through_is_noticed() -> None:
    policy = replace(keeping(USERS, {("users", "email"): Rule("email")}), canaries=("zoe@production.example",))
    row = b"INSERT INTO `users` VALUES (1,'a@b.example','see Zoe@Production.example',NULL);\n"
    with pytest.raises(MaskingError, match="canaries comes through in users"):
        through(dump(USERS, row), policy)
    assert SECRET not in through(dump(USERS, ROW), policy)


def test_a_mask_that_changes_nothing_is_noticed_at_the_end() -> None:
    rows = b"".join(b"INSERT INTO `users` VALUES (%d,'%d@b.example','same',NULL);\n" % (at, at) for at in range(30))
    policy = keeping(USERS, {**EMAIL, ("users", "note"): Rule("constant", {"value": "same"})})
    assert b"Dump completed" in through(dump(USERS, rows), policy)  # a constant promises no difference


def test_rows_of_a_skipped_table_are_dropped_and_nothing_points_to_them() -> None:
    required = LETTERS.replace(b"`to` varchar(100) DEFAULT NULL", b"`to` varchar(100) NOT NULL").replace(
        b"letters", b"l2"
    )
    letters = b"INSERT INTO `letters` VALUES (1,'zoe@production.example'),(2,NULL);\n"
    text = dump(USERS, ROW, LETTERS, letters, required, letters.replace(b"letters", b"l2"))
    out = through(text, keeping(text, BOTH, skip=["users"]))
    assert out == dump(USERS, LETTERS, b"INSERT INTO `letters` VALUES (1,NULL),(2,NULL);\n", required)


def test_a_table_that_decides_about_an_earlier_one_has_to_be_known_beforehand() -> None:
    letters = b"INSERT INTO `letters` VALUES (1,'zoe@production.example');\n"
    text = dump(LETTERS, letters, USERS, ROW)
    policy = keeping(text, BOTH)
    assert "--schema" in refused(text, policy)
    out = through(text, policy, schema=schema_of([text]))
    first, second = (line.split(b"'")[1] for line in out.splitlines() if line.startswith(b"INSERT"))
    assert first == second
    assert first.endswith(b".test")
    # And the other way round: rows went by that a later table would have had masked otherwise.
    text = dump(USERS, ROW, LETTERS, letters)
    assert "letters comes later in the dump than rows of users" in refused(text, keeping(text, BOTH))


def test_the_structure_that_is_given_has_to_be_that_of_the_dump() -> None:
    schema = schema_of([USERS.replace(b"varchar(20)", b"varchar(21)")])
    with pytest.raises(MaskingError, match="otherwise"):
        through(dump(USERS, ROW), keeping(USERS, EMAIL), schema=schema)
    with pytest.raises(PolicyError):
        through(dump(USERS, ROW), keeping(LETTERS, BOTH), schema=schema)


def test_the_table_that_stands_for_a_view_is_no_table() -> None:
    view = (
        b"/*!50001 CREATE TABLE `seen` (\n  `id` tinyint NOT NULL\n) ENGINE=MyISAM */;\n/*!50001 DROP TABLE `seen`*/;\n"
    )
    assert kind_of(view) == "stand-in"
    text = dump(USERS, view)
    assert through(text, keeping(USERS, EMAIL)) == text
    refused(dump(USERS, view, b"INSERT INTO `seen` VALUES (1,'zoe@production.example');"), keeping(USERS, EMAIL))


def test_comments_and_objects_pass_as_they_are() -> None:
    text = dump(
        USERS,
        b"/* a comment */ -- another\n# and one more\n",
        b"DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`a``b`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON users "
        b"FOR EACH ROW BEGIN INSERT INTO `log` VALUES ('it''s;'); END */;;\nDELIMITER ;\n",
        b"CREATE ALGORITHM=UNDEFINED DEFINER=`r`@`%` SQL SECURITY DEFINER VIEW `v` AS SELECT 1;\n",
        b"LOCK TABLES `users` WRITE;\n/*!40000 ALTER TABLE `users` DISABLE KEYS */;\nUNLOCK TABLES;\n",
        b"DO SETVAL(`s`, 150, 0);\nSET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '';\n",
    )
    assert through(text, keeping(USERS, EMAIL), size=7) == text


def test_a_key_into_another_database_ties_nothing() -> None:
    table = table_of(LETTERS.replace(b"`users` (`email`)", b"`other`.`users` (`email`)"))
    assert table.foreign_keys == ()
