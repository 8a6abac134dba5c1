"""What Slack sends to an app: slash command fields, an app mention, a click. Pure."""

import time
from uuid import uuid4

from playground.model import APP_ID, BOT_ID, BOT_USER_ID, TEAM_ID, Channel, Json, Message, User

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
    return event_callback(event)


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


def block_action(
    user: User, channel: Channel, message: Message, action: Json, *, trigger_id: str, response_url: str
) -> Json:
    """The payload of a click on a button; `action` is the element plus its `block_id`."""
    return {
        "type": "block_actions",
        "team": {"id": TEAM_ID, "domain": DOMAIN},
        "user": {"id": user.id, "username": user.handle, "name": user.handle, "team_id": user.team_id},
        "api_app_id": APP_ID,
        "token": "playground-verification-token",
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": False,
        },
        "trigger_id": trigger_id,
        "channel": {"id": channel.id, "name": channel.name},
        "message": {**message.as_json(), "bot_id": BOT_ID},
        "response_url": response_url,
        "actions": [{**action, "action_ts": f"{time.time():.6f}"}],
    }
