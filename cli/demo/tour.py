"""The tour: what a newcomer should see, played by itself, every claim checked."""

from __future__ import annotations

from cli import output
from cli.demo.stage import CHANNEL, INSTANCE, Stage
from commands.interface import Result
from dbs.errors import FailedError
from dbs.mysql.interface import DatabaseError

_COUNT = "SELECT COUNT(*) FROM order_items"
_MIGRATION = "ALTER TABLE customers ADD UNIQUE KEY one_account_each (last_name, first_name);\n"


def play(stage: Stage) -> None:
    """Look, break, restore, look again, try a migration, be refused, see who did what.

    Raises `FailedError` when something is off.
    """
    stage.console.rule("The tour")
    stage.slash("rita", "status")
    before = stage.sql(_COUNT)
    stage.sql("DROP TABLE order_items")
    _must_fail(stage, _COUNT)
    stage.slash("rita", f"restore {INSTANCE}")
    stage.wait_for_jobs()
    if stage.sql(_COUNT) != before:
        raise FailedError("The table is not what it was before.")
    _rehearse(stage)
    _refused(stage)
    stage.slash("rita", "history")
    _verify(stage)
    stage.console.rule("The end of the tour")


def _must_fail(stage: Stage, statement: str) -> None:
    try:
        stage.sql(statement)
    except DatabaseError:
        return
    raise FailedError(f"The table should be gone, but this was answered: {statement}")


def _rehearse(stage: Stage) -> None:
    """A migration that works on an empty database, and not on production's rows."""
    stage.mention("rita", "migrate-test", "one_account_each.sql", _MIGRATION)
    stage.wait_for_jobs()
    found = stage.services.rehearsals.get(stage.services.job_rows.recent(1)[0].id)
    if found is None or found.verdict != "fails":
        raise FailedError(f"The migration should have failed on the rows of the shop: {found and found.verdict}")


def _refused(stage: Stage) -> None:
    """Somebody in no group tries, is told so alone, and nothing happens."""
    told, before = stage.slash("otto", f"restore {INSTANCE}"), len(stage.services.job_rows.recent(1000))
    if not told or len(stage.services.job_rows.recent(1000)) != before or stage.services.job_rows.open():
        raise FailedError("An outsider was not refused as they should be.")
    last = stage.services.audit.history(words="otto", limit=1)
    if not last or last[0].outcome != "refused":
        raise FailedError("The refusal is not in the audit table.")
    stage.console.print(f"    (nobody else in #{CHANNEL} saw that, and the audit table has it)", highlight=False)


def _verify(stage: Stage) -> None:
    found = stage.services.audit.verify()
    stage.console.print("\n[bold]operator[/bold] on the command line: dbs audit verify", highlight=False)
    output.show(Result("audit", "done", found.reason, {"Rows": str(found.rows), "Head": found.head}))
    if not found.ok:
        raise FailedError(found.reason)
