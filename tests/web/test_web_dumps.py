"""Downloads of masked dumps on a real port: who gets which bytes, and what is recorded of it."""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.downloads import link
from commands.interface import Actor
from commands.services import Services
from dbs.dumps.interface import DumpManifest
from dbs.dumps.links import Links
from tests.chatbot.parts import FakeDirectory, make_services
from tests.support import dumped
from tests.support.waiting import until
from tests.web.calling import TWO, bearer, outcomes
from web.bearers import READS_A_MINUTE, STRANGERS_A_MINUTE
from web.dumps import MOST_AT_ONCE
from web.ranges import UnsatisfiableError, wanted

pytestmark = pytest.mark.timeout(120)

ADA = Actor("U0ADA", "Ada", "slack")
CONTENT = bytes(range(256)) * 4_000
"""A megabyte: several pieces."""
LATEST = "/dumps/shop/latest.sql.zst"


@pytest.fixture
def services(tmp_path: Path, directory: FakeDirectory) -> Services:
    """They know their address, and have an old and a new dump of the shop."""
    made = make_services(tmp_path, directory, config=f'[web]\npublic_url = "https://dbs.example.com/"\n{TWO}')
    dumped.publish(made.dumps, b"old", 1)
    dumped.publish(made.dumps, CONTENT, 2)
    return made


@pytest.fixture
def newest(services: Services) -> DumpManifest:
    """The new one."""
    found = services.dumps.latest("shop")
    assert found is not None
    return found


@pytest.fixture
def token(services: Services) -> str:
    """A token for the shop's dumps."""
    return services.tokens.create("dump:shop", "laptops", "os:ada")[1]


def path(services: Services, manifest: DumpManifest, actor: Actor = ADA) -> str:
    """The link that Ada gets, without its host."""
    address = link(services, actor, manifest)
    assert address is not None and address.startswith("https://dbs.example.com/dumps/shop/")
    return address.removeprefix("https://dbs.example.com")


def downloads(services: Services) -> list[tuple[str, str, str]]:
    """(who, outcome, detail) of every end of a download."""
    rows = services.audit.history(words=None, limit=1000, what="download")
    return [(row.actor_id, row.outcome, row.detail) for row in reversed(rows) if row.outcome != "received"]


def test_a_link_opens_its_dump_and_tells_what_it_is(
    services: Services, http: httpx.Client, newest: DumpManifest
) -> None:
    answer = http.get(path(services, newest))

    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["etag"] == f'"{newest.sha256}"'
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"] == f'attachment; filename="{newest.file}"'
    assert answer.headers["content-type"] == "application/zstd" and "content-encoding" not in answer.headers
    until(lambda: len(downloads(services)) == 1, "the end is recorded")
    assert downloads(services) == [("U0ADA", "done", f"Sent 1024000 bytes of {newest.id} from byte 0 of 1024000.")]
    assert outcomes(services) == [("U0ADA", "download shop", "received"), ("U0ADA", "download shop", "done")]
    assert services.audit.verify().ok


def test_a_token_gets_the_latest_and_those_by_name(services: Services, http: httpx.Client, token: str) -> None:
    old, new = reversed(services.dumps.list("shop"))
    answers = [http.get(one, headers=bearer(token)) for one in (LATEST, f"/dumps/shop/{new.file}")]
    older = http.get(f"/dumps/shop/{old.file}", headers=bearer(token))

    assert [one.content for one in answers] == [CONTENT, CONTENT] and older.content == b"old"
    assert answers[0].headers["content-location"] == f"/dumps/shop/{new.file}"
    until(lambda: len(downloads(services)) == 3, "all ends are recorded")
    assert {(actor, outcome) for actor, outcome, _ in downloads(services)} == {
        (f"token:{services.tokens.list()[0].id}", "done")
    }


def test_a_download_that_broke_off_goes_on(services: Services, http: httpx.Client, newest: DumpManifest) -> None:
    where = path(services, newest)
    beginning = http.get(where, headers={"Range": "bytes=0-99"})
    rest = http.get(where, headers={"Range": "bytes=100-", "If-Range": beginning.headers["etag"]})
    other = http.get(where, headers={"Range": "bytes=100-", "If-Range": '"of yesterday"'})
    beyond = http.get(where, headers={"Range": f"bytes={len(CONTENT)}-"})

    assert [one.status_code for one in (beginning, rest, other, beyond)] == [206, 206, 200, 416]
    assert beginning.content + rest.content == CONTENT == other.content
    assert rest.headers["content-range"] == "bytes 100-1023999/1024000"
    assert beyond.headers["content-range"] == "bytes */1024000" and beyond.content == b""
    until(lambda: len(downloads(services)) == 3, "all ends are recorded")
    assert downloads(services)[1][2] == f"Sent 1023900 bytes of {newest.id} from byte 100 of 1024000."


def test_looking_is_no_download(services: Services, http: httpx.Client, token: str, newest: DumpManifest) -> None:
    head = http.head(LATEST, headers=bearer(token))
    unchanged = http.get(LATEST, headers=bearer(token, **{"If-None-Match": f'W/"{newest.sha256}"'}))

    assert (head.status_code, head.headers["content-length"], head.content) == (200, "1024000", b"")
    assert head.headers["accept-ranges"] == "bytes"
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert outcomes(services) == []


def test_who_hangs_up_is_recorded(services: Services, http: httpx.Client, token: str, tmp_path: Path) -> None:
    """A dump that is larger than what the system buffers, and a client that takes little of it."""
    dumped.publish(services.dumps, bytes(64 * 2**20), 3)
    with http.stream("GET", LATEST, headers=bearer(token)) as answer:
        next(answer.iter_raw(1000))
    until(lambda: bool(downloads(services)), "the end is recorded")

    ((_, outcome, detail),) = downloads(services)
    assert outcome == "cancelled" and detail.startswith("Broken off by the other side: sent ")
    assert int(detail.split("sent ")[1].split()[0]) < 64 * 2**20


REFUSED = "This link opens nothing, or nothing any more. Ask for a new one: /dbs dump SOURCE"


def test_what_is_changed_old_or_for_something_else_opens_nothing(
    services: Services, http: httpx.Client, newest: DumpManifest
) -> None:
    old = services.dumps.list("shop")[1]
    good = urlsplit(path(services, newest))
    past = Links(services.settings.home / "links.key", lambda: datetime.now(UTC) - timedelta(hours=1))
    late = past.make("shop", newest.id, "U0ADA", "Ada", services.settings.dumps.link)
    tried = [
        f"{good.path}?{good.query[:-1]}{'A' if good.query[-1] != 'A' else 'B'}",
        f"{good.path}?ticket=",
        f"{good.path}?ticket={late}",
        f"/dumps/shop/{old.file}?{good.query}",
        f"{LATEST}?{good.query}",
        f"/dumps/nowhere/{newest.file}?{good.query}",
        f"/dumps/shop/absent.sql.zst?{good.query}",
    ]
    answers = [http.get(one) for one in tried]

    assert {(one.status_code, one.json()["sentence"]) for one in answers} == {(403, REFUSED)}
    assert {(actor, outcome) for actor, outcome, _ in downloads(services)} == {("token:unknown", "refused")}
    assert len(downloads(services)) == len(tried)


def test_a_token_learns_nothing_beyond_its_scope(services: Services, http: httpx.Client, token: str) -> None:
    _, restore = services.tokens.create("restore:builds", "ci", "os:ada")
    there, absent = (http.get(f"/dumps/{one}/latest.sql.zst", headers=bearer(token)) for one in ("other", "nowhere"))
    ci, nobody = http.get(LATEST, headers=bearer(restore)), http.get(LATEST)
    unknown = http.get("/dumps/shop/absent.sql.zst", headers=bearer(token))
    no_dump = http.get("/dumps/shop/latest.json", headers=bearer(token))

    assert [one.status_code for one in (there, absent, ci, nobody, unknown, no_dump)] == [403, 403, 403, 401, 404, 404]
    assert there.text.replace("other", "nowhere") == absent.text
    assert nobody.headers["www-authenticate"] == "Bearer"
    assert [outcome for _, outcome, _ in downloads(services)] == ["refused"] * 6


STRANGE = [
    "/dumps/../links.key",
    "/dumps/shop/../../links.key",
    "/dumps/%2e%2e/links.key",
    "/dumps/shop/..%2f..%2flinks.key",
    "/dumps/shop/%2e%2e%2f%2e%2e%2flinks.key.sql.zst",
    "/dumps/shop%2f..%2fshop/latest.sql.zst",
    "/dumps/shop/.sql.zst",
    "/dumps/shop/..sql.zst",
    "/dumps/shop/latest.sql.zst%00",
    "/dumps/shop/%E2%80%8Blatest.sql.zst",
    "/dumps//latest.sql.zst",
    "/dumps/SHOP/latest.sql.zst",
    f"/dumps/shop/{'x' * 5000}.sql.zst",
]


def test_strange_paths_lead_nowhere(http: httpx.Client, token: str) -> None:
    answers = {path: _raw(http, path, token) for path in STRANGE}
    assert set(answers.values()) <= {403, 404}, answers


def _raw(http: httpx.Client, path: str, secret: str) -> int:
    """The status of a request whose path nobody tidied up."""
    with closing(socket.create_connection((http.base_url.host, http.base_url.port or 0), 10)) as connection:
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        with connection.makefile("rb") as answer:
            return int(answer.readline().split()[1])


def test_a_preview_is_no_download(services: Services, http: httpx.Client, newest: DumpManifest) -> None:
    """Slack's own program looks at addresses in messages."""
    answer = http.get(path(services, newest), headers={"User-Agent": "Slackbot-LinkExpanding 1.0"})
    assert answer.status_code == 403 and [one[1] for one in downloads(services)] == ["refused"]


def test_not_too_often(services: Services, http: httpx.Client, newest: DumpManifest) -> None:
    mine, others = path(services, newest), path(services, newest, replace(ADA, id="U0BOB"))
    answers = [http.head(mine).status_code for _ in range(READS_A_MINUTE + 1)]
    strangers = [http.head(f"{mine}x").status_code for _ in range(2 * STRANGERS_A_MINUTE)]

    assert answers == [200] * READS_A_MINUTE + [429]
    assert http.head(others).status_code == 200
    assert strangers == [403] * 2 * STRANGERS_A_MINUTE
    assert len(downloads(services)) == STRANGERS_A_MINUTE


def test_not_too_many_at_once_and_places_become_free(services: Services, http: httpx.Client, token: str) -> None:
    """Against clients who take nothing."""
    dumped.publish(services.dumps, bytes(64 * 2**20), 3)
    head = f"GET {LATEST} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    with ExitStack() as stack:
        for _ in range(MOST_AT_ONCE):
            address = (http.base_url.host, http.base_url.port or 0)
            client = stack.enter_context(closing(socket.create_connection(address, 10)))
            client.sendall(head)
            assert client.recv(12) == b"HTTP/1.1 200"
        late = http.get(LATEST, headers=bearer(token))
        assert (late.status_code, late.headers["retry-after"]) == (429, "60")
        assert http.get("/healthz").status_code == 200
        assert http.head(LATEST, headers=bearer(token)).status_code == 200
    until(lambda: len(downloads(services)) == MOST_AT_ONCE, "all have ended")
    assert http.get(LATEST, headers=bearer(token, Range="bytes=0-9")).content == bytes(10)


SIZE = 1000
HEADERS = [
    (None, None),
    ("bytes=0-", (0, 1000)),
    ("bytes=0-0", (0, 1)),
    ("bytes=999-5000", (999, 1)),
    ("bytes=-1", (999, 1)),
    ("bytes=-5000", (0, 1000)),
    ("bytes=5-4", None),
    ("bytes=-", None),
    ("bytes=0-1,5-6", None),
    ("lines=0-1", None),
    ("bytes=²-3", None),
]


@pytest.mark.parametrize(("header", "found"), HEADERS)
def test_ranges(header: str | None, found: tuple[int, int] | None) -> None:
    assert wanted(header, SIZE) == found


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-1001", "bytes=-0"])
def test_ranges_without_a_byte(header: str) -> None:
    with pytest.raises(UnsatisfiableError):
        wanted(header, SIZE)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 40))
def test_ranges_are_those_of_a_slice(first: int, last: int, size: int) -> None:
    content = bytes(range(size))
    try:
        found = wanted(f"bytes={first}-{last}", size)
    except UnsatisfiableError:
        assert content[first : last + 1] == b""
        return
    assert found is None or content[found[0] : sum(found)] == content[first : last + 1]
