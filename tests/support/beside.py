"""Tests beside each other: script/test runs them in as many processes as there are cores. Hooks of pytest.

A file's tests stay in one process, so that what they share is made once. Where that is dear, files are split or put
together: see `GROUPS`. Tests marked `alone` measure what a neighbour would spoil; they come afterwards, one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

PARTS = ("all", "beside", "alone")
# Pattern of a test's id: tests stay together that it matches with the same text in parentheses.
GROUPS = tuple(
    re.compile(pattern)
    for pattern in (
        r"tests/(contract)/.*[\[-](subvolume|reflink|plain|mysql)\b",  # a supervisor for each file system
        r"tests/(dumps|sources)/",  # servers for the whole folder
    )
)
# What takes longest begins first, or the other processes would wait for it at the end.
FIRST = (
    "contract mysql",
    "contract subvolume",
    "tests/fire/test_kill_points.py",
    "tests/fire/test_refresh_kills.py",
    "tests/scenario/test_scenario_rehearsal.py",
    "tests/fire/test_rehearsal_kills.py",
    "contract reflink",
    "dumps",
    "sources",
)


class LeftOut:
    """A test that was left out, to be counted."""


class Node(Protocol):
    """One of the processes, as the one that counts sees it."""

    config: pytest.Config


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--part`, for script/test."""
    parser.addoption(
        "--part", choices=PARTS, default="all", help="tests that run beside others, or those that must not"
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Keep one part, and put first what begins first. The other part is not counted as left out: it runs too."""
    part = config.getoption("part")
    if part != "all":
        items[:] = [item for item in items if (item.get_closest_marker("alone") is not None) == (part == "alone")]
    yield
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _rank(group(item.nodeid)))


def _rank(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    """Who tells the processes what to run."""
    config.option.loadscopereorder = False  # in our order, not by the number of tests
    return Together(config, log)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Note what is left out, in one of several processes: the one that counts does not see it by itself."""
    output = getattr(items[0].config, "workeroutput", None)
    if output is not None:
        output["left_out"] = output.get("left_out", 0) + len(items)


def pytest_testnodedown(node: Node) -> None:
    """Count what was left out; each process has left out the same."""
    reporter = node.config.pluginmanager.getplugin("terminalreporter")
    left_out = getattr(node, "workeroutput", {}).get("left_out", 0)
    if reporter is not None and left_out:
        reporter.stats["deselected"] = [LeftOut() for _ in range(left_out)]


class Together(LoadScopeScheduling):
    """Gives each process whole groups."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def group(nodeid: str) -> str:
    """What the test with this id stays together with: by default the tests of its file."""
    found = next((match for pattern in GROUPS if (match := pattern.match(nodeid))), None)
    return " ".join(found.groups()) if found else nodeid.partition("::")[0]
