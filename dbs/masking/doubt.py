"""What to do with columns that show no person's data: which ones are safe to keep, and what JSON holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from dbs.masking.looks import LEAST_HITS, LEAST_SHARE, by_words
from dbs.masking.naming import listed
from dbs.masking.patterns import CHECKED, COUNTED, leaves
from dbs.masking.words import tokens
from dbs.mysql.schema import Column

ENOUGH = 20
"""Values without which nothing is said about a column by them."""
FEW_SHARE = 0.1
FEW = 12
SHORTEST_TEXT = 3
"""Characters: a shorter text is a code."""
MOST_PATHS = 20
JSON_SHARE = 0.8

_CODE = re.compile(r"[A-Za-z0-9_.:/#+-]{1,40}")
_PATH = re.compile(r"\$(?:\.[A-Za-z_][A-Za-z0-9_]*(?:\[\*\])*)+")
_CODES = listed(
    "status state type types kind slug sku currency locale language lang country code codes uuid guid checksum etag "
    "mime extension color colour unit version timezone tz icon format model event action level channel queue class "
    "template layout method driver disk collection category tag permission role ability scope grant group sort enum"
)
_SHAPES = frozenset({"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"})
_GEOMETRIES = _SHAPES | {"geometrycollection", "geomcollection"}
# What a JSON path may be masked as: maskers that a text of any length takes.
_IN_JSON = {"email": "email", "phone": "phone", "name": "name", "address": "address", "ip": "ip", "secret": "hash"}


def is_shape(column: Column) -> bool:
    """Whether it holds places on a map."""
    return column.data_type in _GEOMETRIES


def why_keep(column: Column, values: Sequence[str], *, free_text: bool) -> str | None:
    """Why a column that does not look personal is kept; None when it is better masked until somebody has looked."""
    if is_shape(column):
        return None
    if not (column.text or column.binary) or column.data_type in ("enum", "set", "bit"):
        return "no text"
    if (column.octets or 0) <= 16 and column.binary:
        return "short binary, such as an id"
    if column.text and (column.characters or SHORTEST_TEXT + 1) <= SHORTEST_TEXT:
        return "a short code"
    if free_text or column.binary:
        return None
    spoken = tokens(column.name)
    if spoken and spoken[-1] in _CODES:
        return "a code by its name"
    return _by_values(values)


def is_json(column: Column, values: Sequence[str]) -> bool:
    """Whether its values are JSON documents; MariaDB's type for them is LONGTEXT."""
    if column.data_type == "json":
        return True
    filled = [value for value in values if value.strip()]
    documents = sum(leaves(value) is not None for value in filled)
    return column.text and bool(filled) and documents >= JSON_SHARE * len(filled)


def json_paths(values: Sequence[str]) -> dict[str, str]:
    """Paths in sampled documents that look personal, with the masker for them; everything else is masked as text.

    A path that few documents have is none of the structure: its keys may be data themselves, such as logins.
    """
    found: dict[str, str] = {}
    documents: Counter[str] = Counter()
    for value in values:
        parts = leaves(value) or []
        documents.update({path for path, _ in parts})
        for path, text in parts:
            what = _what(path, text)
            if what in _IN_JSON and _PATH.fullmatch(path):
                found.setdefault(path, _IN_JSON[what])
    enough = max(LEAST_HITS, LEAST_SHARE * len(values))
    common = [path for path, count in documents.most_common() if path in found and count >= enough]
    return {path: found[path] for path in sorted(common[:MOST_PATHS])}


def _what(path: str, text: str) -> str | None:
    seen = next((what for table in (CHECKED, COUNTED) for what, test in table.items() if test(text)), None)
    return seen or by_words("", path.replace("[*]", "").rpartition(".")[2])


def _by_values(values: Sequence[str]) -> str | None:
    filled = [value for value in values if value.strip()]
    if len(filled) < ENOUGH:
        return None
    different = len(set(filled))
    if different <= max(FEW, FEW_SHARE * len(filled)) and different < len(filled):
        return "few different values"
    return "codes" if all(_CODE.fullmatch(value) and any(map(str.isdigit, value)) for value in filled) else None
