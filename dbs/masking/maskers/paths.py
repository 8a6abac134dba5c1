"""Paths into JSON documents: `$.email`, `$.addresses[*].phone`, `$."a b".*`, `$.list[0]`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_STEP = re.compile(r'\.(?P<any>\*)|\."(?P<quoted>[^"]*)"|\.(?P<name>[^.\["*]+)|\[(?P<all>\*)\]|\[(?P<index>\d+)\]')
ANY_MEMBER, ANY_ELEMENT = ".*", "[*]"
Step = tuple[str, str | int | None]
"""("member", name), ("element", index), (".*", None) or ("[*]", None)."""

Leaf = TypeVar("Leaf")


def parse(path: str) -> tuple[Step, ...]:
    """The steps of a path. Raises `ValueError`."""
    if not path.startswith("$"):
        raise ValueError("it begins with $")
    steps: list[Step] = []
    at = 1
    while at < len(path):
        found = _STEP.match(path, at)
        if not found:
            raise ValueError(f"cannot be read from character {at + 1} on")
        steps.append(_step(found))
        at = found.end()
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    if found["any"]:
        return ANY_MEMBER, None
    if found["all"]:
        return ANY_ELEMENT, None
    if found["index"]:
        return "element", int(found["index"])
    return "member", found["name"] if found["quoted"] is None else found["quoted"]


@dataclass
class Node(Generic[Leaf]):
    """All paths at once, as a tree: `leaf` is what stands at the end of one."""

    leaf: Leaf | None = None
    steps: dict[Step, Node[Leaf]] = field(default_factory=dict)

    def add(self, path: Iterable[Step], leaf: Leaf) -> None:
        """One path more."""
        node = self
        for step in path:
            node = node.steps.setdefault(step, Node())
        node.leaf = leaf


def followed(nodes: tuple[Node[Leaf], ...], step: Step) -> tuple[Node[Leaf], ...]:
    """Where one step leads: exact paths before those with a star."""
    star: Step = (ANY_MEMBER if step[0] == "member" else ANY_ELEMENT, None)
    return tuple(_steps(nodes, (step, star))) if nodes else ()


def _steps(nodes: tuple[Node[Leaf], ...], steps: tuple[Step, ...]) -> Iterator[Node[Leaf]]:
    for step in steps:
        for node in nodes:
            if step in node.steps:
                yield node.steps[step]
