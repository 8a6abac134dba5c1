"""The demo's prompt: the newcomer types as one of three people, and on the database itself."""

from __future__ import annotations

from cli.demo.stage import CHANNEL, INSTANCE, Stage
from commands.bootstrap import account
from dbs.errors import DbsError

PEOPLE = {"rita": "may restore", "adam": "may restore and approve", "otto": "may do nothing"}


def type_freely(stage: Stage) -> None:
    """Read lines until `quit` or the end of input."""
    _explain(stage)
    who = "rita"
    while True:
        try:
            line = stage.console.input(f"\n{who}> ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if line in ("quit", "exit"):
            return
        if line.startswith("as ") and line[3:].strip() in PEOPLE:
            who = line[3:].strip()
        else:
            _act(stage, who, line)


def _act(stage: Stage, who: str, line: str) -> None:
    try:
        if line.startswith("/dbs"):
            stage.slash(who, line.removeprefix("/dbs").strip())
            stage.wait_for_jobs()
        elif line.startswith("sql "):
            stage.sql(line.removeprefix("sql ").strip())
        elif line:
            _explain(stage)
    except DbsError as error:
        stage.console.print(str(error), markup=False)


def _explain(stage: Stage) -> None:
    settings = stage.services.settings
    who, port = account(settings, INSTANCE), settings.instance[INSTANCE].port
    people = ", ".join(f"{name} ({what})" for name, what in PEOPLE.items())
    stage.console.print(
        f"\nYou are in #{CHANNEL}. Type, for example:\n"
        f"  /dbs help, /dbs status, /dbs restore {INSTANCE}, /dbs history\n"
        f"  sql DROP TABLE order_items          a statement on {INSTANCE}\n"
        f"  as otto                             be somebody else: {people}\n"
        "  quit                                stop, and remove the demo's data\n"
        f"The channel as a page: {stage.playground.page_url}\n"
        f"The database: 127.0.0.1, port {port}, user {who.user}, password {who.password}, database shop",
        markup=False,
        highlight=False,
    )
