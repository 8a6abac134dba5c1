"""The way to GitHub's API: PyGithub's requester with the authority and the proxy of `[network]`.

No request is repeated here. PyGithub's own repeating would also repeat what creates something, and sleep for minutes
when GitHub says that we ask too often.
"""

from __future__ import annotations

import logging
import ssl
from typing import Any

import requests
import requests.adapters
from github.Auth import Auth
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester

from dbs.settings.network import Network

TIMEOUT_SECONDS = 15
"""For connecting, and for each wait for bytes; GitHub itself gives up after 10 (docs, "Timeouts")."""

USER_AGENT = "dbs"
PAGE = 100


class Way:
    """Makes requesters for the API at `url`. `pause_seconds` is what GitHub wants between two changes."""

    def __init__(self, url: str, network: Network, pause_seconds: float = 1.0) -> None:
        _no_debug_logs()
        self._url = url.rstrip("/")
        self._pause_seconds = pause_seconds
        self._session = _session(self._url, network)
        self._class = _requester_class(self._session)

    @property
    def url(self) -> str:
        """The address of the API, without a slash at its end."""
        return self._url

    def requester(self, auth: Auth | None) -> Requester:
        """A requester that asks as `auth`. All of them share their connections."""
        return self._class(
            auth=auth,
            base_url=self._url,
            timeout=TIMEOUT_SECONDS,
            user_agent=USER_AGENT,
            per_page=PAGE,
            verify=True,
            retry=None,
            pool_size=None,
            seconds_between_requests=0,
            seconds_between_writes=self._pause_seconds,
            lazy=True,
        )

    def close(self) -> None:
        """End the connections."""
        self._session.close()


class _TlsAdapter(requests.adapters.HTTPAdapter):
    """Trusts the authorities of a context too, also behind a proxy."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *given: Any, **named: Any) -> Any:
        return super().init_poolmanager(*given, **named, ssl_context=self._context)

    def proxy_manager_for(self, *given: Any, **named: Any) -> Any:
        return super().proxy_manager_for(*given, **named, ssl_context=self._context)


def _session(url: str, network: Network) -> requests.Session:
    session = requests.Session()
    session.auth = Requester.noopAuth  # or requests would take a password for that host from ~/.netrc
    if network.ca_file is not None:
        session.mount("https://", _TlsAdapter(network.context()))
    proxies = network.proxies(url)
    if proxies is not None:
        session.trust_env = False  # the environment's proxy would win over ours
        session.proxies = dict(proxies)
    return session


def _requester_class(session: requests.Session) -> type[Requester]:
    """PyGithub knows no proxy and opens a session for each requester; these take ours, and leave it open."""

    class Https(HTTPSRequestsConnectionClass):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self.session = session

        def close(self) -> None:
            pass

    class Http(HTTPRequestsConnectionClass):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self.session = session

        def close(self) -> None:
            pass

    class Ours(Requester):
        pass

    Ours.injectConnectionClasses(Http, Https)  # for this class only: it sets them on the class that it is called on
    return Ours


def _no_debug_logs() -> None:
    """At that level PyGithub logs whole answers, and one of them is an installation's token."""
    logging.getLogger("github.Requester").setLevel(logging.INFO)
