"""`dbs`: where the command line begins, and the one edge where its failures become sentences and exit codes."""

from __future__ import annotations

import sys
import uuid

import structlog
import typer

from cli import audit, demo, doctor, mask, policy, processes, shell, storage, token, verbs
from cli.output import complain
from dbs.errors import DbsError, UsageError
from dbs.logs import configure

log = structlog.get_logger()
app = typer.Typer(
    name="dbs",
    help="Database services in Slack for teams on MySQL and MariaDB.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
verbs.register(app)
processes.register(app)
doctor.register(app)
demo.register(app)
shell.register(app)
mask.register(app)
app.add_typer(storage.app, name="storage")
app.add_typer(audit.app, name="audit")
app.add_typer(token.app, name="token")
app.add_typer(policy.app, name="policy")

DONE, REFUSED, USAGE = 0, 1, 2


def main() -> None:
    """Exit codes: 0 done, 1 refused or failed with a sentence, 2 usage."""
    configure()
    try:
        app()
    except UsageError as error:
        complain(str(error))
        sys.exit(USAGE)
    except DbsError as error:
        complain(str(error))
        sys.exit(REFUSED)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception:
        error_id = uuid.uuid4().hex[:8]
        log.exception("bug in the command line", error_id=error_id)
        complain(f"Something went wrong inside dbs (id {error_id}); the lines above are for whoever mends it.")
        sys.exit(REFUSED)


if __name__ == "__main__":
    main()
