"""What the tests of the API share: where it is, who calls, and what was recorded."""

from __future__ import annotations

from commands.services import Services
from tests.chatbot.parts import CONFIG

TWO = CONFIG + '\n[instance.builds]\nsource = "shop"\nprovider = "local"\nport = 33063\n'
RESTORE = "/api/instances/builds/restore"


def bearer(secret: str, **headers: str) -> dict[str, str]:
    """Headers with a token."""
    return {"Authorization": f"Bearer {secret}", **headers}


def outcomes(services: Services) -> list[tuple[str, str, str]]:
    """(actor, command and target, outcome) of every audit row, oldest first."""
    rows = services.audit.history(words=None, limit=1000)
    return [(row.actor_id, f"{row.command} {row.target}", row.outcome) for row in reversed(rows)]
