"""The arguments of a Web API request, which may come in the address, as a form, or as JSON."""

import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request


async def arguments_of(request: Request) -> dict[str, Any]:
    """All arguments by name; a JSON body that is no object gives none of its own."""
    found: dict[str, Any] = dict(request.query_params)
    body = (await request.body()).decode("utf-8", "replace")
    return found | (from_json(body) if _is_json(request) else dict(parse_qsl(body, keep_blank_values=True)))


def token_of(request: Request, arguments: dict[str, Any]) -> str:
    """The token from the Authorization header, or from the argument `token`."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else str(arguments.get("token", ""))


def from_json(body: str) -> dict[str, Any]:
    """The members of a JSON object; none for anything else."""
    try:
        value = json.loads(body or "{}")
    except json.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/json")
