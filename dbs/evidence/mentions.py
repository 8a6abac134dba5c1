"""Names in the text of views and programs, without a parser: what is certain in one, and only possible in the other.

The server writes a view's text itself: every name is quoted and complete, so that finding a column in it is proof. The
text of triggers, routines and events is as somebody typed it: a name in it is a candidate. No text leaves this
package: it may hold literals.
"""

from __future__ import annotations

import re

# A quoted name, a text, or a comment; whichever begins first decides what the rest is.
_TOKEN = re.compile(
    r"(?P<name>`(?:[^`]|``)*`)"
    r"|(?P<text>'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\")"
    r"|(?P<comment>/\*(?![!M]).*?\*/|--[ \t\r\n].*?$|--$|\#.*?$)",
    re.DOTALL | re.MULTILINE,
)
_LETTER = r"[\w$\u0080-\uffff]"


def names(text: str, wanted: str) -> bool:
    """Whether a program may mean that name: as a word of its own, quoted or not, also in a text (dynamic SQL).

    Capitals do not count; comments are not looked at.
    """
    plain = _TOKEN.sub(lambda found: " " if found["comment"] else found[0], text)
    quoted = re.escape("`" + wanted.replace("`", "``") + "`")
    word = rf"(?<!{_LETTER}){re.escape(wanted)}(?!{_LETTER})"
    return re.search(f"{quoted}|{word}", plain, re.IGNORECASE) is not None


def reads_table(view: str, database: str, table: str) -> bool:
    """Whether the server's own text of a view reads a table or another view."""
    return re.search(_quoted(database, table) + r"(?!\.)", _code(view), re.IGNORECASE) is not None


def reads_column(view: str, database: str, table: str, column: str) -> bool:
    """Whether it uses that column of it, whatever it calls the table."""
    code, place = _code(view), _quoted(database, table)
    if re.search(place + r"\." + _name(column), code, re.IGNORECASE):
        return True
    # `shop`.`orders` `o`: the view calls it so from then on.
    aliases = re.findall(place + r"\s+(?:as\s+)?(`(?:[^`]|``)*`)", code, re.IGNORECASE)
    return any(re.search(re.escape(alias) + r"\." + _name(column), code, re.IGNORECASE) for alias in aliases)


def hints(view: str, database: str, table: str, index: str) -> bool:
    """Whether it names an index of that table in USE, FORCE or IGNORE INDEX: without it the view fails (1176)."""
    hint = r"(?:use|force|ignore) (?:index|key)[^()]*\([^()]*" + _name(index)
    return reads_table(view, database, table) and re.search(hint, _code(view), re.IGNORECASE) is not None


def _code(view: str) -> str:
    """The text without literals."""
    return _TOKEN.sub(lambda found: found[0] if found["name"] else "''", view)


def _quoted(database: str, table: str) -> str:
    return _name(database) + r"\." + _name(table)


def _name(name: str) -> str:
    return re.escape("`" + name.replace("`", "``") + "`")
