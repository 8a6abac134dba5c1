"""A dump in, the same dump masked out: `mariadb-dump … | dbs mask … > masked.sql`. Nobody is asked but the dump itself.

A table is masked by what its CREATE TABLE says, which stands before its rows. Whatever is not understood ends the work:
the output then ends in a line that no server takes, and lacks the line that every whole dump ends with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from dbs.masking import report
from dbs.masking.coverage import check, filled
from dbs.masking.created import table_of
from dbs.masking.inserts import Rewriter, head_of
from dbs.masking.interface import KEEP, MaskingError, Policy, PolicyError, Rule, TablePolicy
from dbs.masking.leaks import forms
from dbs.masking.naming import plain, shown
from dbs.masking.orphans import left_out, points_to
from dbs.masking.places import Places, pairs
from dbs.masking.plan import ColumnPlan, TablePlan
from dbs.masking.pool import Figures
from dbs.masking.selecting import plan_of
from dbs.masking.statements import Session, kind_of, pieces
from dbs.mysql.schema import Schema, Table

_END = b"-- Dump completed"
_STOPPED = b"\n;\nDELIMITER ;\nTHIS DUMP IS NOT WHOLE, dbs mask stopped here and said why;\n"
"""What no server takes, whatever stood before it: an import of half a dump must not look like a whole one."""
_DATABASE = ""
_SHOWN = 5
_GIVE_STRUCTURE = (
    "Give the structure beforehand: mariadb-dump --no-data … > structure.sql; dbs mask --schema structure.sql"
)

Write = Callable[[bytes], object]


def schema_of(chunks: Iterable[bytes]) -> Schema:
    """All tables of a dump, for what has to be known before the first row. Raises `MaskingError`."""
    tables = [table_of(statement) for _, statement in pieces(chunks) if statement and kind_of(statement) == "table"]
    return Schema(_DATABASE, {table.name: table for table in tables})


@dataclass
class _Decided:
    """What is done to the rows of a table: its rewriters by the columns that an INSERT names; none when left out."""

    plan: TablePlan
    left_out: bool
    rewriters: dict[tuple[str, ...], Rewriter]

    @property
    def masked(self) -> Mapping[str, ColumnPlan]:
        """The columns that get stand-ins, by name."""
        return {} if self.left_out else {one.name: one for one in self.plan.columns if one.mask != KEEP}


class Filter:
    """One dump going by. `skip_data` are patterns of tables without rows, beside the policy's."""

    def __init__(self, policy: Policy, key: bytes, skip_data: Iterable[str] = (), schema: Schema | None = None) -> None:
        """With the whole `schema` given everything is checked now. Raises `PolicyError`."""
        self._policy = policy
        self._key = key
        self._patterns = tuple(skip_data)
        self._tables: dict[str, Table] = {}
        self._created: set[str] = set()
        self._complete = schema is not None
        self._decided: dict[str, _Decided] = {}
        self._left_out: frozenset[str] = frozenset()
        self._session = Session()
        self._databases: set[bytes] = set()
        self._canaries = {form for canary in policy.canaries for form in forms(canary.encode())}
        if schema is not None:
            self._tables = dict(schema.tables)
            self._refuse(policy, schema)
            self._left_out = left_out(policy, schema, self._patterns)

    def run(self, chunks: Iterable[bytes], write: Write) -> dict[str, int]:
        """Write the masked dump; the rows per table. Raises `MaskingError` or `PolicyError` after the last line.

        The sentence of an error names tables and columns, never a value.
        """
        try:
            self._run(chunks, write)
        except BrokenPipeError:
            raise
        except BaseException:
            write(_STOPPED)
            raise
        return {name: sum(one.masker.rows for one in done.rewriters.values()) for name, done in self._decided.items()}

    def _run(self, chunks: Iterable[bytes], write: Write) -> None:
        dropped = False
        for before, statement in pieces(chunks):
            between = before.removeprefix(b";").removeprefix(b"\n") if dropped else before
            if not statement:
                self._finish(between)
                write(between)
                return
            if _END in between:
                raise MaskingError("The dump goes on behind its end: there is more after '-- Dump completed'.")
            write(between)
            done = self._statement(statement)
            dropped = done is None
            if done is not None:
                for part in done:
                    write(part)

    def _statement(self, statement: bytes) -> tuple[bytes, ...] | None:
        """What is written for a statement; None when its rows are left out."""
        kind = kind_of(statement)
        if kind == "rows":
            return self._rows(statement)
        if kind == "table":
            self._table(table_of(statement))
        elif kind == "setting":
            self._session.set(statement)
        elif kind == "other":
            self._session.check_object(statement)
            self._one_database(statement)
        return (statement,)

    def _one_database(self, statement: bytes) -> None:
        if statement[:4].upper() == b"USE ":
            self._databases.add(statement[4:].strip())
        if len(self._databases) > 1:
            raise MaskingError("The dump holds more than one database, and a policy is for one; dump them one by one.")

    def _table(self, table: Table) -> None:
        name = table.name
        if name in self._created:
            raise MaskingError(f"The dump makes {plain(name)} twice; a policy is for one database.")
        self._created.add(name)
        if self._complete:
            if self._tables.get(name) != table:
                raise MaskingError(f"{plain(name)} is not in the structure that was given, or is otherwise there.")
            return
        self._tables[name] = table
        near = {name, *points_to(table), *(one.name for one in self._tables.values() if name in points_to(one))}
        tables = {one: self._tables[one] for one in near if one in self._tables}
        rules = {one: self._policy.tables[one] for one in tables if one in self._policy.tables}
        self._refuse(replace(self._policy, tables=rules), Schema(_DATABASE, tables))
        self._refuse_what_comes_too_late(table)

    def _refuse(self, policy: Policy, schema: Schema) -> None:
        problems = check(policy, schema, None, self._patterns)
        if problems:
            told = " ".join(problem.sentence for problem in problems[:_SHOWN])
            more = f" And {len(problems) - _SHOWN} more." if len(problems) > _SHOWN else ""
            raise PolicyError(f"The masking policy does not cover the dump. {told}{more}")

    def _refuse_what_comes_too_late(self, table: Table) -> None:
        """A table changes how those that it is tied to are masked; their rows may have gone by."""
        schema = Schema(_DATABASE, self._tables)
        before, self._left_out = self._left_out, left_out(self._policy, schema, self._patterns)
        new = self._left_out - before
        late = [done.plan.name for done in self._decided.values()
                if done.plan.name in new or (new and new & points_to(self._tables[done.plan.name]))]  # fmt: skip
        places = Places.of_policy(schema, self._policy)
        ends = {end for pair in pairs(Schema(_DATABASE, self._near(table))) for end in pair}
        for end in ends:
            for name, column in places.tied(*end):
                planned = self._decided[name].masked.get(column) if name in self._decided else None
                late += [name] if planned is not None and planned.place != places.of(name, column) else []
        if late:
            raise MaskingError(
                f"{plain(table.name)} comes later in the dump than rows of {plain(late[0])}, and decides how those are "
                f"masked. {_GIVE_STRUCTURE}"
            )

    def _near(self, table: Table) -> Mapping[str, Table]:
        near = {table.name, *points_to(table)}
        return {one.name: one for one in self._tables.values() if one.name in near or table.name in points_to(one)}

    def _rows(self, statement: bytes) -> tuple[bytes, ...] | None:
        self._session.check_rows()
        head = head_of(statement)
        table = self._tables.get(head.table)
        if table is None or head.table not in self._created:
            raise MaskingError(
                f"The dump has rows for {plain(head.table)} and no CREATE TABLE before them; make it with "
                "its structure (without --no-create-info)."
            )
        done = self._decided.get(head.table) or self._decide(table)
        if done.left_out:
            return None
        rewriter = done.rewriters.get(head.columns)
        if rewriter is None:
            rewriter = done.rewriters[head.columns] = Rewriter(table, head.columns, done.plan, self._key)
        rows = rewriter.rows(statement, head.size)
        self._refuse_canaries(table, rows)
        return statement[: head.size], rows

    def _decide(self, table: Table) -> _Decided:
        """How the rows of a table are masked, when its first ones come."""
        schema = Schema(_DATABASE, self._tables)
        policy = self._effective(table, filled(self._policy, Schema(_DATABASE, {table.name: table})))
        plan = plan_of(policy, table, Places.of_policy(schema, self._policy))
        done = _Decided(plan, table.name in self._left_out, {})
        if not done.left_out:
            self._check_rows(table, policy.tables.get(table.name, TablePolicy()), done)
        self._decided[table.name] = done
        return done

    def _effective(self, table: Table, policy: Policy) -> Policy:
        """The rules of a table; what points to a row that is left out points to nothing."""
        gone = {
            column: Rule("null")
            for key in table.foreign_keys
            if key.table in self._left_out
            for column in key.columns
            if table.by_name[column].nullable
        }
        rules = policy.tables.get(table.name, TablePolicy())
        changed = replace(rules, columns={**rules.columns, **gone})
        return replace(policy, tables={**policy.tables, table.name: changed})

    def _check_rows(self, table: Table, rules: TablePolicy, done: _Decided) -> None:
        """Raises for what can be done where a database is asked, and not to a dump that goes by."""
        name = plain(table.name)
        if rules.where or rules.newest_days is not None:
            raise PolicyError(
                f"The policy limits the rows of {name} (where, newest), which only a database can do. Leave them out "
                "of the dump (--ignore-table-data), or use dbs refresh."
            )
        for column in done.masked:
            charset = table.by_name[column].charset
            if self._session.charset == "binary" and charset not in (None, "utf8mb4", "utf8mb3", "ascii"):
                raise MaskingError(
                    f"{shown(table.name, column)} is in {charset}, and the dump was made with the character set "
                    "binary. Make it with --default-character-set=utf8mb4."
                )
        masked = {name for name, column in done.masked.items() if column.mask != "null"}
        for key in table.foreign_keys:
            if key.table not in self._tables and masked.intersection(key.columns):
                raise MaskingError(
                    f"{name} points to {plain(key.table)} by masked columns, and that table comes later in the dump. "
                    f"{_GIVE_STRUCTURE}"
                )

    def _refuse_canaries(self, table: Table, rows: bytes) -> None:
        if self._canaries:
            lower = rows.lower()
            if any(form in rows or form in lower for form in self._canaries):
                raise MaskingError(f"One of the planted canaries comes through in {plain(table.name)}.")

    def _finish(self, rest: bytes) -> None:
        """Everything went by. Raises for a dump that is not whole, for rules without a table, for masks that fail."""
        if _END not in rest:
            raise MaskingError(
                "The dump is not whole: the line '-- Dump completed' is missing, which mariadb-dump and mysqldump "
                "write last. See what that program said; and make the dump without --compact and --skip-comments."
            )
        self._refuse(self._policy, Schema(_DATABASE, self._tables))
        wrong = [problem for done in self._decided.values() for problem in _problems(done)]
        if wrong:
            raise MaskingError(f"Masking did not hold: {'; '.join(wrong[:_SHOWN])}.")


def _problems(done: _Decided) -> list[str]:
    """What is wrong with the figures of one table."""
    figures, plans = Figures(), [rewriter.masker.plan for rewriter in done.rewriters.values()]
    for rewriter in done.rewriters.values():
        masker = rewriter.masker
        figures.add(masker.plan, masker.rows, masker.watches, masker.unmatched)
    return report.problems(plans[:1], {done.plan.name: figures})
