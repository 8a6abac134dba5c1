"""A column's definition, as far as checks ask: its type, and what a row gets that does not name it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from dbs.migrations.checks.words import Cursor, words

_GENERATED = frozenset({"GENERATED", "VIRTUAL", "STORED", "PERSISTENT"})


@dataclass(frozen=True)
class Type:
    """A type: `name` in lower case, `sizes` what stands in its parentheses; an ENUM's members are left out."""

    name: str
    sizes: tuple[int, ...] = ()
    unsigned: bool = False


@dataclass(frozen=True)
class Shape:
    """`fills_itself`: a row that does not name the column gets a value without an error."""

    type: Type
    nullable: bool
    fills_itself: bool
    generated: bool


@lru_cache(maxsize=4096)
def shape(definition: str) -> Shape:
    """Read from the line that `SchemaObject.definition` is."""
    keys = [word.key for word in words(definition)]
    here = Cursor(words(definition))
    name = here.name().lower()
    sizes: list[int] = []
    if here.take("("):
        while here.key not in (")", ""):
            sizes.extend([int(here.key)] if here.key.isdigit() else [])
            here.at += 1
    nullable = not any(pair == ("NOT", "NULL") for pair in pairwise(keys))
    generated = not _GENERATED.isdisjoint(keys)
    fills = nullable or generated or "DEFAULT" in keys or "AUTO_INCREMENT" in keys
    return Shape(Type(name, tuple(sizes), "UNSIGNED" in keys), nullable, fills, generated)
