"""`as_text`, `view_as_text`: Slack messages, modals and App Homes as plain text for a terminal. Pure."""

import html
import re
from collections.abc import Callable, Mapping
from typing import Any

Json = Mapping[str, Any]

MARKS = {"pending": "·", "in_progress": "…", "complete": "✓", "error": "✗"}
INDENT = "    "


def as_text(message: Json, names: Mapping[str, str] | None = None) -> str:
    """The blocks of a message (its `text` when it has none) as lines; `names` maps user ids to handles.

    Takes a message as the Web API gives it. An unknown block is shown as `[its type]`: nothing is dropped silently.
    """
    blocks = message.get("blocks") or []
    shown = [_block(block) for block in blocks] if blocks else [str(message.get("text") or "")]
    shown += [f"[file: {file.get('name')}]" for file in message.get("files") or []]
    return words("\n".join(part for part in shown if part), names or {})


def view_as_text(view: Json, names: Mapping[str, str] | None = None) -> str:
    """A modal with its title, its buttons and what is wrong with its inputs (`errors` by block id), or an App Home."""
    errors: Mapping[str, str] = view.get("errors") or {}
    lines = []
    for block in view.get("blocks", []):
        lines.append(_block(block))
        if block.get("block_id") in errors:
            lines.append(f"{INDENT}! {errors[block['block_id']]}")
    body = words("\n".join(line for line in lines if line), names or {})
    if view.get("type") == "home":
        return body
    foot = [_text(view.get("close")) or "Cancel", *([_text(view["submit"])] if view.get("submit") else [])]
    trouble = [str(view["trouble"])] if view.get("trouble") else []
    return "\n".join([_header({"text": view.get("title")}), *trouble, body, "  ".join(f"[{each}]" for each in foot)])


def _block(block: Json) -> str:
    return SHAPES.get(block.get("type", ""), _unknown)(block)


def words(text: str, names: Mapping[str, str]) -> str:
    """Slack's references and escapes undone: `<@U1>` → `@rita`, `<#C1|x>` → `#x`, `<url|label>` → `label (url)`."""

    def reference(match: re.Match[str]) -> str:
        target, _, label = match[1].partition("|")
        if target[0] == "@":
            return f"@{label or names.get(target[1:], target[1:])}"
        if target[0] == "#":
            return f"#{label or target[1:]}"
        if target[0] == "!":
            name = target.rpartition("^")[2].removeprefix("!")
            return label or f"@{names.get(name, name)}"
        return f"{label} ({target})" if label else target

    return html.unescape(re.sub(r"<((?:[@#!]|https?:|mailto:)[^<>]*)>", reference, text))


def _text(value: Any) -> str:
    """A text object's text, or a plain string."""
    return str(value.get("text") or "") if isinstance(value, Mapping) else str(value or "")


def _section(block: Json) -> str:
    lines = [_text(block.get("text")), *(_text(field).replace("\n", " ") for field in block.get("fields", []))]
    if "accessory" in block:
        lines.append(_element(block["accessory"]))
    return "\n".join(line for line in lines if line)


def _header(block: Json) -> str:
    title = _text(block.get("text"))
    return f"{title}\n{'=' * len(title)}"


def _elements(block: Json) -> str:
    return "  ".join(_element(each) for each in block.get("elements", []))


def _element(element: Json) -> str:
    kind = element.get("type")
    if kind in ("mrkdwn", "plain_text"):
        return _text(element)
    if kind == "button":
        return f"[{_text(element.get('text'))}]"
    if kind == "image":
        return f"[image: {element.get('alt_text', '')}]"
    offered = [_text(option.get("text")) for option in _options(element)]
    label = _text(element.get("placeholder")) or ("" if offered else str(kind))
    return f"[{': '.join(filter(None, [label, ' | '.join(offered)]))}]"


def _options(element: Json) -> list[Json]:
    groups = [{"options": element.get("options", [])}, *element.get("option_groups", [])]
    return [option for group in groups for option in group["options"]]


def _input(block: Json) -> str:
    """The label, and what is in the field from the start; else what may be chosen, or the words in its place."""
    element = block.get("element", {})
    label = _text(block.get("label")) + (" (optional)" if block.get("optional") else "")
    initial = element.get("initial_value") or _text((element.get("initial_option") or {}).get("text"))
    kind = {"file_input": "[attach a file]"}.get(str(element.get("type")), "[        ]")
    field = _element(element) if element.get("placeholder") or _options(element) else kind
    hint = f"\n{INDENT}{_text(block['hint'])}" if block.get("hint") else ""
    return f"{label}: {f'[{initial}]' if initial else field}{hint}"


def _card(block: Json) -> str:
    return "\n".join(filter(None, [_text(block.get("title")), _text(block.get("body")), _actions(block)]))


def _actions(block: Json) -> str:
    return "  ".join(_element(each) for each in block.get("actions", []))


def _alert(block: Json) -> str:
    return f"! {_text(block.get('text'))}"


def _image(block: Json) -> str:
    return f"[image: {block.get('alt_text', '')}]"


def _plan(block: Json) -> str:
    return "\n".join([_text(block.get("title")), *(_task(task) for task in block.get("tasks", []))])


def _task(task: Json) -> str:
    line = f"{MARKS.get(str(task.get('status')), '?')} {_text(task.get('title'))}"
    inner = [_rich_text(task[part]) for part in ("details", "output") if task.get(part)]
    return "\n".join([line, *(INDENT + each.replace("\n", "\n" + INDENT) for each in inner)])


def _table(block: Json) -> str:
    rows = [[_cell(cell) for cell in row] for row in block.get("rows", [])]
    columns = max((len(row) for row in rows), default=0)
    widths = [max(len(row[at]) for row in rows if at < len(row)) for at in range(columns)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows]
    return "\n".join(filter(None, [_text(block.get("caption")), *lines]))


def _cell(cell: Json) -> str:
    if cell.get("type") == "rich_text":
        return _rich_text(cell).replace("\n", " ")
    return str(cell.get("text", cell.get("value", "")))


def _rich_text(block: Json) -> str:
    return "\n".join(_rich_part(part) for part in block.get("elements", []))


def _rich_part(part: Json) -> str:
    kind, inner = part.get("type"), part.get("elements", [])
    if kind == "rich_text_list":
        return "\n".join(f"- {_rich_part(item)}" for item in inner)
    body = "".join(_rich_word(word) for word in inner)
    if kind == "rich_text_preformatted":
        return "\n".join(INDENT + line for line in body.splitlines())
    return f"> {body}" if kind == "rich_text_quote" else body


def _rich_word(word: Json) -> str:
    """Literal text is escaped here because `words` undoes escapes at the end: a `&lt;` in SQL has to stay one."""
    kind = word.get("type")
    if kind == "user":
        return f"<@{word.get('user_id')}>"
    if kind == "emoji":
        return f":{word.get('name')}:"
    literal = html.escape(str(word.get("text") or word.get("url") or ""), quote=False)
    return f"{literal} ({word['url']})" if kind == "link" and word.get("text") else literal


def _divider(block: Json) -> str:
    return "-" * 20


def _markdown(block: Json) -> str:
    return _text(block.get("text"))


def _chart(block: Json) -> str:
    return f"[chart: {_text(block.get('title'))}]"


def _unknown(block: Json) -> str:
    return f"[{block.get('type')}]"


SHAPES: dict[str, Callable[[Json], str]] = {
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
