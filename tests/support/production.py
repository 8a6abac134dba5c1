"""A production database to refresh from: every type there is, persons, canaries, and an account that can only read.

The account gets its rights by the very statements that dbs tells an administrator, and the policy is what `dbs policy
suggest` writes, with rules by hand for what is there to be compared and not to be masked.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner
from typer.testing import Result as Run

from cli.main import app
from dbs import process
from dbs.masking.interface import KEEP, Policy, Rule, TablePolicy
from dbs.masking.policy import dump, load
from dbs.mysql.interface import Connection
from dbs.mysql.names import quote_name
from dbs.mysql.query import rows
from dbs.mysql.schema import Column, read_schema
from dbs.settings import Source
from dbs.sources.interface import SourceError
from dbs.sources.opening import open_source
from dbs.sources.rights import read_rights
from tests.sources import servers
from tests.sources.authority import Authority
from tests.sources.servers import Server
from tests.support import hard_source, mysql

DATABASE, READER, PASSWORD = "shop", "dbs_reader", "reads; 'only'"
PERSONS = ("addresses", "messages", "orders", "users")
"""The tables whose rules are the suggested ones; all others are kept, to be compared to the bit."""
CANARIES = hard_source.CANARIES
WHY_KEPT = "made up, to be compared"
LEAST_BYTES = 8
"""Shorter originals may be anywhere by chance."""
LARGE_BYTES = 2**20

_SMALL = partial(hard_source.create, large=False)
_NOTHING_READ = Rule("null")
_GRANT = re.compile(r"GRANT [^;]+;")


@contextmanager
def production(
    options: Sequence[str] = (),
    *,
    on_mysql: bool = False,
    create: Callable[[Connection], None] = _SMALL,
    authority: Authority | None = None,
) -> Iterator[Server]:
    """A running server with the database and the reader's account; MySQL's where that is asked for and there is one."""
    basedir = mysql.basedir() if on_mysql else None
    if on_mysql and basedir is None:
        pytest.skip(mysql.lack())
    tls = [] if authority is None else [f"--ssl-cert={authority.certificate_file}", f"--ssl-key={authority.key_file}"]
    own = ["--mysqlx=OFF", "--secure-file-priv=NULL"] if on_mysql else []
    with servers.place() as directory:
        servers.install(directory / "data", basedir)
        # Not in /tmp: a server that starts clears away what others of its kind have there.
        more = ["--max-allowed-packet=64M", f"--tmpdir={directory}", *own, *tls, *options]
        with servers.running(directory, more, basedir) as server:
            server.run(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
            with server.admin(DATABASE) as connection:
                create(connection)
            make_reader(server)
            yield server


def make_reader(server: Server) -> None:
    """An account that may nothing, and then what dbs says that it needs: told once, done once, enough."""
    server.run(f"CREATE USER {READER}@'%' IDENTIFIED BY '{PASSWORD.replace(chr(39), chr(39) * 2)}'")
    source = Source.model_validate({"url": f"mysql://{READER}@/{DATABASE}?socket={server.unix_socket}"})
    with pytest.raises(SourceError) as refused:
        open_source(source, PASSWORD, servers.NETWORK)
    server.run(*_GRANT.findall(str(refused.value)))
    with open_source(source, PASSWORD, servers.NETWORK) as opened:
        wishes = read_rights(opened.connection, opened.version, DATABASE).wishes
    server.run(*wishes.values())


def settings(server: Server, place: Path, **keys: str) -> str:
    """The table `[source.shop]` of a configuration; its secrets are files in `place`."""
    for name, secret in (("password", PASSWORD), ("mask.key", secrets.token_hex(32))):
        (place / name).write_text(secret)
        (place / name).chmod(0o600)
    return "\n".join([
        "[source.shop]",
        f'url = "mysql://{READER}@127.0.0.1:{server.tcp_port}/{DATABASE}"',
        f'password = "file:{place / "password"}"',
        f'mask_key = "file:{place / "mask.key"}"',
        'policy = "shop.toml"',
        *(f'{key} = "{value}"' for key, value in keys.items()),
        "",
    ])  # fmt: skip


def typed(*words: str) -> Run:
    """Type `dbs policy …`, with the configuration of the environment."""
    return CliRunner().invoke(app, ["policy", *words])


def children(pid: int, argument: str) -> list[int]:
    """The processes that a process has started itself, and that have that argument."""
    found = []
    for child in process.running(argument):
        with suppress(OSError):  # it has just ended
            if int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(child)
    return found


def write_policy(file: Path, canaries: Sequence[str] = CANARIES, kept_tables_but: Sequence[str] = PERSONS) -> Policy:
    """The policy as suggested for those tables; in all others everything is kept. Without any: for all."""
    run = typed("suggest", "shop", "--write", str(file), "--force")
    assert run.exit_code == 0, run.output
    suggested = load(file)
    kept_tables_but = kept_tables_but or list(suggested.tables)
    tables = {
        name: table if name in kept_tables_but else replace(table, columns={one: Rule(KEEP) for one in table.columns})
        for name, table in suggested.tables.items()
    }
    policy = replace(suggested, tables=tables, canaries=tuple(canaries))
    file.write_text(dump(policy))
    return with_reasons(file, policy)


def with_reasons(file: Path, policy: Policy) -> Policy:
    """A reason for each column that is kept and would be refused without one, and only for those."""
    problems = [row for row in _problems() if row[2] == "personal"]
    for table, column, _, _ in problems:
        rules = policy.tables[table]
        columns = {**rules.columns, column: Rule(KEEP, {"reason": WHY_KEPT})}
        policy = replace(policy, tables={**policy.tables, table: replace(rules, columns=columns)})
    file.write_text(dump(policy))
    assert _problems() == []
    return policy


def with_rule(file: Path, table: str, column: str, rule: Rule) -> None:
    """The policy of the file with one more rule."""
    policy = load(file)
    rules = policy.tables.get(table, TablePolicy())
    tables = {**policy.tables, table: replace(rules, columns={**rules.columns, column: rule})}
    file.write_text(dump(replace(policy, tables=tables)))


def without_rule(file: Path, table: str, column: str | None = None) -> None:
    """The policy of the file without the rule of a column, or without a table; nothing when there is none."""
    policy = load(file)
    tables = dict(policy.tables)
    rules = tables.pop(table, None)
    if rules is not None and column is not None:
        left = {name: rule for name, rule in rules.columns.items() if name != column}
        tables[table] = replace(rules, columns=left)
    file.write_text(dump(replace(policy, tables=tables)))


def _problems() -> list[list[str]]:
    tables = json.loads(typed("check", "shop", "--json").stdout)["tables"]
    return list(tables[0]["rows"]) if tables else []


def originals(connection: Connection, policy: Policy) -> set[bytes]:
    """The values of the masked columns as they may lie in files, without what stands in a kept one as well."""
    schema = read_schema(connection, DATABASE)
    masked, kept = set[bytes](), set[bytes]()
    for name, table in schema.tables.items():
        rules = policy.tables[name].columns
        for column in table.stored:
            found = {value for value in _values(connection, name, column) if len(value) >= LEAST_BYTES}
            rule = rules.get(column.name, _NOTHING_READ)
            (kept if rule.mask == KEEP else masked).update(found)
    there = b"\n".join(value for value in kept if len(value) < LARGE_BYTES)
    return {value for value in masked if len(set(value)) > LEAST_BYTES / 2 and value not in there}


def _values(connection: Connection, table: str, column: Column) -> Iterator[bytes]:
    name = quote_name(column.name)
    value_of = f"CAST({name} AS BINARY)" if column.binary else f"CONVERT({name} USING utf8mb4)"
    query = f"SELECT DISTINCT {value_of} FROM {quote_name(table)} WHERE {name} IS NOT NULL"
    for (value,) in rows(connection, query):
        yield value if isinstance(value, bytes) else str(value).encode()


def holding(values: Collection[bytes], place: Path, list_file: Path) -> list[str]:
    """The files below `place` with one of the values in their bytes, as they are or in capitals or small letters."""
    lines = {line for value in values for line in value.splitlines() if len(line) >= LEAST_BYTES and b"\0" not in line}
    texts = {line.decode("utf-8", "replace") for line in lines}
    forms = {form.encode(code, "replace") for one in texts for form in _cases(one) for code in ("utf-8", "latin-1")}
    list_file.write_bytes(b"\n".join(sorted(forms | lines)))
    words = ["grep", "--recursive", "--text", "--files-with-matches", "--fixed-strings", f"--file={list_file}"]
    done = subprocess.run(
        [*words, str(place)], capture_output=True, env={"LC_ALL": "C", "PATH": os.defpath}, check=False
    )
    gone = all(b"No such file" in line for line in done.stderr.splitlines())  # what a running dbs has just removed
    assert done.returncode in (0, 1) or gone, done.stderr
    return sorted(os.fsdecode(line) for line in done.stdout.splitlines())


def _cases(text: str) -> set[str]:
    return {text, text.lower(), text.upper()}
