"""What follows when Slack does not take a message: how long to leave a place alone, when to call an operator."""

from __future__ import annotations

import structlog

from chatbot.pace import EVERYWHERE, Pace
from chatbot.refusals import LaterError, NeverError

log = structlog.get_logger()

_FIRST_REFUSAL = 300.0
_LONGEST_REFUSAL = 3_600.0
_WHAT_TO_DO = {
    "place": "Invite the bot into the channel, or set slack.channel to another one.",
    "workspace": "Install the app again, and give dbs its new token.",
}


class Trouble:
    """Holds places back. A place that refuses us is asked again after 5 minutes, then ever less often."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._refusing: dict[str, int] = {}

    def passing(self, place: str, error: LaterError) -> None:
        """It may work in a while: wait for it."""
        where = EVERYWHERE if error.everywhere else place
        seconds = self._pace.hold(where, error.seconds)
        log.warning("messages wait", place=where or "all of Slack", reason=str(error), seconds=seconds)

    def lasting(self, place: str, error: NeverError) -> bool:
        """It will not work. True when nothing that waits for this place will, because it was refused before.

        The operators are called once for each outage: at the first refusal.
        """
        if error.reach == "message":
            return False
        where = EVERYWHERE if error.reach == "workspace" else place
        times = self._refusing.get(where, 0)
        self._refusing[where] = times + 1
        self._pace.hold(where, min(_FIRST_REFUSAL * 2**times, _LONGEST_REFUSAL))
        if times == 0:
            log.error(
                "Slack refuses messages; /dbs status has the results",
                place=where or "all of Slack",
                reason=str(error),
                do=_WHAT_TO_DO[error.reach],
            )
        return times > 0

    def over(self, place: str) -> None:
        """A message went through."""
        for where in (place, EVERYWHERE):
            if self._refusing.pop(where, None) is not None:
                log.info("Slack takes messages again", place=where or "all of Slack")
