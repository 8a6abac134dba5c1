"""What can go wrong between us and GitHub, as sentences. Nothing of a request is in them, so no token is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests
from github.GithubException import BadAttributeException, GithubException

from dbs.github.interface import DoubtfulError, GithubBusyError, GithubError
from dbs.github.limits import one_line

_TOO_OFTEN = ("rate limit", "retry your request again later", "wait a few minutes")
_LONGEST_WAIT_SECONDS = 3_600
_WAIT_SECONDS = 60
"""When GitHub does not say how long: https://docs.github.com/en/rest/using-the-rest-api/best-practices."""

_NOT_UNDERSTOOD = (
    BadAttributeException,
    AssertionError,
    AttributeError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What PyGithub and its attributes do with an answer of another form: a log-in page of a proxy, another host."""


@contextmanager
def told(what: str, *, creates: bool = False) -> Iterator[None]:
    """Turn what PyGithub raises into a `GithubError`. `what` completes "GitHub did not …".

    `creates`: after an answer that never came or that says nothing, it may have been done: `DoubtfulError`.
    """
    try:
        yield
    except GithubException as error:
        raise _answered(error, what, creates) from None
    except requests.exceptions.SSLError:
        raise GithubError(
            f"GitHub did not {what}: its certificate was not accepted. When a proxy of the company looks into "
            "connections, set ca_file in [network] to its authority."
        ) from None
    except requests.exceptions.RequestException as error:
        kind = type(error).__name__
        before = isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError)
        made: type[GithubBusyError] = DoubtfulError if creates and not before else GithubBusyError
        sentence = f"GitHub did not {what}: it cannot be reached ({kind}). Look at the network, and at [network]."
        raise made(sentence) from None
    except _NOT_UNDERSTOOD as error:
        raise GithubError(
            f"GitHub did not {what}: what answered does not speak GitHub's API ({type(error).__name__}). "
            "Look at [github] url and GITHUB_API_URL."
        ) from None


def not_carried_out(what: str) -> GithubError:
    """For an answer that looks like success and is none: PyGithub follows no redirection of what changes something."""
    return GithubError(
        f"GitHub did not {what}, though it did not refuse: the repository has another name by now, or a proxy answered."
    )


def _answered(error: GithubException, what: str, creates: bool) -> GithubError:
    status, message = error.status, _message(error)
    headers = {name.lower(): str(value) for name, value in (error.headers or {}).items()}
    if status == 429 or (status == 403 and ("retry-after" in headers or _too_often(message))):
        seconds = _wait(headers)
        return GithubBusyError(
            f"GitHub did not {what}: dbs has asked it too often. It may be asked again in {seconds} s.", seconds
        )
    if status >= 500:
        made = DoubtfulError if creates else GithubBusyError
        return made(f"GitHub did not {what}: it has a problem of its own (HTTP {status}). Try again in a minute.")
    return GithubError(f"GitHub did not {what}: {_why(status, message, headers)}")


def _why(status: int, message: str, headers: Mapping[str, str]) -> str:
    if status == 401:
        return "it does not take our credentials. Look at GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY, or at GITHUB_TOKEN."
    if status == 404:
        return "there is no such thing, or the App is not installed there, or the token may not see it."
    if status == 403:
        needed = headers.get("x-accepted-github-permissions", "")
        return f"dbs may not ({message}). " + (
            f"The App or the token needs: {one_line(needed, 100)}."
            if needed
            else "Look at what the App or token may do."
        )
    return f"it refused the request (HTTP {status}): {message}."


def _message(error: GithubException) -> str:
    data = error.data
    message = str(data.get("message") or "") if isinstance(data, dict) else ""
    return one_line(message, 200).rstrip(".") or "it does not say why"


def _too_often(message: str) -> bool:
    return any(words in message.lower() for words in _TOO_OFTEN)


def _wait(headers: Mapping[str, str]) -> int:
    """Seconds from `Retry-After`, or to the time at which the hour's requests are given back."""
    after, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if after.isascii() and after.isdecimal():
        return min(int(after), _LONGEST_WAIT_SECONDS)
    if headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdecimal():
        return min(max(1, int(reset) - int(time.time()) + 1), _LONGEST_WAIT_SECONDS)
    return _WAIT_SECONDS
