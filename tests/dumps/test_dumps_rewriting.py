"""What is changed in statements, and what is read off them."""

from __future__ import annotations

import pytest

from dbs.dumps.rewriting import database_of, is_replication_setting, rows_target, without_definer

DEFINERS = [
    b"DEFINER=`root`@`localhost`",
    b"DEFINER = 'ro''ot'@'%'",
    b"definer=root@localhost",
    b'DEFINER="a\\"b"@"10.0.0.%"',
    b"DEFINER=`we``ird @`@`%`",
    b"DEFINER=CURRENT_USER()",
    b"DEFINER=CURRENT_USER",
    b"DEFINER=`a_role`",
]
HEADS = [
    b"CREATE %s PROCEDURE `p`() SELECT 1",
    b"CREATE %s FUNCTION `f`() RETURNS INT RETURN 1",
    b"create or replace %s trigger t BEFORE INSERT ON a FOR EACH ROW SET @x = 1",
    b"/*!50003 CREATE*/ /*!50017 %s*/ /*!50003 TRIGGER `t` BEFORE INSERT ON `a` FOR EACH ROW SET @x = 1 */",
    b"/*!50106 CREATE*/ /*!50117 %s*/ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY DO SELECT 1 */",
    b"/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 %s SQL SECURITY DEFINER */\n/*!50001 VIEW `v` AS select 1 */",
    b"CREATE ALGORITHM = MERGE /* why */ %s SQL SECURITY INVOKER VIEW v AS SELECT 1",
    b"ALTER %s EVENT e DISABLE",
]


@pytest.mark.parametrize("definer", DEFINERS)
@pytest.mark.parametrize("head", HEADS)
def test_the_definer_goes_and_all_else_stays(head: bytes, definer: bytes) -> None:
    assert without_definer(head.replace(b"%s", definer)) == head.replace(b"%s", b"")


@pytest.mark.parametrize(
    "statement",
    [
        b"INSERT INTO `t` VALUES ('CREATE DEFINER=`root`@`localhost` VIEW v')",
        b"CREATE TABLE t (a TEXT COMMENT 'DEFINER=`root`@`localhost`')",
        b"CREATE PROCEDURE p() COMMENT 'DEFINER=root' SELECT 'CREATE DEFINER=root@localhost VIEW v'",
        b"CREATE TABLE definer (a INT)",
        b"SET @x = 'DEFINER=`a`@`b`'",
    ],
)
def test_other_text_is_never_touched(statement: bytes) -> None:
    assert without_definer(statement) == statement


@pytest.mark.parametrize(
    ("statement", "database"),
    [
        (b"USE `shop`", "shop"),
        (b"use shop", "shop"),
        (b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `sh``op` /*!40100 DEFAULT CHARACTER SET utf8mb4 */", "sh`op"),
        (b"/*!40000 DROP DATABASE IF EXISTS `shop`*/", "shop"),
        (b"DROP SCHEMA shop", "shop"),
        (b"ALTER DATABASE `shop` CHARACTER SET utf8mb4", "shop"),
        (b"CREATE OR REPLACE DATABASE shop", "shop"),
        (b"CREATE TABLE `database` (a INT)", None),
        (b"INSERT INTO t VALUES ('USE shop')", None),
        (b"DROP TABLE IF EXISTS `shop`", None),
    ],
)
def test_the_database_of_a_statement(statement: bytes, database: str | None) -> None:
    assert database_of(statement) == database


@pytest.mark.parametrize(
    ("statement", "target"),
    [
        (b"INSERT INTO `t` VALUES ('x')", "INSERT INTO `t`"),
        (b"INSERT  IGNORE INTO `a``b` (`c`) VALUES ('x')", "INSERT INTO `a``b`"),
        (b"/*!40000 replace `d`.`t` VALUES ('x') */", "REPLACE INTO `d`.`t`"),
        (b"INSERT INTO 'x', 'y'", "INSERT INTO"),
        (b"UPDATE t SET a = 'INSERT INTO'", None),
    ],
)
def test_rows_are_named_without_themselves(statement: bytes, target: str | None) -> None:
    assert rows_target(statement) == target


def test_replication_settings_of_mysqldump_are_known() -> None:
    assert is_replication_setting(b"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '1-2'")
    assert is_replication_setting(b"SET @@SESSION.SQL_LOG_BIN= 0")
    assert not is_replication_setting(b"SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN")
