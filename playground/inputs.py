"""What a person fills in: from plain values to the state that Slack sends, with the checks of Slack's own client."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from playground.model import Json

MISSING = "Please complete this required field."


class NotAcceptedError(ValueError):
    """Slack's client does not take this; the sentence is shown beside the input."""


def state_of(blocks: list[Json], values: Mapping[str, Any]) -> tuple[Json, dict[str, str]]:
    """The state by block id and action id, and the sentences (by block id) about what cannot be submitted.

    `values` are by action id or block id: a string for texts, dates and single choices, a list for several choices and
    files. What is absent keeps the element's initial value; an empty string or list clears it. ValueError for a value
    that belongs to no input.
    """
    inputs = [block for block in blocks if block.get("type") == "input"]
    names = {name for block in inputs for name in (block["block_id"], block["element"]["action_id"])}
    if unknown := set(values) - names:
        raise ValueError(f"no input called {', '.join(sorted(unknown))} in this view")
    state: Json = {}
    problems: dict[str, str] = {}
    for block in inputs:
        element, block_id = block["element"], block["block_id"]
        given = values.get(element["action_id"], values.get(block_id))
        try:
            answer = filled(element, given)
            _acceptable(element, answer, bool(block.get("optional")))
        except NotAcceptedError as sentence:
            problems[block_id] = str(sentence)
        else:
            state[block_id] = {element["action_id"]: {"type": element["type"], **answer}}
    return state, problems


def filled(element: Json, given: Any = None) -> Json:
    """The part of a state or an action that holds the answer; NotAcceptedError for a choice that is not offered."""
    return ANSWERS.get(element["type"], _words)(element, given)


def empty(answer: Json) -> bool:
    """Whether nothing was filled in."""
    return not any(answer.values())


def _acceptable(element: Json, answer: Json, optional: bool) -> None:
    if empty(answer):
        if not optional:
            raise NotAcceptedError(MISSING)
        return
    rule = CLIENT_RULES.get(element["type"])
    if rule:
        rule(element, str(answer["value"]))


def _length(element: Json, value: str) -> None:
    if len(value) < element.get("min_length", 0):
        raise NotAcceptedError(f"Please enter at least {element['min_length']} characters.")
    if len(value) > (most := element.get("max_length", 3_000)):
        raise NotAcceptedError(f"Please enter at most {most} characters.")


def _number(element: Json, value: str) -> None:
    decimal = r"(\.\d+)?" if element.get("is_decimal_allowed") else ""
    if not re.fullmatch(rf"-?\d+{decimal}", value):
        raise NotAcceptedError("Please enter a number." if decimal else "Please enter a whole number.")


def _mail(element: Json, value: str) -> None:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise NotAcceptedError("Please enter a valid email address.")


def _address(element: Json, value: str) -> None:
    if not re.fullmatch(r"https?://\S+", value):
        raise NotAcceptedError("Please enter a valid URL.")


def _words(element: Json, given: Any) -> Json:
    return {"value": element.get("initial_value") if given is None else str(given) or None}


def _one(element: Json, given: Any) -> Json:
    if given is None:
        return {"selected_option": element.get("initial_option")}
    return {"selected_option": _option(element, given) if given else None}


def _several(element: Json, given: Any) -> Json:
    if given is None:
        return {"selected_options": element.get("initial_options", [])}
    chosen = given if isinstance(given, list) else [given]
    return {"selected_options": [_option(element, each) for each in chosen if each]}


def _option(element: Json, value: Any) -> Json:
    """The option with this value, or with this text."""
    groups = [{"options": element.get("options", [])}, *element.get("option_groups", [])]
    options = [option for group in groups for option in group["options"]]
    for option in options:
        if value in (option["value"], option["text"]["text"]):
            return {"text": option["text"], "value": option["value"]}
    raise NotAcceptedError(f"There is no option {value}.")


def _plain(name: str) -> Callable[[Json, Any], Json]:
    """An answer that is a single value under `selected_<name>`, such as a date."""

    def answer(element: Json, given: Any) -> Json:
        return {f"selected_{name}": element.get(f"initial_{name}") if given is None else given or None}

    return answer


def _files(element: Json, given: Any) -> Json:
    """`given` are file objects, as `files.info` shows them."""
    files: list[Json] = [] if given is None else given if isinstance(given, list) else [given]
    kinds = element.get("filetypes", ["any"])
    for file in files:
        if "any" not in kinds and file["name"].rpartition(".")[2] not in kinds:
            raise NotAcceptedError(f"Please attach files of these types only: {', '.join(kinds)}.")
    if len(files) > (most := element.get("max_files", 10)):
        raise NotAcceptedError(f"Please attach at most {most} files.")
    return {"files": files}


ANSWERS: dict[str, Callable[[Json, Any], Json]] = {
    "static_select": _one,
    "radio_buttons": _one,
    "overflow": _one,
    "multi_static_select": _several,
    "checkboxes": _several,
    "datepicker": _plain("date"),
    "timepicker": _plain("time"),
    "datetimepicker": _plain("date_time"),
    "users_select": _plain("user"),
    "channels_select": _plain("channel"),
    "conversations_select": _plain("conversation"),
    "multi_users_select": _plain("users"),
    "multi_channels_select": _plain("channels"),
    "multi_conversations_select": _plain("conversations"),
    "file_input": _files,
}
CLIENT_RULES: dict[str, Callable[[Json, str], None]] = {
    "plain_text_input": _length,
    "number_input": _number,
    "email_text_input": _mail,
    "url_text_input": _address,
}
