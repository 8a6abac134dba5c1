"""The knobs of the playground for tools in another process: faults, sockets, limits, groups, absence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from playground.model import Json

if TYPE_CHECKING:  # the server is made of these
    from playground.server import Playground

OFFLINE_SECONDS = 600.0


def actions(playground: Playground) -> dict[str, Callable[[Json], object]]:
    """What `POST /playground/<name>` does beside what people do, by name."""
    return {
        "fault": lambda a: asdict(playground.fault(a["method"], a["kind"], times=_whole(a), seconds=_seconds(a))),
        "faults/clear": lambda _: _done(playground.faults.clear),
        "limits": lambda a: _strict(playground, a["strict"]),
        "sockets/drop": lambda _: _done(playground.sockets.drop),
        "sockets/refresh": lambda _: _done(playground.sockets.refresh),
        "offline": lambda a: _away(playground, a["seconds"]),
        "request_url": lambda a: _done(lambda: playground.enter_request_url(a["url"])),
    }


def _away(playground: Playground, seconds: object) -> Json:
    """Goes offline for a while, after the answer to this request is out; it comes back by itself."""
    length = float(str(seconds))
    if not 0 < length <= OFFLINE_SECONDS:
        raise ValueError(f"seconds must be more than 0 and at most {OFFLINE_SECONDS:g}")
    absence = threading.Thread(target=_absence, args=(playground, length), name="playground-offline", daemon=True)
    absence.start()
    return {"offline_seconds": length}


def _absence(playground: Playground, seconds: float) -> None:
    with playground.offline():
        threading.Event().wait(seconds)


def _strict(playground: Playground, value: object) -> Json:
    playground.limits.forget()
    playground.limits.strict = value in (True, "1", "true")
    return {"strict": playground.limits.strict}


def _whole(arguments: Json) -> int | None:
    return int(arguments["times"]) if arguments.get("times") is not None else None


def _seconds(arguments: Json) -> float | None:
    return float(arguments["seconds"]) if arguments.get("seconds") is not None else None


def _done(act: Callable[[], None]) -> Json:
    act()
    return {"ok": True}
