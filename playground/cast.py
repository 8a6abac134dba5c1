"""The people and places a fresh playground starts with: one of every kind a rule has to tell apart."""

import time
from collections.abc import Callable

from playground.model import BOT_USER_ID, Channel, User, UserGroup
from playground.workspace import Workspace

REQUESTER = "U0REQUESTER"
APPROVER = "U0APPROVER"
OUTSIDER = "U0OUTSIDER"
GUEST = "U0GUEST"
SINGLE_GUEST = "U0SINGLE"
GONE = "U0GONE"
STRANGER = "U0STRANGER"
OTHER_BOT = "U0OTHERBOT"

BACKEND = "S0BACKEND"
DBA = "S0DBA"

DATABASES = "C0DATABASES"
GENERAL = "C0GENERAL"
PRIVATE = "G0PRIVATE"


def people() -> list[User]:
    """Full members, guests, a deactivated account, a stranger of another workspace, bots."""
    return [
        User(REQUESTER, "rita", "Rita Requester"),
        User(APPROVER, "adam", "Adam Approver"),
        User(OUTSIDER, "otto", "Otto Outsider"),
        User(GUEST, "gina", "Gina Guest", is_restricted=True),
        User(SINGLE_GUEST, "sam", "Sam Single", is_ultra_restricted=True),
        User(GONE, "greta", "Greta Gone", deleted=True),
        User(STRANGER, "stan", "Stan Stranger", team_id="T0ELSEWHERE"),
        User(OTHER_BOT, "otherbot", "Other Bot", is_bot=True),
        User(BOT_USER_ID, "dbs", "dbs", is_bot=True),
    ]


def default_workspace(clock: Callable[[], float] = time.time) -> Workspace:
    """Rita may restore (`@backend`), Adam approves (`@dba`), Otto is in no group; the bot sits in #databases only."""
    present = {user.id for user in people() if not user.deleted}
    return Workspace(
        users=people(),
        groups=[
            UserGroup(BACKEND, "backend", "Backend", [REQUESTER, APPROVER]),
            UserGroup(DBA, "dba", "Database administrators", [APPROVER]),
        ],
        channels=[
            Channel(DATABASES, "databases", set(present)),
            Channel(GENERAL, "general", present - {BOT_USER_ID}),
            Channel(PRIVATE, "private", {APPROVER}, is_private=True),
        ],
        clock=clock,
    )
