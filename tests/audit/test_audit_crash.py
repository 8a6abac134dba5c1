"""Many writers at once, and a writer that is killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dbs.audit import Audit
from dbs.state import open_state

WRITER = """
import itertools, sys
from dbs.audit import Audit
from dbs.state import open_state

audit = Audit(open_state(sys.argv[1]))
for number in itertools.count():
    name = f"{sys.argv[2]}-{number}"
    audit.received(request_id=name, actor_id="U", actor_name="", face="cli", command="", target="", arguments={})
    print(name, "received", flush=True)
    audit.ended(name, "done", "")
    print(name, "done", flush=True)
"""


def test_concurrent_writers_keep_the_chain_whole(tmp_path: Path) -> None:
    audit = Audit(open_state(f"sqlite:///{tmp_path}/state.db"))

    def write(number: int) -> tuple[bool, bool]:
        name = f"r{number % 60}"  # each request comes twice
        first = audit.received(
            request_id=name, actor_id="U", actor_name="", face="cli", command="", target="", arguments={}
        )
        return first, audit.ended(name, "done", "")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(write, range(120)))
    assert [sum(column) for column in zip(*answers, strict=True)] == [60, 60]
    found = audit.verify()
    assert (found.ok, found.rows) == (True, 120)
    assert audit.open_requests() == []


def test_a_killed_writer_loses_no_acknowledged_row(tmp_path: Path) -> None:
    draw = random.Random(44)
    url = f"sqlite:///{tmp_path}/state.db"
    audit = Audit(open_state(url))
    acknowledged: set[tuple[str, str]] = set()
    for life in range(4):
        child = subprocess.Popen([sys.executable, "-c", WRITER, url, f"life{life}"], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for _ in range(draw.randrange(3, 40)):
            name, outcome = child.stdout.readline().split()
            acknowledged.add((name, outcome))
        child.kill()
        # What it had printed before it died counts as acknowledged too; a last line may be torn.
        rest = child.stdout.read().splitlines(keepends=True)
        acknowledged |= {(line.split()[0], line.split()[1]) for line in rest if line.endswith("\n")}
        assert child.wait() == -signal.SIGKILL
        found = audit.verify()
        assert found.ok, found.reason
    stored = {(event.request_id, event.outcome) for event in audit.history(words=None, limit=10**6)}
    assert acknowledged <= stored
    assert len(stored) - len(acknowledged) <= 4, "at most the one row that each life had under way"
