"""One rule per block type: counts and lengths, as Slack's reference gives them. `RULES` is the table."""

from collections.abc import Callable, Mapping
from typing import Any

from playground.block_parts import (
    ACCESSORIES,
    CONTEXT,
    CONTEXT_ACTIONS,
    INPUTS,
    INTERACTIVE,
    PLAIN,
    Problems,
    element,
    image,
    listed,
    objects,
    string,
    text,
)

SECTION_TEXT, FIELDS, FIELD_TEXT = 3_000, 10, 2_000
HEADER_TEXT, MARKDOWN_TEXT = 150, 12_000
ACTIONS, CONTEXT_ELEMENTS, CONTEXT_ACTION_ELEMENTS = 25, 10, 5
TABLE_ROWS, TABLE_CELLS = 100, 20
DATA_ROWS = 201  # a header and 200 rows
TASKS = 50
TASK_STATES = ("pending", "in_progress", "complete", "error")
CELL_TYPES = ("raw_text", "raw_number", "rich_text")
RICH_TYPES = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")

Block = dict[str, Any]


def section(where: str, block: Block) -> Problems:
    """Text or fields, and at most one accessory."""
    if "text" not in block and "fields" not in block:
        yield f"{where}: text or fields is required"
    if "text" in block:
        yield from text(f"{where}.text", block["text"], SECTION_TEXT)
    if "fields" in block:
        yield from listed(f"{where}.fields", block["fields"], FIELDS)
        for at, field in enumerate(objects(block["fields"])):
            yield from text(f"{where}.fields[{at}]", field, FIELD_TEXT)
    if "accessory" in block:
        yield from element(f"{where}.accessory", block["accessory"], ACCESSORIES)


def header(where: str, block: Block) -> Problems:
    """Plain text of 150 characters."""
    yield from text(f"{where}.text", block.get("text"), HEADER_TEXT, PLAIN)


def markdown(where: str, block: Block) -> Problems:
    """The limit of 12,000 characters holds for all markdown blocks together; see `checks`."""
    yield from string(f"{where}.text", block.get("text"), MARKDOWN_TEXT)


def elements(most: int, allowed: Mapping[str, Callable[[str, Block], Problems]]) -> Callable[[str, Block], Problems]:
    """The rule of a block that is a row of elements."""

    def rule(where: str, block: Block) -> Problems:
        yield from listed(f"{where}.elements", block.get("elements"), most)
        for at, each in enumerate(objects(block.get("elements"))):
            yield from element(f"{where}.elements[{at}]", each, allowed)

    return rule


def input_block(where: str, block: Block) -> Problems:
    """A labelled input; label and hint are plain text."""
    yield from text(f"{where}.label", block.get("label"), 2_000, PLAIN)
    if block.get("hint") is not None:
        yield from text(f"{where}.hint", block["hint"], 2_000, PLAIN)
    for flag in ("optional", "dispatch_action"):
        if not isinstance(block.get(flag, False), bool):
            yield f"{where}.{flag}: must be true or false"
    yield from element(f"{where}.element", block.get("element"), INPUTS)


def rich_text(where: str, block: Block) -> Problems:
    """Elements of the four rich text kinds."""
    yield from listed(f"{where}.elements", block.get("elements"), 1_000)
    for at, each in enumerate(objects(block.get("elements"))):
        if each.get("type") not in RICH_TYPES:
            yield f"{where}.elements[{at}]: unsupported element {each.get('type')!r}"


def rows(most: int) -> Callable[[str, Block], Problems]:
    """The rule of a table with at most so many rows of at most 20 cells."""

    def rule(where: str, block: Block) -> Problems:
        lines = block.get("rows")
        if not isinstance(lines, list) or not lines:
            yield f"{where}.rows: must be a non-empty list"
            return
        if len(lines) > most:
            yield f"{where}.rows: must be at most {most}, has {len(lines)}"
        for at, line in enumerate(lines):
            yield from cells(f"{where}.rows[{at}]", line)

    return rule


def cells(where: str, line: Any) -> Problems:
    """One row of a table."""
    yield from listed(where, line, TABLE_CELLS)
    for at, cell in enumerate(objects(line)):
        if cell.get("type") not in CELL_TYPES:
            yield f"{where}[{at}]: cell type must be one of {', '.join(CELL_TYPES)}, is {cell.get('type')!r}"
        elif cell["type"] == "raw_text" and not isinstance(cell.get("text"), str):
            yield f"{where}[{at}].text: must be a string"


def data_table(where: str, block: Block) -> Problems:
    """A table with pages; its caption is required."""
    yield from string(f"{where}.caption", block.get("caption"), 255)
    yield from rows(DATA_ROWS)(where, block)


def data_visualization(where: str, block: Block) -> Problems:
    """A chart; the inside of `chart` is not checked here."""
    yield from string(f"{where}.title", block.get("title"), 50)


def task_card(where: str, block: Block) -> Problems:
    """One step: an id, a title, one of four states (`complete`, not `completed`)."""
    yield from string(f"{where}.task_id", block.get("task_id"), 255)
    yield from string(f"{where}.title", block.get("title"), SECTION_TEXT)
    if block.get("status") not in TASK_STATES:
        yield f"{where}.status: must be one of {', '.join(TASK_STATES)}, is {block.get('status')!r}"
    for part in ("details", "output"):
        inner = block.get(part)
        if inner is not None and (not isinstance(inner, dict) or inner.get("type") != "rich_text"):
            yield f"{where}.{part}: must be a rich_text block"


def plan(where: str, block: Block) -> Problems:
    """A title and up to 50 task cards with ids of their own."""
    yield from string(f"{where}.title", block.get("title"), SECTION_TEXT)
    yield from listed(f"{where}.tasks", block.get("tasks", []), TASKS, least=0)
    tasks = objects(block.get("tasks"))
    for at, task in enumerate(tasks):
        if task.get("type") != "task_card":
            yield f"{where}.tasks[{at}]: type must be task_card, is {task.get('type')!r}"
        yield from task_card(f"{where}.tasks[{at}]", task)
    ids = [str(task.get("task_id")) for task in tasks]
    if len(set(ids)) < len(ids):
        yield f"{where}.tasks: task_id must be unique"


def card(where: str, block: Block) -> Problems:
    """Title 150, body 200, three actions."""
    for part, limit in (("title", 150), ("body", 200)):
        if part in block:
            yield from text(f"{where}.{part}", block[part], limit)
    if "actions" in block:
        yield from listed(f"{where}.actions", block["actions"], 3)


def alert(where: str, block: Block) -> Problems:
    """200 characters, one of five levels."""
    yield from text(f"{where}.text", block.get("text"), 200)
    if block.get("level", "default") not in ("default", "info", "warning", "error", "success"):
        yield f"{where}.level: unknown level {block['level']!r}"


def nothing(where: str, block: Block) -> Problems:
    """A block without content of its own."""
    yield from ()


RULES: dict[str, Callable[[str, Block], Problems]] = {
    "actions": elements(ACTIONS, INTERACTIVE),
    "alert": alert,
    "card": card,
    "context": elements(CONTEXT_ELEMENTS, CONTEXT),
    "context_actions": elements(CONTEXT_ACTION_ELEMENTS, CONTEXT_ACTIONS),
    "data_table": data_table,
    "data_visualization": data_visualization,
    "divider": nothing,
    "header": header,
    "image": image,
    "input": input_block,
    "markdown": markdown,
    "plan": plan,
    "rich_text": rich_text,
    "section": section,
    "table": rows(TABLE_ROWS),
    "task_card": task_card,
}
MODAL_ONLY = {"alert"}
MESSAGE_ONLY = {"markdown", "table", "data_table", "data_visualization", "plan", "task_card", "context_actions"}
