"""Histories as projects have them: hundreds of files in each style, from a seed, with what they consist of known."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_COMMENTS = ("", "-- a note; with a semicolon\n", "/* it's a note; 'open */ ", "# don't;\n", "--\n")


@dataclass
class Story:
    """A schema that grows: each call of `step` yields statements that work now, and those that take them back."""

    random: random.Random
    columns: dict[str, list[str]] = field(default_factory=dict)
    count: int = 0

    def step(self) -> tuple[list[str], list[str]]:
        """One migration: statements up, statements down."""
        self.count += 1
        if len(self.columns) < 3:
            return self._create_table()
        return self.random.choice(_STEPS)(self)

    def table(self) -> str:
        """Any table."""
        return self.random.choice(sorted(self.columns))

    def _create_table(self) -> tuple[list[str], list[str]]:
        name = f"t{self.count}"
        self.columns[name] = ["id", "note"]
        note = "`note` VARCHAR(100) DEFAULT 'a;''b' COMMENT '-- no'"
        text = f"CREATE TABLE {name} (id INT PRIMARY KEY AUTO_INCREMENT, {note})"
        return [text, f"INSERT INTO {name} (note) VALUES ('x;y'), ('it''s \\'; --'), (\"/* ; */\")"], [
            f"DROP TABLE {name}"
        ]

    def _add_column(self) -> tuple[list[str], list[str]]:
        table, name = self.table(), f"c{self.count}"
        self.columns[table].append(name)
        up = [f"ALTER TABLE `{table}` ADD COLUMN {name} INT DEFAULT 5", f"UPDATE {table} SET {name} = IF(id > 1, 2, 3)"]
        return up, [f"ALTER TABLE {table} DROP COLUMN {name}"]

    def _add_index(self) -> tuple[list[str], list[str]]:
        table, name = self.table(), f"i{self.count}"
        column = self.random.choice(self.columns[table])
        return [f"CREATE INDEX {name} ON {table} ({column})"], [f"DROP INDEX {name} ON {table}"]

    def _prepared(self) -> tuple[list[str], list[str]]:
        """Only if it is not there yet, as projects do it that cannot say IF NOT EXISTS."""
        table, name = self.table(), f"p{self.count}"
        self.columns[table].append(name)
        check = f"table_name = '{table}' AND table_schema = DATABASE() AND column_name = '{name}'"
        up = [
            "SET @preparedStatement = (SELECT IF((SELECT COUNT(*)\n"
            f"  FROM information_schema.columns WHERE {check}) > 0,\n"
            f"  'SELECT 1;', 'ALTER TABLE {table} ADD COLUMN {name} VARCHAR(9) DEFAULT \\'; BEGIN\\';'\n))",
            "PREPARE alterIfNotExists FROM @preparedStatement",
            "EXECUTE alterIfNotExists",
            "DEALLOCATE PREPARE alterIfNotExists",
        ]
        return up, [f"ALTER TABLE {table} DROP COLUMN {name}"]

    def _procedure(self) -> tuple[list[str], list[str]]:
        """Made, called and dropped again, as for loops over data."""
        table, name = self.table(), f"proc{self.count}"
        body = (
            f"CREATE PROCEDURE {name} (times INT)\nmain: BEGIN\n  DECLARE i INT DEFAULT 0;\n"
            "  DECLARE CONTINUE HANDLER FOR NOT FOUND, SQLSTATE '23000'\n"
            "  BEGIN SET i = CASE WHEN i THEN i ELSE 0 END; END;\n"
            f"  IF (SELECT COUNT(*) FROM {table}) = 0 THEN LEAVE main; ELSEIF times < 0 THEN SET i = 1; END IF;\n"
            "  again: WHILE i < times DO\n    CASE i WHEN 0 THEN SET i = i + 1; ELSE SET i = i + 2; END CASE;\n"
            f"    UPDATE {table} SET note = CONCAT(note, IF(i = 1, 'a', 'b;')) WHERE id = i; -- end if;\n"
            "  END WHILE again;\n  REPEAT SET i = i + 1; UNTIL i > 9 END REPEAT;\nEND main"
        )
        return [body, f"CALL {name}(3)", f"DROP PROCEDURE IF EXISTS {name}"], []

    def _trigger(self) -> tuple[list[str], list[str]]:
        table, name = self.table(), f"trg{self.count}"
        body = "BEGIN IF NEW.note = '' THEN SET NEW.note = 'n;'; END IF; END"
        text = f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW {body}"
        return [text], [f"DROP TRIGGER {name}"]

    def _transaction(self) -> tuple[list[str], list[str]]:
        table = self.table()
        up = [
            "BEGIN",
            f"INSERT INTO {table} (note) VALUES ('later')",
            f"DELETE FROM {table} WHERE note = 'later'",
            "COMMIT",
        ]
        return up, []

    def _program(self) -> tuple[list[str], list[str]]:
        name = f"f{self.count}"
        function = (
            f"CREATE FUNCTION {name} (x INT) RETURNS INT DETERMINISTIC RETURN CASE WHEN x THEN IF(x > 1, 2, 3) END"
        )
        value = "CASE id WHEN 1 THEN 'one;' ELSE 'more' END AS `end`"
        view = f"CREATE VIEW v{self.count} AS SELECT id, {value} FROM {self.table()}"
        return [function, view], [f"DROP VIEW v{self.count}", f"DROP FUNCTION {name}"]

    def _settings(self) -> tuple[list[str], list[str]]:
        return ["/*!40101 SET @saved = @@sql_mode */", f"/*!40014 SET @n{self.count} = ';' */"], []


_STEPS: tuple[Callable[[Story], tuple[list[str], list[str]]], ...] = (
    Story._create_table,
    *[Story._add_column] * 3,
    *[Story._add_index] * 2,
    *[Story._prepared] * 2,
    Story._procedure,
    Story._trigger,
    Story._transaction,
    Story._program,
    Story._settings,
)


@dataclass(frozen=True)
class History:
    """Files by path, and for each path that is run the statements it must come apart into, in order of the files."""

    files: dict[str, bytes]
    up: dict[str, list[str]]
    down: dict[str, list[str]]


def _joined(story: Story, statements: list[str]) -> str:
    """As tools send it: nothing but semicolons. Now and then with a mark, other ends of lines, without the last end."""
    ended = "".join(f"{story.random.choice(_COMMENTS)}{each};\n" for each in statements)
    if story.random.random() < 0.2:
        ended = ended.rstrip().removesuffix(";")
    return "\ufeff" + ended if story.random.random() < 0.1 else ended


def _delimited(story: Story, statements: list[str]) -> str:
    """For the mysql program, in which programs need another delimiter."""
    parts = []
    for each in statements:
        mark = story.random.choice(["$$", "//", ";;"])
        program = each.startswith(("CREATE PROCEDURE", "CREATE TRIGGER"))
        parts.append(f"DELIMITER {mark}\n{each}\n{mark}\nDELIMITER ;\n" if program else f"{each};\n")
    return "".join(parts)


Namer = Callable[[int, str, str], Iterator[tuple[str, str]]]


def _golang(number: int, up: str, down: str) -> Iterator[tuple[str, str]]:
    name = f"migrations/sql/{20190101000000 + number}_step{number % 5}"
    special = ".mysql" if number % 3 == 0 else ".mysql.autocommit" if number % 7 == 0 else ""
    yield f"{name}{special}.up.sql", up
    yield f"{name}{'.mysql' if special else ''}.down.sql", down
    if special:
        yield f"{name}.up.sql", "SELECT 'for nobody';"
        yield f"{name}.cockroach.up.sql", "NOT FOR US"


def _morph(number: int, up: str, down: str) -> Iterator[tuple[str, str]]:
    yield f"db/{number:06d}_upgrade_v{number % 9}.0.up.sql", up
    yield f"db/{number:06d}_upgrade_v{number % 9}.0.down.sql", down


def _flyway(number: int, up: str, down: str) -> Iterator[tuple[str, str]]:
    version = f"{number // 10}.{number % 10}" if number % 2 else f"{number // 10}_{number % 10}"
    yield f"src/main/resources/db/migration/V{version}__Step_{number}.sql", up
    yield f"src/main/resources/db/migration/U{version}__Step_{number}.sql", down


def _diesel(number: int, up: str, down: str) -> Iterator[tuple[str, str]]:
    day = f"20{18 + number // 300}-{number // 25 % 12 + 1:02d}-{number % 25 + 1:02d}-{number:06d}"
    yield f"migrations/mysql/{day}_step/up.sql", up
    yield f"migrations/mysql/{day}_step/down.sql", down
    yield f"migrations/sqlite/{day}_step/up.sql", "NOT FOR US"


def _sections(up_mark: str, down_mark: str) -> Namer:
    def named(number: int, up: str, down: str) -> Iterator[tuple[str, str]]:
        text = f"{up_mark}\n{up.removeprefix(chr(0xFEFF))}\n{down_mark}\n{down.removeprefix(chr(0xFEFF))}"
        yield f"db/{20200101000000 + number}_step.sql", text

    return named


def _plain(number: int, up: str, down: str) -> Iterator[tuple[str, str]]:
    yield f"sql/{number}-step.sql", up
    yield f"sql/{number}-step.down.sql", down


Writer = Callable[[Story, list[str]], str]
STYLES: dict[str, tuple[str, Namer, Writer, int]] = {
    "golang-migrate, as Ory names them": ("golang-migrate", _golang, _joined, 300),
    "golang-migrate, as Mattermost names them": ("golang-migrate", _morph, _joined, 150),
    "flyway": ("flyway", _flyway, _delimited, 120),
    "diesel": ("diesel", _diesel, _joined, 80),
    "dbmate": ("dbmate", _sections("-- migrate:up transaction:false", "-- migrate:down"), _joined, 60),
    "goose": ("goose", _sections("-- +goose Up\n-- +goose NO TRANSACTION", "-- +goose Down"), _joined, 60),
    "sql-migrate": ("sql-migrate", _sections("-- +migrate Up notransaction", "-- +migrate Down"), _joined, 60),
    "plain, for the mysql program": ("plain", _plain, _delimited, 60),
}
"""How files are called and written, in which style they are found to be, and how many."""


def written(name: str, seed: int = 1) -> History:
    """A history in that style."""
    _, named, write, count = STYLES[name]
    story = Story(random.Random(seed))
    files: dict[str, bytes] = {}
    ups: dict[str, list[str]] = {}
    downs: dict[str, list[str]] = {}
    for number in range(1, count + 1):
        up, down = story.step()
        made = list(named(number, write(story, up), write(story, down)))
        files |= {path: text.encode() for path, text in made}
        ups[made[0][0]] = up
        downs[made[1][0] if len(made) > 1 else made[0][0]] = down
    return History(files, ups, downs)
