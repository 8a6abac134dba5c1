"""What Slack sends to an app: slash command fields, events, clicks, submissions of views. Pure."""

import time
from uuid import uuid4

from playground.model import APP_ID, BOT_ID, BOT_USER_ID, TEAM_ID, Channel, Ephemeral, Json, Message, User, UserGroup
from playground.views import View

DOMAIN = "playground"


def slash_command(user: User, channel: Channel, command: str, text: str, *, trigger_id: str, response_url: str) -> Json:
    """The fields of a slash command."""
    return {
        "token": "playground-verification-token",
        "team_id": user.team_id,
        "team_domain": DOMAIN,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.is_im else channel.name,
        "user_id": user.id,
        "user_name": user.handle,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def app_mention(user: User, message: Message) -> Json:
    """The event of somebody mentioning the bot in `message`."""
    event: Json = {
        "type": "app_mention",
        "user": user.id,
        "text": message.text,
        "ts": message.ts,
        "channel": message.channel,
        "event_ts": message.ts,
        "team": user.team_id,
    }
    if message.thread_ts:
        event["thread_ts"] = message.thread_ts
    if message.files:
        event["files"] = message.files
    return event_callback(event)


def app_home_opened(user: User, channel: Channel, view: View | None, event_ts: str) -> Json:
    """The event of somebody opening the Home tab; it shows the view once one was published."""
    event: Json = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": channel.id,
        "tab": "home",
        "event_ts": event_ts,
    }
    if view is not None:
        event["view"] = view.as_json()
    return event_callback(event)


def group_changed(group: UserGroup, added: list[str], removed: list[str], before: float, now: float) -> Json:
    """The event of people joining or leaving a user group; the counts are strings, as in Slack."""
    return event_callback(
        {
            "type": "subteam_members_changed",
            "subteam_id": group.id,
            "team_id": TEAM_ID,
            "date_previous_update": int(before),
            "date_update": int(now),
            "added_users": added,
            "added_users_count": str(len(added)),
            "removed_users": removed,
            "removed_users_count": str(len(removed)),
        }
    )


def group_updated(group: UserGroup) -> Json:
    """The event of any change of a user group."""
    return event_callback({"type": "subteam_updated", "subteam": group.as_json(True, True)})


def event_callback(event: Json) -> Json:
    """The envelope of any event, with an `event_id` of its own."""
    return {
        "token": "playground-verification-token",
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{uuid4().hex[:10].upper()}",
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": BOT_USER_ID,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }


def clicked_message(
    user: User, channel: Channel, message: Message | Ephemeral, action: Json, *, trigger_id: str, response_url: str
) -> Json:
    """The payload of a click on a message; `action` is the element as it was pressed, with its `block_id`.

    Of an ephemeral message Slack shows the container only.
    """
    ephemeral = isinstance(message, Ephemeral)
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = {
        **_interaction("block_actions", user),
        "container": container,
        "trigger_id": trigger_id,
        "channel": {"id": channel.id, "name": "directmessage" if channel.is_im else channel.name},
        "response_url": response_url,
        "state": {"values": {}},
        "actions": [{**action, "action_ts": f"{time.time():.6f}"}],
    }
    return payload if ephemeral else payload | {"message": {**message.as_json(), "bot_id": BOT_ID}}


def clicked_view(user: User, view: View, values: Json, action: Json, *, trigger_id: str) -> Json:
    """The payload of a click on a modal or an App Home."""
    return {
        **_interaction("block_actions", user),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": trigger_id,
        "view": view.as_json(values),
        "actions": [{**action, "action_ts": f"{time.time():.6f}"}],
    }


def view_submission(user: User, view: View, values: Json, *, trigger_id: str) -> Json:
    """The payload of a submitted modal."""
    return {
        **_interaction("view_submission", user),
        "trigger_id": trigger_id,
        "view": view.as_json(values),
        "response_urls": [],
    }


def view_closed(user: User, view: View, *, whole_stack: bool) -> Json:
    """The payload of a modal that was closed without being submitted."""
    return {**_interaction("view_closed", user), "view": view.as_json(), "is_cleared": whole_stack}


def url_verification(challenge: str) -> Json:
    """What Slack sends when a request URL is entered."""
    return {"token": "playground-verification-token", "challenge": challenge, "type": "url_verification"}


def _interaction(kind: str, user: User) -> Json:
    return {
        "type": kind,
        "team": {"id": TEAM_ID, "domain": DOMAIN},
        "user": {"id": user.id, "username": user.handle, "name": user.handle, "team_id": user.team_id},
        "api_app_id": APP_ID,
        "token": "playground-verification-token",
        "enterprise": None,
        "is_enterprise_install": False,
    }
