"""Webhooks of the stand-in for GitHub: signed over the bytes that are sent, with an id for each delivery."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.support.fake_github_model import Json


@dataclass
class Delivery:
    """One event for one address; `statuses` are the answers to each time that it was sent, 0 for none."""

    url: str
    secret: str = field(repr=False)
    event: str
    body: bytes = field(repr=False)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    statuses: list[int] = field(default_factory=list)

    def headers(self) -> dict[str, str]:
        """As GitHub sends them."""
        digest = hmac.new(self.secret.encode(), self.body, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/0000000",
            "X-GitHub-Delivery": self.id,
            "X-GitHub-Event": self.event,
            "X-Hub-Signature-256": f"sha256={digest}",
        }

    def send(self) -> int:
        """Post it, also again: a redelivery has the same id. The status of the answer, 0 when none came in 10 s."""
        place = urlsplit(self.url)
        assert place.hostname == "127.0.0.1", "the stand-in only talks to this machine"
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=10)
        try:
            connection.request("POST", place.path, self.body, self.headers())
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            status = 0
        finally:
            connection.close()
        self.statuses.append(status)
        return status


class Hooks:
    """The addresses that events go to. While they are held, events wait in `held`, for whoever wants another order."""

    def __init__(self) -> None:
        self.addresses: list[tuple[str, str]] = []
        self.deliveries: list[Delivery] = []
        self.held: list[Delivery] | None = None

    def add(self, url: str, secret: str) -> None:
        """One more (an App's and a repository's own both get each event)."""
        self.addresses.append((url, secret))

    def fire(self, event: str, body: Json) -> list[Delivery]:
        """Send an event everywhere, in this thread."""
        raw = json.dumps(body, indent=1).encode()  # not as another program would write it: only the bytes verify
        made = [Delivery(url, secret, event, raw) for url, secret in self.addresses]
        self.deliveries += made
        if self.held is not None:
            self.held += made
        else:
            for one in made:
                one.send()
        return made
