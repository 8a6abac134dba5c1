"""What is wrong with a configuration, as sentences: which key, what was found, what belongs there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dbs.settings.models import PROVIDER_KINDS, Config

_SECRET_LIKE = re.compile(r"pass|secret|token|key|url|uri|proxy|credential", re.IGNORECASE)
_Location = Sequence[int | str]


def sentences(error: ValidationError) -> list[str]:
    """One sentence for each problem that pydantic found in a `Config`, in the order of the file."""
    return [_sentence(detail) for detail in error.errors(include_url=False, include_context=True)]


def nearest(word: str, valid: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: the nearest valid one, or all of them."""
    known = sorted(valid)
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f'did you mean "{close[0]}"?'
    return "valid here: " + ", ".join(known) + "." if known else "there is none here."


def _sentence(detail: ErrorDetails) -> str:
    location = _without_tag(detail["loc"])
    key = _dotted(location)
    kind = detail["type"]
    if kind == "extra_forbidden":
        return f'unknown key "{key}"; {nearest(str(location[-1]), _model(detail["loc"]).model_fields)}'
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return f'"{key}.kind" is missing or unknown; here belongs "local" or "libvirt".'
    belongs = f"here belongs {_belongs(detail['loc'])}."
    if kind == "missing":
        return f'"{key}" is missing; {belongs}'
    if kind == "value_error":
        return f'"{key}": {detail["ctx"]["error"]}.'
    return f'"{key}" is {_found(location, detail["input"])}; {belongs}'


def _found(location: _Location, value: object) -> str:
    """What stands in the file. A value is repeated only when nothing secret can be in it."""
    kind = _kind(value)
    names = [part for part in location if isinstance(part, str)]
    if not isinstance(value, str | int | float) or _SECRET_LIKE.search(names[-1]):
        return kind
    return f"{kind}: {value!r}" if len(str(value)) <= 60 else f"{kind} of {len(str(value))} characters"


def _kind(value: object) -> str:
    kinds = {bool: "a yes or no", int: "a number", float: "a number", str: "a text", list: "a list"}
    return kinds.get(type(value), "a table" if isinstance(value, dict) else "a date or time")


def _dotted(location: _Location) -> str:
    return ".".join(part for part in location if isinstance(part, str))


def _without_tag(location: _Location) -> _Location:
    """Pydantic puts the kind of a provider into the path; the file does not have it there."""
    if location[0] == "provider" and len(location) > 2:
        return (*location[:2], *location[3:])
    return location


def _model(location: _Location) -> type[BaseModel]:
    """The model whose key the location names; the location still has its tag."""
    if len(location) == 1:
        return Config
    if location[0] == "provider":
        return PROVIDER_KINDS[str(location[2])]
    annotation = Config.model_fields[str(location[0])].annotation
    found = get_args(annotation)[1] if get_origin(annotation) is dict else annotation
    return cast(type[BaseModel], found)


def _belongs(location: _Location) -> str:
    """What belongs at a location (with its tag): the description of a key, or a table."""
    plain = _without_tag(location)
    named = get_origin(Config.model_fields[str(plain[0])].annotation) is dict
    depth = 2 if named else 1
    if len(plain) <= depth:
        name = ".NAME" if named and len(plain) == 1 else ""
        return f"a table, written [{_dotted(plain)}{name}]"
    return _model(location).model_fields[str(plain[depth])].description or "something else"
