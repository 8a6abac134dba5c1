"""Words → typed values. A command's arguments are a frozen dataclass; each field says how it is typed.

    @dataclass(frozen=True)
    class RestoreArguments:
        instance: str = word("the instance to put back")
        snapshot: str | None = option("--snapshot", "an older snapshot, by its id")

The Slack parser below and the command line (`cli/`) are both made from these fields.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Literal

from dbs.errors import UsageError

LONGEST_WORD = 200


@dataclass(frozen=True)
class Spelling:
    """How one field is typed: a `word` by position, an `option` with a value, a `flag`, or the `rest` of the words."""

    kind: Literal["word", "option", "flag", "rest"]
    help: str
    name: str = ""
    faces: tuple[str, ...] = ()


def word(help: str, *, default: Any = MISSING) -> Any:
    """A word by position; required unless it has a default."""
    return field(default=default, metadata={"spelling": Spelling("word", help)})


def option(name: str, help: str, *, faces: tuple[str, ...] = ()) -> Any:
    """`--name VALUE`, None when absent. `faces` restricts it, e.g. to the command line."""
    return field(default=None, metadata={"spelling": Spelling("option", help, name, faces)})


def flag(name: str, help: str, *, faces: tuple[str, ...] = ()) -> Any:
    """`--name`, False when absent."""
    return field(default=False, metadata={"spelling": Spelling("flag", help, name, faces)})


def rest(help: str, *, faces: tuple[str, ...] = ()) -> Any:
    """All remaining words as one text, empty when there are none. `faces` says where the usage shows it."""
    return field(default="", metadata={"spelling": Spelling("rest", help, "", faces)})


def spellings(arguments: type[Any]) -> list[tuple[Field[Any], Spelling]]:
    """The fields of a command's arguments with how they are typed."""
    return [(one, one.metadata["spelling"]) for one in fields(arguments)]


def usage(name: str, arguments: type[Any], face: str = "slack") -> str:
    """One line: `restore <instance> [--snapshot <snapshot>]`."""
    parts = [name]
    for one, spelling in spellings(arguments):
        if spelling.faces and face not in spelling.faces:
            continue
        shown = {"word": f"<{one.name}>", "rest": f"[{one.name} …]", "flag": f"[{spelling.name}]"}
        text = shown.get(spelling.kind, f"[{spelling.name} <{one.name}>]")
        parts.append(f"[{text}]" if spelling.kind == "word" and one.default is not MISSING else text)
    return " ".join(parts)


def parse(name: str, arguments: type[Any], words: Iterable[str], face: str) -> Any:
    """The words of a command as its arguments. Raises `UsageError` with the right usage."""
    taken: dict[str, Any] = {}
    table = spellings(arguments)
    named = {s.name: (one.name, s) for one, s in table if s.kind in ("option", "flag")}
    places = [one.name for one, s in table if s.kind == "word"]
    remainder = next((one.name for one, s in table if s.kind == "rest"), None)
    waiting = list(words)
    while waiting:
        current = _sane(waiting.pop(0))
        if current.startswith("--"):
            target, spelling = _known(name, arguments, current, named, face)
            if spelling.kind == "option" and not waiting:
                raise UsageError(f"{current} needs a value. Usage: {usage(name, arguments, face)}")
            taken[target] = _sane(waiting.pop(0)) if spelling.kind == "option" else True
        elif places:
            taken[places.pop(0)] = current
        elif remainder is not None:
            taken[remainder] = f"{taken.get(remainder, '')} {current}".strip()
        else:
            raise UsageError(f"{current!r} is one word too many. Usage: {usage(name, arguments, face)}")
    missing = [one.name for one, s in table if one.name in places and one.default is MISSING]
    if missing:
        raise UsageError(f"Which {missing[0]}? Usage: {usage(name, arguments, face)}")
    return arguments(**taken)


def _known(
    name: str, arguments: type[Any], given: str, named: dict[str, tuple[str, Spelling]], face: str
) -> tuple[str, Spelling]:
    if given not in named:
        raise UsageError(f"There is no option {given!r}.{nearest(given, named)} Usage: {usage(name, arguments, face)}")
    target, spelling = named[given]
    if spelling.faces and face not in spelling.faces:
        raise UsageError(f"{given} works on the command line only, where the file is: dbs {name} … {given} …")
    return target, spelling


def nearest(given: str, known: Iterable[str]) -> str:
    """` Did you mean restore?` or nothing."""
    close = difflib.get_close_matches(given.lower(), list(known), n=1, cutoff=0.5)
    return f" Did you mean {close[0]}?" if close else ""


def _sane(text: str) -> str:
    """A word without invisible characters; too long is refused."""
    shown = "".join(character for character in text if character.isprintable())
    if len(shown) > LONGEST_WORD:
        raise UsageError(f"One of the words has {len(shown)} characters; {LONGEST_WORD} is the most.")
    return shown
