"""The demo's prompt: the shell, and statements on the database itself."""

from __future__ import annotations

from cli.demo.stage import CHANNEL, INSTANCE, Stage
from cli.shell.shell import Shell
from commands.bootstrap import account


def type_freely(stage: Stage) -> None:
    """Say where everything is, then read lines until `quit` or the end of input."""
    settings = stage.services.settings
    who, port = account(settings, INSTANCE), settings.instance[INSTANCE].port
    stage.console.print(
        f"\nYou are in #{CHANNEL}. The same channel as a page: {stage.playground.page_url}\n"
        f"The database: 127.0.0.1, port {port}, user {who.user}, password {who.password}, database shop",
        markup=False,
        highlight=False,
    )

    def sql(statement: str) -> None:
        stage.sql(statement)

    extra = {"sql": (f"sql DROP TABLE order_items  a statement on {INSTANCE}", sql)}
    Shell(stage.playground, stage.console, "rita", CHANNEL, extra).run()
