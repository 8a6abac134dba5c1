"""Rich text as HTML: sections, lists, quotes, preformatted text, and the words in them."""

from collections.abc import Mapping
from typing import Any

from playground.html.words import EMOJI, e
from playground.model import Json

STYLES = {"bold": "b", "italic": "i", "strike": "s", "code": "code"}


def rich_text(block: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """A rich text block, or a cell or a detail of that kind."""
    return "".join(_part(part, names) for part in block.get("elements", []))


def _part(part: Json, names: Mapping[str, str]) -> str:
    kind, inner = part.get("type"), part.get("elements", [])
    if kind == "rich_text_list":
        tag = "ol" if part.get("style") == "ordered" else "ul"
        return f"<{tag}>{''.join(f'<li>{_words(item, names)}</li>' for item in inner)}</{tag}>"
    body = "".join(_word(word, names) for word in inner)
    if kind == "rich_text_preformatted":
        return f"<pre>{body}</pre>"
    return f"<q>{_breaks(body)}</q>" if kind == "rich_text_quote" else f"<p>{_breaks(body)}</p>"


def _words(part: Json, names: Mapping[str, str]) -> str:
    return _breaks("".join(_word(word, names) for word in part.get("elements", [])))


def _breaks(body: str) -> str:
    return body.replace("\n", "<br>")


def _word(word: Json, names: Mapping[str, str]) -> str:
    kind = word.get("type")
    if kind == "user":
        return f'<span class="mention">@{e(names.get(str(word.get("user_id")), word.get("user_id")))}</span>'
    if kind == "emoji":
        return EMOJI.get(str(word.get("name")), f":{e(word.get('name'))}:")
    shown = e(word.get("text") or word.get("url") or "")
    for style, tag in STYLES.items():
        if (word.get("style") or {}).get(style):
            shown = f"<{tag}>{shown}</{tag}>"
    address = str(word.get("url", ""))
    if kind == "link" and address.startswith(("http://", "https://")):
        return f'<a href="{e(address)}" rel="noreferrer">{shown}</a>'
    return shown
