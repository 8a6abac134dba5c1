"""What the demo is played on: a home, a configuration, the playground, the processes, and the first snapshot."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from cli import context
from cli.follow import follow
from cli.processes import answers, leave, start_supervisor
from cli.together import run
from commands.bootstrap import account
from commands.dispatch import dispatch
from commands.services import Services
from commands.texts import took
from dbs.errors import FailedError
from dbs.logs import configure
from dbs.mysql.connect import connect
from dbs.mysql.interface import DatabaseError
from dbs.mysql.query import rows as query
from dbs.settings import load_settings
from dbs.snapshots.interface import Address
from playground import ForeignHomeError, Playground, RealTokensError, as_text, mark_home
from playground.cast import BACKEND, DBA
from playground.shop import write_dump

SOURCE, INSTANCE, DATABASE = "shop", "shared", "shop"
CHANNEL = "databases"
_FIRST_PORT = 33061


class Stage:
    """A running demo: people act on it, and what they see is printed."""

    def __init__(self, services: Services, playground: Playground, console: Console) -> None:
        self.services = services
        self.playground = playground
        self.console = console
        self._shown: dict[str, str] = {}

    def slash(self, user: str, text: str) -> str:
        """Type `/dbs text` as somebody; print and return what they alone are shown."""
        self.console.print(f"\n[bold]{user}[/bold] in #{CHANNEL}: /dbs {text}", highlight=False)
        before = len(self.playground.ephemerals(user))
        delivery = self.playground.slash(user, CHANNEL, f"{text}")
        if not delivery.ok:
            self._say("only to " + user, f"/dbs failed ({delivery.error})")
        seen = [self._text(message) for message in self.playground.ephemerals(user)[before:]]
        for text in seen:
            self._say("only to " + user, text)
        return "\n".join(seen)

    def mention(self, user: str, text: str, name: str, content: str) -> None:
        """Write `@dbs text` as somebody, with a file."""
        self.console.print(f"\n[bold]{user}[/bold] in #{CHANNEL}: @dbs {text}   ({name}: {content.strip()})")
        file = self.playground.upload(user, name, content.encode())
        delivery = self.playground.mention(user, CHANNEL, text, files=[file.id])
        if not delivery.ok:
            self._say("only to " + user, f"@dbs failed ({delivery.error})")

    def wait_for_jobs(self, seconds: float = 120) -> None:
        """Wait until no job is open and the channel has been told, then print what is new in the channel."""
        until = time.monotonic() + seconds
        while self.services.job_rows.open() or self.services.outbox.pending():
            if time.monotonic() > until:
                raise FailedError(f"The demo waited {seconds:g} seconds for a job that does not end.")
            time.sleep(0.05)
        self.show_channel()

    def show_channel(self) -> None:
        """Print the messages of the channel that are new or have changed."""
        for message in self.playground.messages(CHANNEL):
            text, ts = self._text(message), message["ts"]
            if self._shown.get(ts) != text:
                self._shown[ts] = text
                self._say("in the thread" if message.get("thread_ts", ts) != ts else f"in #{CHANNEL}", text)

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement on the instance as a developer; print and return the rows. Raises `DatabaseError`."""
        self.console.print(f"\n[bold]developer[/bold] on {INSTANCE}: {statement}", highlight=False)
        settings = self.services.settings
        who = account(settings, INSTANCE)
        address = Address(user=who.user, host="127.0.0.1", port=settings.instance[INSTANCE].port)
        try:
            with closing(connect(address, database=DATABASE, password=who.password)) as connection:
                found = query(connection, statement)
        except DatabaseError as error:
            self._say("server", str(error))
            raise
        self._say("server", "\n".join(", ".join(map(str, row)) for row in found) or "done")
        return found

    def _text(self, message: dict[str, Any]) -> str:
        return as_text(message, self.playground.names())

    def _say(self, where: str, text: str) -> None:
        for line in text.splitlines():
            self.console.print(f"    {where:>18} | {line}", markup=False, highlight=False)


@contextmanager
def stage(rows: int, home: Path | None, *, keep: bool) -> Iterator[Stage]:
    """Set everything up, and take it down again at the end."""
    console = Console(soft_wrap=True)
    home = _home(home)
    with ExitStack() as stack:
        playground = stack.enter_context(_playground(home / "state"))
        root = _root(home)
        if not keep:
            stack.callback(_remove, console, home, root)
        _stop_leftover(home)
        os.environ.update(_environment(home, root, playground))
        settings = load_settings()
        configure(home / "dbs.log")
        stack.callback(lambda: leave(settings, stop_servers=True) if answers(settings) else None)
        console.print(f"Starting dbs in {home} …")
        start_supervisor(settings)
        services = run(settings, stack)
        stack.callback(console.print, "Stopping …")
        shown = Stage(services, playground, console)
        _first_snapshot(shown, home, rows)
        yield shown


def _first_snapshot(shown: Stage, home: Path, rows: int) -> None:
    services, console = shown.services, shown.console
    if services.providers["local"].snapshots():
        return
    dump, began = home / "shop.sql.zst", time.monotonic()
    counts = write_dump(dump, orders=rows, until=datetime.now(UTC).replace(microsecond=0))
    made = ", ".join(f"{count:,} {table}" for table, count in counts.items())
    console.print(f"Made up a shop in {took(time.monotonic() - began)}: {made}.")
    words = ("refresh", SOURCE, "--from-dump", str(dump), "--already-masked", "every person in it is made up")
    result = dispatch(services, context.request(words))
    if result.job_id is not None:
        result = follow(services, result, quiet=True)
    if result.outcome != "done":
        raise FailedError(result.sentence)
    dump.unlink()
    console.print(f"{result.sentence} ({took(time.monotonic() - began)} in all)")
    shown.wait_for_jobs()


def _environment(home: Path, root: Path, playground: Playground) -> dict[str, str]:
    config = home / "dbs.toml"
    port, web = _free_port(_FIRST_PORT), _free_port(8080)
    builds = _free_port(port + 1)
    lines = [
        f'[web]\nbind = "127.0.0.1:{web}"',
        f'[slack]\nchannel = "#{CHANNEL}"\noperators = ["{BACKEND}"]\napprovers = ["{DBA}"]',
        # The made-up shop loads into every MariaDB; its dump says 10.11, and the machine may have another series.
        f'[source.{SOURCE}]\nurl = "mysql://nobody@127.0.0.1:3306/{DATABASE}"\nengine_mismatch = "allow"',
        f'[provider.local]\nkind = "local"\nroot = "{root}"',
        f'[instance.{INSTANCE}]\nsource = "{SOURCE}"\nprovider = "local"\nport = {port}',
        f'[instance.builds]\nsource = "{SOURCE}"\nprovider = "local"\nrole = "builds"\nport = {builds}',
        # Nothing is fetched from there: the demo gives its migrations as files.
        f'[project.{SOURCE}]\nremote = "{home}/{SOURCE}.git"\nsource = "{SOURCE}"\nmigrations = "**"\nrunner = "sql"',
    ]
    config.write_text("\n".join(lines) + "\n")
    return {"DBS_CONFIG": str(config), "DBS_HOME": str(home / "state"), **playground.environment()}


def _playground(state: Path) -> Playground:
    """A stand-in for Slack beside a state of its own. Raises `FailedError` where a real workspace's tokens are set."""
    os.environ["DBS_HOME"] = str(state)
    os.environ.pop("DBS_STATE_URL", None)
    try:
        mark_home(state)
        return Playground()
    except (RealTokensError, ForeignHomeError) as error:
        raise FailedError(str(error)) from error


def _stop_leftover(home: Path) -> None:
    """A demo that was killed left its supervisor, and that holds the ports."""
    if (home / "dbs.toml").exists():
        settings = load_settings({"DBS_CONFIG": str(home / "dbs.toml"), "DBS_HOME": str(home / "state")})
        if answers(settings):
            leave(settings, stop_servers=True)


def _home(wanted: Path | None) -> Path:
    home = (wanted or Path("~/.local/share/dbs-demo").expanduser()).absolute()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


def _root(home: Path) -> Path:
    """Where the data lies: below the home, unless another login must reach it, who cannot enter root's home."""
    if os.geteuid() != 0:
        return home / "data"
    beside = home / "root"
    if beside.exists():
        return Path(beside.read_text())
    root = Path(tempfile.mkdtemp(prefix="dbs-demo-", dir="/var/lib"))
    beside.write_text(str(root))
    return root


def _remove(console: Console, home: Path, root: Path) -> None:
    for path in (root, home):
        shutil.rmtree(path, ignore_errors=True)
    console.print(f"Removed {home} and {root}. Nothing of the demo is left but what script/demo installed.")


def _free_port(first: int) -> int:
    for port in range(first, first + 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise FailedError(f"No port from {first} to {first + 199} is free for the demo.")
