"""Direct messages: said once, through the outbox, to people who can be reached."""

from __future__ import annotations

from commands.interface import Result
from commands.services import Services

_NOBODY = ("os:", "token:", "job:", "github")


def tell(services: Services, about: str, part: str, user_id: str, result: Result) -> bool:
    """Put a direct message into the outbox. False when it was said before, or nobody of the workspace is behind the id.

    `about` and `part` together name the message: a job's id, or whatever else it is about.
    """
    if user_id.startswith(_NOBODY) or result.private:
        return False
    return services.outbox.put(about, part, {"user": user_id}, result.to_json())
