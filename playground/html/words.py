"""Slack's texts as HTML: mrkdwn, plain text, and the markdown of markdown blocks. Everything is escaped here."""

import html
import re
from collections.abc import Mapping
from typing import Any

from playground.render import words

EMOJI = {
    "white_check_mark": "✅", "heavy_check_mark": "✔️", "x": "❌", "warning": "⚠️", "hourglass": "⏳",
    "hourglass_flowing_sand": "⏳", "lock": "🔒", "rotating_light": "🚨", "eyes": "👀", "tada": "🎉",
}  # fmt: skip

NEWLINE = "\n"
_PIECES = re.compile(r"(```.*?```|`[^`\n]+`|<(?:[@#!]|https?:|mailto:)[^<>]*>)", re.DOTALL)
_MARKS = (
    (re.compile(r"(?<![\w*])\*(?! )([^*\n]+?)(?<! )\*(?![\w*])"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w_])_(?! )([^_\n]+?)(?<! )_(?![\w_])"), r"<i>\1</i>"),
    (re.compile(r"(?<![\w~])~(?! )([^~\n]+?)(?<! )~(?![\w~])"), r"<s>\1</s>"),
)
# Of markdown, on escaped lines: headings, bold, code.
_MARKDOWN = (
    (re.compile(r"^#{1,6} +(.+)$", re.MULTILINE), r"<b>\1</b>"),
    (re.compile(r"\*\*([^*\n]+)\*\*"), r"<b>\1</b>"),
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
)


def e(value: object) -> str:
    """Escaped for text and for attribute values."""
    return html.escape(str(value), quote=True)


def text(value: Any, names: Mapping[str, str]) -> str:
    """A text object; a bare string counts as plain text."""
    if not isinstance(value, Mapping):
        return plain(str(value or ""))
    body = str(value.get("text") or "")
    return mrkdwn(body, names) if value.get("type") == "mrkdwn" else plain(body)


def plain(body: str) -> str:
    """Plain text with its line breaks and emoji."""
    return _emoji(e(html.unescape(body))).replace("\n", "<br>")


def mrkdwn(body: str, names: Mapping[str, str]) -> str:
    """Slack's own mark-up; what is between backticks, and references, are left alone by the marks around them."""
    return "".join(_piece(piece, names) for piece in _PIECES.split(body) if piece)


def markdown(body: str) -> str:
    """Lists and tables stay as they are written; headings, bold and code are shown as such."""
    parts = re.split(r"(```.*?```)", body, flags=re.DOTALL)
    return "".join(
        _fence(re.sub(r"^```\w*\n", "```", part)) if part.startswith("```") else _marked_down(part)
        for part in parts
        if part
    )


def _marked_down(part: str) -> str:
    shown = e(html.unescape(part))
    for pattern, mark in _MARKDOWN:
        shown = pattern.sub(mark, shown)
    return _emoji(shown).replace("\n", "<br>")


def _piece(piece: str, names: Mapping[str, str]) -> str:
    if piece.startswith("```") and len(piece) > 5:
        return _fence(piece)
    if piece.startswith("`") and len(piece) > 2:
        return f"<code>{e(html.unescape(piece[1:-1]))}</code>"
    if piece.startswith("<") and piece.endswith(">") and len(piece) > 2:
        return _reference(piece, names)
    return _marked(piece)


def _fence(piece: str) -> str:
    return f"<pre>{e(html.unescape(piece[3:-3].strip(NEWLINE)))}</pre>"


def _reference(piece: str, names: Mapping[str, str]) -> str:
    target, _, label = piece[1:-1].partition("|")
    if target.startswith(("http://", "https://")):
        return f'<a href="{e(html.unescape(target))}" rel="noreferrer">{e(html.unescape(label or target))}</a>'
    return f'<span class="mention">{e(words(piece, names))}</span>'


def _marked(piece: str) -> str:
    lines = []
    for line in piece.split("\n"):
        shown = _emoji(e(html.unescape(line)))
        for pattern, mark in _MARKS:
            shown = pattern.sub(mark, shown)
        quoted = re.match(r"&gt; ?", shown)
        lines.append(f"<q>{shown[quoted.end() :]}</q>" if quoted else shown)
    return "<br>".join(lines)


def _emoji(escaped: str) -> str:
    return re.sub(r":([a-z_]+):", lambda match: EMOJI.get(match[1], match[0]), escaped)
