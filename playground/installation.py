"""The app as installed in the workspace: its tokens, its secret, what it was granted. All fake, and visibly so."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

MARK = "playground"

# Every event the playground has, and the scope without which Slack does not deliver it.
EVENTS: dict[str, str | None] = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "subteam_members_changed": "usergroups:read",
    "subteam_updated": "usergroups:read",
}
ALL_EVENTS = frozenset(EVENTS)


class RealTokensError(RuntimeError):
    """The environment holds Slack tokens that are not a playground's; the playground refuses to start beside them."""


@dataclass(frozen=True)
class Installation:
    """What the bot has to know (`bot_token`, `app_token`, `signing_secret`), what it may do (`scopes`), and which
    `commands` and `events` it is told of.
    """

    scopes: frozenset[str]
    commands: frozenset[str] = frozenset({"/dbs"})
    events: frozenset[str] = ALL_EVENTS
    bot_token: str = field(default_factory=lambda: f"xoxb-{MARK}-{secrets.token_hex(12)}")
    app_token: str = field(default_factory=lambda: f"xapp-{MARK}-{secrets.token_hex(12)}")
    signing_secret: str = field(default_factory=lambda: f"{MARK}{secrets.token_hex(12)}")

    def kind(self, token: str) -> str | None:
        """`bot` or `app`; None for a token that is not ours."""
        known = {self.bot_token: "bot", self.app_token: "app"}
        return known.get(token)

    def deaf_to(self, event: str) -> str | None:
        """Why an event of this type is not delivered: `not_subscribed`, `missing_scope`; None when it is."""
        if event not in self.events:
            return "not_subscribed"
        scope = EVENTS[event]
        return "missing_scope" if scope and scope not in self.scopes else None


def refuse_real_tokens(environment: Mapping[str, str] = os.environ) -> None:
    """RealTokensError when a Slack token in the environment looks real: a bot must not talk to both by accident."""
    for name, value in environment.items():
        token = name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN") or re.match(r"xox[a-z]-|xapp-|xoxe\.", value)
        if token and value and MARK not in value:
            raise RealTokensError(
                f"{name} holds what looks like a real token: unset it before you start the playground."
            )
