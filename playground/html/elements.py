"""Buttons, menus and inputs as HTML.

On a message every control is a small form of its own. A modal or a home is one form as a whole (`whole_form`), so that
what is filled in travels with every press.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.html.words import e, plain, text
from playground.model import Json

INPUT, CHOICE = "in:", "choice:"
HTML_TYPES = {
    "email_text_input": "email", "url_text_input": "url", "number_input": "number", "datepicker": "date",
    "timepicker": "time", "datetimepicker": "number",
}  # fmt: skip


@dataclass(frozen=True)
class Surface:
    """Where blocks are shown: how ids are called, which hidden fields say who acts on what, what was filled in."""

    names: Mapping[str, str] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    whole_form: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


def hidden(values: Mapping[str, str]) -> str:
    """Fields that nobody sees."""
    return "".join(f'<input type="hidden" name="{e(name)}" value="{e(value)}">' for name, value in values.items())


def control(element: Json, block_id: str, surface: Surface) -> str:
    """Something that sends a block action."""
    if element.get("type") == "button":
        return _confirmed(element, _button(element, block_id, surface), surface)
    name = f"{CHOICE}{element['action_id']}"
    chosen = filled_in(element, name, element_value(element))
    return _form(element, block_id, surface, chosen + _press(element, block_id, surface, "Choose"))


def _button(element: Json, block_id: str, surface: Surface) -> str:
    if str(element.get("url", "")).startswith(("http://", "https://")):
        return f'<a class="button" href="{e(element["url"])}" rel="noreferrer">{plain(_label(element))}</a>'
    return _form(element, block_id, surface, _press(element, block_id, surface, _label(element)))


def _press(element: Json, block_id: str, surface: Surface, label: str) -> str:
    style = f' class="{e(element["style"])}"' if element.get("style") else ""
    if not surface.whole_form:
        return f"<button{style}>{plain(label)}</button>"
    value = f"{element['action_id']}"
    return (
        f'<button{style} formaction="/press" formnovalidate name="pressed" value="{e(value)}">{plain(label)}</button>'
    )


def _form(element: Json, block_id: str, surface: Surface, inside: str) -> str:
    if surface.whole_form:
        return inside
    fields = {**surface.hidden, "action_id": element["action_id"], "block_id": block_id}
    return f'<form method="post" action="/click">{hidden(fields)}{inside}</form>'


def _confirmed(element: Json, button: str, surface: Surface) -> str:
    """A button that asks back is shown behind its question."""
    question = element.get("confirm")
    if not question:
        return button
    title = f"<b>{text(question['title'], surface.names)}</b> " if question.get("title") else ""
    return (
        f'<details class="confirm"><summary class="button {e(element.get("style", ""))}">{plain(_label(element))} …'
        f"</summary><p>{title}{text(question['text'], surface.names)}</p>{button}</details>"
    )


def _label(element: Json) -> str:
    return str((element.get("text") or {}).get("text", ""))


def filled_in(element: Json, name: str, value: Any) -> str:
    """The field for an element, with `value` in it."""
    return FIELDS.get(element["type"], _line)(element, e(name), value)


def element_value(element: Json) -> Any:
    """What is in a field before anybody touches it: a string, or a list of option values."""
    if "initial_options" in element:
        return [option["value"] for option in element["initial_options"]]
    if "initial_option" in element:
        return element["initial_option"]["value"]
    found = [value for name, value in element.items() if name.startswith("initial_") and isinstance(value, str | int)]
    return found[0] if found else ""


def _line(element: Json, name: str, value: Any) -> str:
    kind = HTML_TYPES.get(element["type"], "text")
    if element.get("multiline"):
        return f'<textarea name="{name}" rows="4"{_placeholder(element)}>{e(value)}</textarea>'
    step = ' step="any"' if element.get("is_decimal_allowed") else ""
    return f'<input type="{kind}" name="{name}" value="{e(value)}"{step}{_placeholder(element)}>'


def _placeholder(element: Json) -> str:
    words = (element.get("placeholder") or {}).get("text")
    return f' placeholder="{e(words)}"' if words else ""


def _menu(element: Json, name: str, value: Any) -> str:
    several = element["type"].startswith("multi_")
    nothing = "" if several else f'<option value="">{e((element.get("placeholder") or {}).get("text", ""))}</option>'
    options = "".join(
        f'<option value="{e(each["value"])}"{" selected" if _chosen(each, value) else ""}>'
        f"{plain(each['text']['text'])}</option>"
        for each in _options(element)
    )
    return f'<select name="{name}"{" multiple" if several else ""}>{nothing}{options}</select>'


def _boxes(element: Json, name: str, value: Any) -> str:
    kind = "checkbox" if element["type"] == "checkboxes" else "radio"
    return "".join(
        f'<label class="box"><input type="{kind}" name="{name}" value="{e(each["value"])}"'
        f"{' checked' if _chosen(each, value) else ''}>{plain(each['text']['text'])}</label>"
        for each in _options(element)
    )


def _files(element: Json, name: str, value: Any) -> str:
    kinds = [f".{kind}" for kind in element.get("filetypes", []) if kind != "any"]
    accept = f' accept="{e(",".join(kinds))}"' if kinds else ""
    return f'<input type="file" name="{name}"{accept}{" multiple" if element.get("max_files", 10) > 1 else ""}>'


def _options(element: Json) -> list[Json]:
    groups = [{"options": element.get("options", [])}, *element.get("option_groups", [])]
    return [option for group in groups for option in group["options"]]


def _chosen(option: Json, value: Any) -> bool:
    return option["value"] in value if isinstance(value, list) else option["value"] == value


FIELDS: dict[str, Callable[[Json, str, Any], str]] = {
    "static_select": _menu,
    "multi_static_select": _menu,
    "overflow": _menu,
    "checkboxes": _boxes,
    "radio_buttons": _boxes,
    "file_input": _files,
}
