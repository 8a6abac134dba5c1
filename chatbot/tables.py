"""A `Table` as blocks: Slack's own table where it fits, aligned text where it does not."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import Any

from chatbot.texts import clean, clip, one_line
from commands.interface import Table

Block = dict[str, Any]

MOST_ROWS = 100
MOST_CELLS = 20
MOST_PREFORMATTED = 3_000
_WIDEST_CELL = 60
_REMEMBERED = 8  # the table of `help` is the same every time, and a message measures its table more than once


def fits_a_table_block(table: Table, characters: int) -> bool:
    """Whether Slack's table block takes it, header included, within so many characters."""
    within = len(table.columns) <= MOST_CELLS and len(table.rows) < MOST_ROWS
    return within and characters_of(table) <= characters


@lru_cache(_REMEMBERED)
def characters_of(table: Table) -> int:
    """How many characters its cells have as a table block."""
    return sum(len(clean(cell)) for row in (table.columns, *table.rows) for cell in row)


def table_block(table: Table) -> Block:
    """The table block. Its cells are raw text: Slack interprets nothing in them."""
    rows = [[{"type": "raw_text", "text": clean(cell)} for cell in row] for row in (table.columns, *table.rows)]
    return {"type": "table", "rows": rows}


def preformatted(table: Table, characters: int) -> tuple[Block, int]:
    """The first rows as aligned text of at most so many characters, and how many rows are missing."""
    lines: list[str] = []
    left = characters
    for line in aligned(table):
        if lines and len(line) + 1 > left:
            break
        lines.append(clip(line, left))
        left -= len(lines[-1]) + 1
    text = clean("\n".join(lines))
    element = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [element]}, len(table.rows) + 1 - len(lines)


@lru_cache(_REMEMBERED)
def aligned(table: Table) -> tuple[str, ...]:
    """Header and rows as lines whose columns stand below each other."""
    rows = [[clip(one_line(clean(cell)), _WIDEST_CELL) for cell in row] for row in (table.columns, *table.rows)]
    # More rows than this never fit; measuring all of them would be for nothing.
    rows = list(islice(rows, MOST_PREFORMATTED))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return tuple("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
