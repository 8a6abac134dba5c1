"""`auth.test` and `apps.connections.open`: who am I, and where is my socket."""

from playground.methods.api import Call
from playground.model import APP_ID, BOT_ID, BOT_USER_ID, TEAM_ID, Json


def auth_test(call: Call) -> Json:
    """`auth.test`, for both kinds of token."""
    if call.caller == "app":
        return {"app_name": "dbs", "app_id": APP_ID}
    return {
        "url": "https://playground.slack.invalid/",
        "team": "Playground",
        "user": call.workspace.users[BOT_USER_ID].handle,
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def connections_open(call: Call) -> Json:
    """`apps.connections.open`: an address with a ticket, good for one connection."""
    return {"url": call.open_socket()}
