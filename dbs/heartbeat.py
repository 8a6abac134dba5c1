"""A sign of life to a monitor outside: when it stays away the monitor alarms, also when dbs itself is gone."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request

from dbs.errors import FailedError, SettingsError
from dbs.settings.network import Network

ANSWER_SECONDS = 10
_TRIES = 3
_FIRST_PAUSE_SECONDS = 1.0


class HeartbeatError(FailedError):
    """The monitor could not be told. The sentence does not hold its address, which is a secret."""


def beat(url: str, network: Network) -> None:
    """Ask for the address, three times at most. Raises `HeartbeatError`, and `SettingsError` for no web address."""
    import stamina  # here: no command of the command line needs it

    if not url.startswith(("https://", "http://")):
        raise SettingsError('"schedule.heartbeat_url" is no address; it begins with https://')
    opener = _opener(url, network)
    # Not the decorator: it would log the address with each try.
    for attempt in stamina.retry_context(HeartbeatError, attempts=_TRIES, wait_initial=_FIRST_PAUSE_SECONDS):
        with attempt:
            _ask(opener, url)


def _opener(url: str, network: Network) -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(
        urllib.request.ProxyHandler(network.proxies(url)), urllib.request.HTTPSHandler(context=network.context())
    )


def _ask(opener: urllib.request.OpenerDirector, url: str) -> None:
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "dbs"})  # noqa: S310 - http or https, checked
        with opener.open(request, timeout=ANSWER_SECONDS):
            return
    except urllib.error.HTTPError as error:
        reason = f"it answers with status {error.code}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        # By its kind: the text of some of these holds the address.
        inner = getattr(error, "reason", None)
        reason = f"it cannot be reached ({type(inner if isinstance(inner, Exception) else error).__name__})"
    raise HeartbeatError(f"The monitor behind schedule.heartbeat_url was not told: {reason}.")
