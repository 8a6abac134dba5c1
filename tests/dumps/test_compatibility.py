"""What one server has and another lacks, found in a dump; tests/contract/test_engines.py tries it with servers."""

from __future__ import annotations

import pytest

from dbs.dumps.compatibility import FEATURES, losses
from dbs.mysql.version import MARIADB, MYSQL, ServerVersion, parse
from tests.support.features import USES

MARIADB_10_11, MYSQL_9_7 = ServerVersion(MARIADB, 10, 11), ServerVersion(MYSQL, 9, 7)


def _lost(text: str, server: ServerVersion) -> list[str]:
    return [str(loss) for loss in losses([text.encode()], server)]


def test_each_feature_has_a_use_that_finds_it_and_no_other_one() -> None:
    assert set(USES) == {feature.name for feature in FEATURES}
    for name, use in USES.items():
        found = [*losses([use.encode() + b";"], MARIADB_10_11), *losses([use.encode() + b";"], MYSQL_9_7)]
        assert [str(loss) for loss in found] == [f"{name} (in t)"]


def test_texts_and_rows_are_not_taken_for_features() -> None:
    text = "CREATE TABLE `t` (`a` int COMMENT 'once WITH SYSTEM VERSIONING, ENGINE=Aria');\n"
    text += "INSERT INTO `t` VALUES ('utf8mb4_uca1400_ai_ci');\n"
    assert _lost(text, MYSQL_9_7) == []


def test_the_tables_are_named_and_many_are_counted() -> None:
    text = "".join(f"CREATE TABLE `t{n}` (`a` varchar(3) COLLATE utf8mb4_0900_ai_ci);\n" for n in range(7))
    text += "CREATE TABLE `j` (`a` json);\n"
    assert _lost(text, MARIADB_10_11) == [
        "the collations utf8mb4_0900_* (in t0, t1, t2, t3, t4 and 2 more)",
        "JSON columns, which become texts (in j)",
    ]
    assert _lost(text, ServerVersion(MARIADB, 11, 8)) == ["JSON columns, which become texts (in j)"]
    assert _lost(text, MYSQL_9_7) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10.11.19-MariaDB-0+deb12u1", "MariaDB 10.11.19"),
        ("5.5.5-10.6.12-MariaDB-log", "MariaDB 10.6.12"),
        ("mariadbd  Ver 11.4.2-MariaDB for Linux on x86_64", "MariaDB 11.4.2"),
        ("8.0.36-28", "MySQL 8.0.36"),
        ("8.0.mysql_aurora.3.04.0", "MySQL 8.0.0"),
        ("9.7.4-2", "MySQL 9.7.4"),
        ("mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))", "MySQL 9.7.4"),
    ],
)
def test_versions_are_read(text: str, wanted: str) -> None:
    assert str(parse(text)) == wanted


def test_no_version_is_none() -> None:
    assert parse("a server") is None
