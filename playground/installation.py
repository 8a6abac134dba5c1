"""The app as installed in the workspace: its tokens, its secret, what it was granted. All fake, and visibly so."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

MARK = "playground"


class RealTokensError(RuntimeError):
    """The environment holds Slack tokens that are not a playground's; the playground refuses to start beside them."""


@dataclass(frozen=True)
class Installation:
    """What the bot has to know (`bot_token`, `app_token`, `signing_secret`) and what it may do (`scopes`)."""

    scopes: frozenset[str]
    commands: frozenset[str] = frozenset({"/dbs"})
    bot_token: str = field(default_factory=lambda: f"xoxb-{MARK}-{secrets.token_hex(12)}")
    app_token: str = field(default_factory=lambda: f"xapp-{MARK}-{secrets.token_hex(12)}")
    signing_secret: str = field(default_factory=lambda: f"{MARK}{secrets.token_hex(12)}")

    def kind(self, token: str) -> str | None:
        """`bot` or `app`; None for a token that is not ours."""
        known = {self.bot_token: "bot", self.app_token: "app"}
        return known.get(token)


def refuse_real_tokens(environment: Mapping[str, str] = os.environ) -> None:
    """RealTokensError when a Slack token in the environment looks real: a bot must not talk to both by accident."""
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        value = environment.get(name, "")
        if value and MARK not in value:
            raise RealTokensError(
                f"{name} holds what looks like a real token: unset it before you start the playground."
            )
