"""Naming: which files are migrations, in which order, and what of them a copy has still to run."""

from __future__ import annotations

import random

import pytest

from dbs.migrations.encoding import from_json, to_json
from dbs.migrations.history import flyway_checksum, pending
from dbs.migrations.interface import Migration, MigrationError
from dbs.migrations.naming import arrange, leftover
from tests.migrations.places import Place, blobs

KRATOS = [
    "sql/20191100000001000001_identities.mysql.up.sql",
    "sql/20191100000001000001_identities.mysql.down.sql",
    "sql/20191100000001000001_identities.cockroach.up.sql",
    "sql/20191100000001000001_identities.up.sql",
    "sql/20191100000001000001_identities.down.sql",
    "sql/20200100000001000000_only_pg.postgres.up.sql",
    "sql/20210100000001000000_index.mysql.autocommit.up.sql",
    "sql/20210100000001000000_index.autocommit.up.sql",
    "sql/20210100000001000000_index.down.sql",
    "sql/20190000000000000001_first.up.sql",
]
DBMATE = "-- migrate:up transaction:false\nCREATE TABLE a (id INT);\n\n-- migrate:down\nDROP TABLE a;\n"
GOOSE = "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\n-- +goose Down\nSELECT 2;\n"


def ups(migrations: tuple[Migration, ...]) -> list[str]:
    """The paths in order."""
    return [each.up.path for each in migrations]


def names(style: str, paths: list[str]) -> list[str]:
    """Paths in order, from files in any order, and the style that was found."""
    found = arrange(blobs(random.Random(1).sample(paths, len(paths))))
    assert {each.style for each in found} <= {style}
    return ups(found)


def test_variants_for_our_system_win_and_those_for_others_are_left_out() -> None:
    found = arrange(blobs(KRATOS))
    assert ups(found) == [KRATOS[9], KRATOS[0], KRATOS[6]]
    assert [each.down.path if each.down else None for each in found] == [None, KRATOS[1], KRATOS[8]]
    assert (found[1].version, found[1].name) == ("20191100000001000001", "identities")
    assert leftover(blobs(KRATOS), found) == ()


def test_dots_in_a_name_are_no_system() -> None:
    paths = ["m/000009_a.up.sql", "m/000010_upgrade_v6.0.up.sql", "m/000100_x.up.sql", "m/000010_upgrade_v6.0.down.sql"]
    found = arrange(blobs(paths))
    assert ups(found) == paths[:3] and found[1].down and found[1].name == "upgrade_v6.0"


def test_flyway_orders_by_number_and_repeats_last() -> None:
    paths = [
        f"db/{name}.sql" for name in ("V1__a", "V1.2__b", "V1_10__c", "V2__d", "V2021.01.02.3__e", "R__view", "R__z")
    ]
    assert names("flyway", paths) == paths
    found = arrange(blobs([*paths, "db/U1_10__c.sql", "db/beforeMigrate.sql", "db/B2__base.sql"]))
    assert [each.version for each in found] == ["1", "1.2", "1.10", "2", "2021.01.02.3", "", ""]
    assert [each.up.path for each in found if each.down] == ["db/V1_10__c.sql"]
    files = blobs([*paths, "db/beforeMigrate.sql"])
    assert leftover(files, arrange(files)) == ("db/beforeMigrate.sql",)


def test_directories_with_up_and_down() -> None:
    paths = [
        "migrations/mysql/2018-01-14-171611_create_tables/up.sql",
        "migrations/mysql/2018-01-14-171611_create_tables/down.sql",
        "migrations/mysql/2019-05-26-216651_rename/up.sql",
        "migrations/postgresql/2019-09-12-100000_create_tables/up.sql",
        "migrations/sqlite/2018-01-14-171611_create_tables/up.sql",
    ]
    found = arrange(blobs(paths))
    assert [(each.style, each.version, each.name) for each in found] == [
        ("diesel", "20180114171611", "create_tables"),
        ("diesel", "20190526216651", "rename"),
    ]
    assert names("diesel", ["p/20210101000000_init/migration.sql", "p/20210102000000_b/migration.sql"])


def test_sections_begin_at_their_lines() -> None:
    found = arrange(blobs({"db/20200101_a.sql": DBMATE}))
    assert (found[0].style, found[0].version) == ("dbmate", "20200101")
    assert found[0].up.line_offset == 0 and b"DROP" not in found[0].up.text
    assert found[0].down and found[0].down.line_offset == 3 and b"CREATE" not in found[0].down.text
    goose = arrange(blobs({"db/00002_b.sql": GOOSE, "db/00001_a.sql": "-- +goose Up\nSELECT 1;"}))
    assert [(each.style, each.version, each.down is None) for each in goose] == [
        ("goose", "00001", True),
        ("goose", "00002", False),
    ]


def test_plain_names_go_by_their_numbers() -> None:
    plain = ["1-a.sql", "2-b.sql", "10-c.sql", "11 d.sql"]
    assert names("plain", plain) == plain
    assert names("sqlx", ["1_a.sql", "2_b.sql", "10_c.sql"]) == ["1_a.sql", "2_b.sql", "10_c.sql"]
    assert names("plain", ["step-9.sql", "step-10.sql"]) == ["step-9.sql", "step-10.sql"]
    days = ["2021-01-31-a.sql", "2021-02-01-a.sql", "2021-02-01-b.sql"]
    assert names("plain", days) == days
    undone = arrange(blobs(["001-a.sql", "001-a.down.sql", "002-b.sql", "002-b_rollback.sql"]))
    assert [each.down.path for each in undone if each.down] == ["001-a.down.sql", "002-b_rollback.sql"]


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["1_a.up.sql", "V2__b.sql"], "several styles"),
        (["x/0001_a.up.sql", "y/1_b.up.sql"], r"x/0001_a.up.sql and y/1_b.up.sql both claim version 1"),
        (["V1__a.sql", "V1.0__b.sql"], "both claim"),
        (["001-a.sql", "001-b.sql"], "both claim"),
        (["postgres/1_a.up.sql"], "other database systems"),
    ],
)
def test_what_has_no_order_is_a_sentence(paths: list[str], words: str) -> None:
    with pytest.raises(MigrationError, match=words):
        arrange(blobs(paths))


def test_a_style_that_is_named_decides() -> None:
    files = blobs(["1_a.up.sql", "V2__b.sql"])
    assert ups(arrange(files, "flyway")) == ["V2__b.sql"]
    assert leftover(files, arrange(files, "flyway")) == ("1_a.up.sql",)
    with pytest.raises(MigrationError, match="no style 'liquibase'"):
        arrange(files, "liquibase")
    with pytest.raises(MigrationError, match="None of the 2"):
        arrange(files, "diesel")
    assert arrange({"README.md": b""}) == ()


def test_hundreds_of_files_in_any_order_keep_theirs() -> None:
    paths = [f"m/{number:06d}_step_{number % 7}.{way}.sql" for number in range(1, 500) for way in ("up", "down")]
    found = arrange(blobs(random.Random(7).sample(paths, len(paths))))
    assert [int(each.version) for each in found] == list(range(1, 500)) and all(each.down for each in found)


def test_migrations_come_back_from_json() -> None:
    found = arrange({"V1__a.sql": b"SELECT '\xe4';", "R__b.sql": b"", "U1__a.sql": b"SELECT 2"})
    assert tuple(from_json(Migration, to_json(each)) for each in found) == found


HISTORIES: dict[str, tuple[dict[str, str] | list[str], list[str], list[str]]] = {
    "golang-migrate": (
        ["1_a.up.sql", "2_b.up.sql", "10_c.up.sql"],
        [
            "CREATE TABLE schema_migrations (version BIGINT, dirty BOOLEAN)",
            "INSERT INTO schema_migrations VALUES (2, 0)",
        ],
        ["10_c.up.sql"],
    ),
    "pop": (
        ["20190101_a.up.sql", "20190102_b.up.sql"],
        ["CREATE TABLE schema_migration (version VARCHAR(48))", "INSERT INTO schema_migration VALUES ('20190101')"],
        ["20190102_b.up.sql"],
    ),
    "morph": (
        ["000001_a.up.sql", "000002_b.up.sql"],
        ["CREATE TABLE db_migrations (Version BIGINT, Name TEXT)", "INSERT INTO db_migrations VALUES (1, 'a')"],
        ["000002_b.up.sql"],
    ),
    "diesel": (
        ["2018-01-14-171611_a/up.sql", "2019-01-14-171611_b/up.sql"],
        [
            "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50), run_on TIMESTAMP NULL)",
            "INSERT INTO __diesel_schema_migrations VALUES ('20180114171611', NULL)",
        ],
        ["2019-01-14-171611_b/up.sql"],
    ),
    "goose": (
        {"1_a.sql": GOOSE, "2_b.sql": GOOSE, "3_c.sql": GOOSE},
        [
            "CREATE TABLE goose_db_version (id INT AUTO_INCREMENT PRIMARY KEY, version_id BIGINT, is_applied BOOLEAN)",
            "INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, 1), (1, 1), (2, 1), (2, 0)",
        ],
        ["2_b.sql", "3_c.sql"],
    ),
    "sqlx": (
        ["1_a.sql", "2_b.sql"],
        [
            "CREATE TABLE _sqlx_migrations (version BIGINT, success BOOLEAN)",
            "INSERT INTO _sqlx_migrations VALUES (1, 1)",
        ],
        ["2_b.sql"],
    ),
    "flyway": (
        {"V1__a.sql": "", "V2__b.sql": "", "V3__c.sql": "", "R__same.sql": "SELECT 1;\n", "R__other.sql": "SELECT 2;"},
        [
            "CREATE TABLE flyway_schema_history (installed_rank INT, version VARCHAR(50), type VARCHAR(20),"
            " script VARCHAR(1000), checksum INT, success BOOLEAN)",
            "INSERT INTO flyway_schema_history VALUES (1, '1', 'BASELINE', '<< Baseline >>', NULL, 1),"
            f" (2, NULL, 'SQL', 'R__same.sql', {flyway_checksum(b'SELECT 1;')}, 1),"
            " (3, NULL, 'SQL', 'R__other.sql', 7, 1), (4, '2', 'SQL', 'V2__b.sql', 5, 1),"
            " (5, '2', 'UNDO_SQL', 'U2__b.sql', 5, 1)",
        ],
        ["V2__b.sql", "V3__c.sql", "R__other.sql"],
    ),
}


@pytest.mark.server
@pytest.mark.parametrize("tool", HISTORIES)
def test_what_a_copy_has_run_is_not_run_again(each_copy: Place, tool: str) -> None:
    files, statements, waiting = HISTORIES[tool]
    each_copy.execute(*statements)
    with each_copy.connect() as connection:
        found = pending(arrange(blobs(files)), connection)
    assert ups(found.migrations) == waiting
    assert found.unfinished == () and found.table and found.table in found.sentence


@pytest.mark.server
def test_a_history_that_does_not_fit_is_told(copy: Place) -> None:
    migrations = arrange(blobs(["1_a.up.sql", "3_c.up.sql", "4_d.up.sql"]))
    with copy.connect() as connection:
        assert pending(migrations, connection).table is None
        copy.execute("CREATE TABLE schema_migration (version VARCHAR(48))")
        copy.execute("INSERT INTO schema_migration VALUES ('1'), ('2'), ('4')")
        found = pending(migrations, connection)
        assert (found.unknown, found.out_of_order, ups(found.migrations)) == (("2",), ("3",), ["3_c.up.sql"])
        copy.execute("DROP TABLE schema_migration", "CREATE TABLE schema_migrations (version BIGINT, dirty BOOLEAN)")
        copy.execute("INSERT INTO schema_migrations VALUES (3, 1)")
        found = pending(migrations, connection)
    assert (found.unfinished, ups(found.migrations)) == (("3",), ["4_d.up.sql"])
    assert "broken off" in found.sentence
