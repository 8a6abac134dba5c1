"""`/playground/…`: the small HTTP interface for tools and tests. JSON in, JSON out, behind the control token."""

import base64
import binascii
import dataclasses
from collections.abc import Awaitable, Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground import groups, modals
from playground.acting import People
from playground.arguments import arguments_of
from playground.delivery import Delivery
from playground.guard import holds
from playground.model import Json

Endpoint = Callable[[Request], Awaitable[Response]]
Action = Callable[[Json], object]


def routes(people: People, control_token: str, knobs: Mapping[str, Action]) -> list[Route]:
    """Reading with GET, acting with POST; every answer is JSON, a mistake is `{"error": sentence}` with 400."""
    read: dict[str, Action] = {
        "state": lambda _: state(people),
        "messages": lambda a: messages(people, a["channel"]),
        "thread": lambda a: thread(people, a["channel"], a["ts"]),
        "ephemerals": lambda a: ephemerals(people, a["user"]),
        "dms": lambda a: dms(people, a["user"]),
        "modal": lambda a: modal(people, a["user"]),
        "home": lambda a: home(people, a["user"]),
    }

    def route(name: str, action: Action, method: str) -> Route:
        return Route(f"/playground/{name}", _endpoint(action, control_token), methods=[method])

    return [
        *(route(name, action, "GET") for name, action in read.items()),
        *(route(name, action, "POST") for name, action in {**_acts(people), **knobs}.items()),
    ]


def _acts(people: People) -> dict[str, Action]:
    """What people do; `content` of an upload is base64."""
    return {
        "slash": lambda a: people.slash(a["user"], a["channel"], a["text"], thread_ts=a.get("thread_ts")),
        "mention": lambda a: people.mention(a["user"], a["channel"], a["text"], a.get("thread_ts"), a.get("files", [])),
        "say": lambda a: people.say(
            a["user"], a["channel"], a["text"], a.get("thread_ts"), a.get("files", [])
        ).as_json(),
        "upload": lambda a: people.upload(a["user"], a["name"], _bytes(a["content"])).as_json(people.origin),
        "click": lambda a: people.click(
            a["user"], a["channel"], a["ts"], a["action_id"], a.get("value"), a.get("block_id")
        ),
        "submit": lambda a: modals.submit(people, a["user"], a.get("values", {}), a.get("view_id")),
        "close_modal": lambda a: modals.close(people, a["user"], a.get("view_id")) or {},
        "click_view": lambda a: modals.click(
            people,
            a["user"],
            a["action_id"],
            a.get("value"),
            view_id=a.get("view_id"),
            values=a.get("values"),
        ),
        "open_home": lambda a: modals.open_home(people, a["user"]),
        "group": lambda a: groups.set_members(people, a["group"], a["members"]).as_json(True, True),
    }


def state(people: People) -> Json:
    """Who and what there is."""
    workspace = people.workspace
    return {
        "users": [user.as_json() for user in workspace.users.values()],
        "groups": [group.as_json(include_users=True, include_count=True) for group in workspace.groups.values()],
        "channels": [channel.as_json() for channel in workspace.channels.values()],
        "calls": [dataclasses.asdict(call) for call in workspace.calls],
    }


def messages(people: People, name: str) -> list[Json]:
    """All messages of a channel (id or name), oldest first, replies included."""
    channel = people.workspace.find_channel(name)
    if channel is None:
        raise ValueError(f"no channel {name}")
    return [message.as_json() for message in people.workspace.messages(channel.id)]


def thread(people: People, name: str, ts: str) -> list[Json]:
    """A parent and its replies, oldest first."""
    return [message for message in messages(people, name) if ts in (message["ts"], message.get("thread_ts"))]


def ephemerals(people: People, name: str) -> list[Json]:
    """What one person (id or handle) alone was shown, oldest first."""
    user = people.workspace.find_user(name)
    if user is None:
        raise ValueError(f"no user {name}")
    return [note.as_json() for note in people.workspace.ephemerals(user.id)]


def dms(people: People, name: str) -> list[Json]:
    """The bot's direct messages with one person (id or handle), oldest first."""
    user = people.workspace.find_user(name)
    if user is None:
        raise ValueError(f"no user {name}")
    channel = people.workspace.open_dm(user.id)
    return [message.as_json() for message in people.workspace.messages(channel.id)]


def modal(people: People, name: str) -> Json | None:
    """The topmost open modal of a person, with `errors` by block id and `trouble` as they are shown."""
    stack = people.workspace.views.stack(people.person(name).id)
    return {**stack[-1].as_json(), "errors": stack[-1].errors, "trouble": stack[-1].trouble} if stack else None


def home(people: People, name: str) -> Json | None:
    """The App Home published for a person."""
    view = people.workspace.views.home(people.person(name).id)
    return view.as_json() if view else None


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as problem:
        raise ValueError("the content of a file has to be base64") from problem


def _endpoint(action: Action, control_token: str) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if not holds(request, control_token):
            return JSONResponse({"error": "the control token is missing or wrong"}, 403)
        arguments = await arguments_of(request)
        try:
            # In a thread: a delivery waits for the app, whose own calls this event loop has to answer meanwhile.
            result = await run_in_threadpool(action, arguments)
        except KeyError as missing:
            return JSONResponse({"error": f"the argument {missing.args[0]} is missing"}, 400)
        except ValueError as problem:
            return JSONResponse({"error": str(problem)}, 400)
        return JSONResponse(dataclasses.asdict(result) if isinstance(result, Delivery) else result)

    return endpoint
