"""What people type in Slack → words. Never raises: quotes may be odd, curly, or missing their partner."""

from __future__ import annotations

import html
import re

# A quote groups words only where it opens and closes at the edge of a word, so that "don't" stays one word.
_WORD = re.compile(r'(?<!\S)"([^"]*)"(?!\S)|(?<!\S)\'([^\']*)\'(?!\S)|(\S+)')
# Keyboards of phones and Macs turn straight quotes into curly ones and two hyphens into one dash.
_STRAIGHT = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'"})
_DASH = re.compile(r"(?<!\S)[\u2013\u2014](?=[a-z])")


def split(text: str) -> tuple[str, ...]:
    """The words of a command. Slack sends `&`, `<` and `>` escaped; references such as `<@U1|rita>` stay whole."""
    plain = _DASH.sub("--", html.unescape(text).translate(_STRAIGHT))
    return tuple(next(part for part in match.groups() if part is not None) for match in _WORD.finditer(plain))


def after_mention(text: str, bot_user_id: str | None) -> str:
    """What is said to the bot: all that follows its first mention; the whole text when it is not mentioned."""
    if bot_user_id is None:
        return text
    parts = re.split(rf"<@{re.escape(bot_user_id)}(?:\|[^>]*)?>", text, maxsplit=1)
    return parts[-1]
