"""Views and their parts, as an app would write them."""

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def asking(name: str, element: Json, **more: Any) -> Json:
    return {"type": "input", "block_id": name, "label": plain(name), "element": {"action_id": name, **element}, **more}


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


REASON = asking("reason", {"type": "plain_text_input", "max_length": 10}, optional=True)
BUTTON = {"type": "button", "action_id": "look", "text": plain("Look"), "value": "7"}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain("Restore"), "submit": plain("Go"), "blocks": list(blocks), **more}


def note(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
