"""Rules for the parts of blocks: text objects, buttons, selects, confirmations.

Every function yields problems as `where: what`, and takes whatever JSON it is given: a part of the wrong shape is a
problem, never an exception. Limits are those of Slack's Block Kit reference.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Problems = Iterator[str]

PLAIN = ("plain_text",)
ANY_TEXT = ("plain_text", "mrkdwn")
IDENTIFIER = 255
BUTTON_TEXT, BUTTON_VALUE, URL = 75, 2_000, 3_000
OPTIONS, OVERFLOW_OPTIONS, OPTION_TEXT, OPTION_VALUE = 100, 5, 75, 150


def string(where: str, value: Any, limit: int, required: bool = True) -> Problems:
    """A non-empty string of at most `limit` characters; absent only when not required."""
    if value is None and not required:
        return
    if not isinstance(value, str) or not value:
        yield f"{where}: must be a non-empty string"
    elif len(value) > limit:
        yield f"{where}: must be at most {limit} characters, has {len(value)}"


def text(where: str, value: Any, limit: int, kinds: tuple[str, ...] = ANY_TEXT) -> Problems:
    """A text object of one of `kinds` with 1 to `limit` characters."""
    if not isinstance(value, dict):
        yield f"{where}: must be a text object"
    elif value.get("type") not in kinds:
        yield f"{where}: type must be {' or '.join(kinds)}, is {value.get('type')!r}"
    else:
        yield from string(f"{where}.text", value.get("text"), limit)


def listed(where: str, value: Any, most: int, least: int = 1) -> Problems:
    """A list of objects with `least` to `most` members."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        yield f"{where}: must be a list of objects"
    elif not least <= len(value) <= most:
        yield f"{where}: must have {least} to {most} items, has {len(value)}"


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list that may be anything."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def element(where: str, value: Any, allowed: Mapping[str, Callable[[str, dict[str, Any]], Problems]]) -> Problems:
    """An element of a type in `allowed`, by that type's rule; every element may carry an `action_id`."""
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in allowed:
        yield f"{where}: unsupported element {kind!r}"
        return
    yield from string(f"{where}.action_id", value.get("action_id"), IDENTIFIER, required=False)
    yield from allowed[kind](where, value)


def button(where: str, value: dict[str, Any]) -> Problems:
    """A button: text 75, value 2,000, url 3,000 characters."""
    yield from text(f"{where}.text", value.get("text"), BUTTON_TEXT, PLAIN)
    yield from string(f"{where}.value", value.get("value"), BUTTON_VALUE, required=False)
    yield from string(f"{where}.url", value.get("url"), URL, required=False)
    if value.get("style") not in (None, "primary", "danger"):
        yield f"{where}.style: must be primary or danger"
    yield from confirmation(f"{where}.confirm", value.get("confirm"))


def confirmation(where: str, value: Any) -> Problems:
    """The optional "are you sure" of an element."""
    if value is None:
        return
    if not isinstance(value, dict):
        yield f"{where}: must be an object"
        return
    for name, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        if name in value or name == "text":
            yield from text(f"{where}.{name}", value.get(name), limit)


def option(where: str, value: dict[str, Any]) -> Problems:
    """An option: text 75, value 150 characters."""
    yield from text(f"{where}.text", value.get("text"), OPTION_TEXT)
    yield from string(f"{where}.value", value.get("value"), OPTION_VALUE)


def options(most: int) -> Callable[[str, dict[str, Any]], Problems]:
    """The rule of an element that offers at most so many options."""

    def rule(where: str, value: dict[str, Any]) -> Problems:
        if "option_groups" in value:
            yield from listed(f"{where}.option_groups", value["option_groups"], OPTIONS)
            return
        yield from listed(f"{where}.options", value.get("options"), most)
        for at, each in enumerate(objects(value.get("options"))):
            yield from option(f"{where}.options[{at}]", each)

    return rule


def image(where: str, value: dict[str, Any]) -> Problems:
    """An image needs a place and words for those who do not see it."""
    if "image_url" not in value and "slack_file" not in value:
        yield f"{where}: image_url or slack_file is required"
    yield from string(f"{where}.alt_text", value.get("alt_text"), 2_000)


def context_text(where: str, value: dict[str, Any]) -> Problems:
    """Text as an element of a context block."""
    yield from text(where, value, 3_000)


def free(where: str, value: dict[str, Any]) -> Problems:
    """An element we know by name but whose inside is not checked here."""
    yield from ()


PICKERS = dict.fromkeys(
    (
        "external_select", "users_select", "conversations_select", "channels_select",
        "multi_external_select", "multi_users_select", "multi_conversations_select", "multi_channels_select",
        "datepicker", "timepicker", "datetimepicker", "workflow_button",
    ),
    free,
)  # fmt: skip
INTERACTIVE: dict[str, Callable[[str, dict[str, Any]], Problems]] = {
    "button": button,
    "static_select": options(OPTIONS),
    "multi_static_select": options(OPTIONS),
    "overflow": options(OVERFLOW_OPTIONS),
    "checkboxes": options(10),
    "radio_buttons": options(10),
    **PICKERS,
}
ACCESSORIES = {**INTERACTIVE, "image": image}
INPUTS = {
    **INTERACTIVE,
    **dict.fromkeys(
        ("plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input"),
        free,
    ),
}
CONTEXT = {"image": image, "mrkdwn": context_text, "plain_text": context_text}
CONTEXT_ACTIONS = {"feedback_buttons": free, "icon_button": free}
