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
PLACEHOLDER, INPUT_TEXT, FILES = 150, 3_000, 10


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
        yield from placeholder(where, value)
        if "option_groups" in value:
            yield from listed(f"{where}.option_groups", value["option_groups"], OPTIONS)
            return
        yield from listed(f"{where}.options", value.get("options"), most)
        for at, each in enumerate(objects(value.get("options"))):
            yield from option(f"{where}.options[{at}]", each)

    return rule


def placeholder(where: str, value: dict[str, Any]) -> Problems:
    """The words shown while nothing is filled in: plain text, 150 characters."""
    if "placeholder" in value:
        yield from text(f"{where}.placeholder", value["placeholder"], PLACEHOLDER, PLAIN)


def number(where: str, value: Any, least: int, most: int) -> Problems:
    """A whole number from `least` to `most`; absent is fine."""
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most):
        yield f"{where}: must be a whole number from {least} to {most}"


def text_input(where: str, value: dict[str, Any]) -> Problems:
    """A field for words: at most 3,000 characters, its own limits within that."""
    yield from placeholder(where, value)
    yield from number(f"{where}.min_length", value.get("min_length"), 0, INPUT_TEXT)
    yield from number(f"{where}.max_length", value.get("max_length"), 1, INPUT_TEXT)
    if value.get("initial_value") not in (None, ""):
        yield from string(f"{where}.initial_value", value["initial_value"], INPUT_TEXT)


def number_input(where: str, value: dict[str, Any]) -> Problems:
    """A field for a number; whether decimals are allowed must be said."""
    yield from placeholder(where, value)
    if not isinstance(value.get("is_decimal_allowed"), bool):
        yield f"{where}.is_decimal_allowed: is required"


def file_input(where: str, value: dict[str, Any]) -> Problems:
    """A field for 1 to 10 files of the named types."""
    yield from number(f"{where}.max_files", value.get("max_files"), 1, FILES)
    kinds = value.get("filetypes", ["any"])
    if not isinstance(kinds, list) or not kinds or not all(isinstance(kind, str) for kind in kinds):
        yield f"{where}.filetypes: must be a list of words"


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
# What an input block may hold; buttons and menus of actions are no answers to a question.
INPUTS = {
    **{kind: rule for kind, rule in INTERACTIVE.items() if kind not in ("button", "overflow", "workflow_button")},
    **dict.fromkeys(("plain_text_input", "email_text_input", "url_text_input"), text_input),
    "number_input": number_input,
    "rich_text_input": free,
    "file_input": file_input,
}
CONTEXT = {"image": image, "mrkdwn": context_text, "plain_text": context_text}
CONTEXT_ACTIONS = {"feedback_buttons": free, "icon_button": free}
