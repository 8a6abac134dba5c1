"""One function per block type. `blocks_html` is the way in; a type it does not know is shown by its name."""

from collections.abc import Callable, Iterable

from playground.html.elements import INPUT, Surface, control, element_value, filled_in
from playground.html.rich import rich_text
from playground.html.words import e, markdown, plain, text
from playground.model import Json

MARKS = {"pending": "○", "in_progress": "◐", "complete": "✓", "error": "✗"}
STATES = {"pending": "waiting", "in_progress": "running", "complete": "done", "error": "failed"}


def blocks_html(blocks: Iterable[Json], surface: Surface) -> str:
    """The blocks, one below the other."""
    return "".join(
        f'<div class="block {e(block["type"])}">{BLOCKS.get(block["type"], _unknown)(block, surface)}</div>'
        for block in blocks
    )


def _section(block: Json, surface: Surface) -> str:
    shown = f'<div class="text">{text(block["text"], surface.names)}</div>' if "text" in block else ""
    fields = "".join(f"<div>{text(field, surface.names)}</div>" for field in block.get("fields", []))
    shown += f'<div class="fields">{fields}</div>' if fields else ""
    accessory = block.get("accessory")
    return shown + (f'<div class="accessory">{_element(accessory, block, surface)}</div>' if accessory else "")


def _header(block: Json, surface: Surface) -> str:
    return f"<h3>{text(block['text'], surface.names)}</h3>"


def _elements(block: Json, surface: Surface) -> str:
    return " ".join(_element(each, block, surface) for each in block.get("elements", []))


def _element(element: Json, block: Json, surface: Surface) -> str:
    kind = element.get("type")
    if kind in ("mrkdwn", "plain_text"):
        return f"<span>{text(element, surface.names)}</span>"
    if kind == "image":
        return _image(element, surface)
    if "action_id" not in element:
        return f"[{e(kind)}]"
    return control(element, str(block.get("block_id", "")), surface)


def _image(block: Json, surface: Surface) -> str:
    """Words only: the page loads nothing from elsewhere."""
    return f'<span class="image">Image: {e(block.get("alt_text", ""))}</span>'


def _divider(block: Json, surface: Surface) -> str:
    return "<hr>"


def _markdown(block: Json, surface: Surface) -> str:
    return markdown(str(block.get("text", "")))


def _rich_text(block: Json, surface: Surface) -> str:
    return rich_text(block, surface.names)


def _plan(block: Json, surface: Surface) -> str:
    tasks = "".join(f"<li>{_task(task, surface)}</li>" for task in block.get("tasks", []))
    return f"<b>{plain(_title(block))}</b><ol>{tasks}</ol>"


def _task(task: Json, surface: Surface) -> str:
    state = str(task.get("status"))
    inner = "".join(
        f'<div class="detail">{rich_text(task[part], surface.names)}</div>'
        for part in ("details", "output")
        if task.get(part)
    )
    mark, word = MARKS.get(state, "?"), STATES.get(state, state)
    return f'<span class="mark {e(state)}" title="{e(word)}">{mark}</span> {plain(_title(task))}{inner}'


def _title(block: Json) -> str:
    title = block.get("title", "")
    return str(title.get("text", "")) if isinstance(title, dict) else str(title)


def _table(block: Json, surface: Surface) -> str:
    first, *rest = block.get("rows", [[]])
    caption = f"<caption>{plain(str(block['caption']))}</caption>" if block.get("caption") else ""
    head = f"<tr>{''.join(f'<th>{_cell(cell, surface)}</th>' for cell in first)}</tr>"
    body = "".join(f"<tr>{''.join(f'<td>{_cell(cell, surface)}</td>' for cell in row)}</tr>" for row in rest)
    return f"<table>{caption}<thead>{head}</thead><tbody>{body}</tbody></table>"


def _cell(cell: Json, surface: Surface) -> str:
    if cell.get("type") == "rich_text":
        return rich_text(cell, surface.names)
    return e(cell.get("text", cell.get("value", "")))


def _chart(block: Json, surface: Surface) -> str:
    return f'<span class="image">Chart: {plain(_title(block))}</span>'


def _card(block: Json, surface: Surface) -> str:
    title = f"<b>{text(block['title'], surface.names)}</b>" if "title" in block else ""
    body = f"<div>{text(block['body'], surface.names)}</div>" if "body" in block else ""
    return title + body + _elements({**block, "elements": block.get("actions", [])}, surface)


def _alert(block: Json, surface: Surface) -> str:
    return f'<div class="level {e(block.get("level", "default"))}">{text(block.get("text"), surface.names)}</div>'


def _input(block: Json, surface: Surface) -> str:
    element, block_id = block["element"], str(block["block_id"])
    value = surface.values.get(block_id, element_value(element))
    optional = ' <span class="note">(optional)</span>' if block.get("optional") else ""
    hint = f'<div class="note">{text(block["hint"], surface.names)}</div>' if block.get("hint") else ""
    error = f'<div class="error">{plain(surface.errors[block_id])}</div>' if block_id in surface.errors else ""
    label = f'<span class="label">{text(block["label"], surface.names)}{optional}</span>'
    # Boxes have labels of their own, and a label must not hold another.
    tag = "div" if element["type"] in ("checkboxes", "radio_buttons") else "label"
    return f"<{tag}>{label}{filled_in(element, INPUT + block_id, value)}</{tag}>{hint}{error}"


def _unknown(block: Json, surface: Surface) -> str:
    return f"[{e(block.get('type'))}]"


BLOCKS: dict[str, Callable[[Json, Surface], str]] = {
    "actions": _elements,
    "alert": _alert,
    "card": _card,
    "context": _elements,
    "data_table": _table,
    "data_visualization": _chart,
    "divider": _divider,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "plan": _plan,
    "rich_text": _rich_text,
    "section": _section,
    "table": _table,
    "task_card": _task,
}
