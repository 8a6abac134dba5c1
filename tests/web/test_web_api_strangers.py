"""The API for CI on a real port: what a stranger, a strange name or a strange page can neither do nor learn."""

from __future__ import annotations

import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from commands.services import Services
from dbs.state import stamp
from tests.web.calling import RESTORE, bearer, outcomes
from web.bearers import STRANGERS_A_MINUTE

pytestmark = pytest.mark.timeout(120)


def expired(services: Services) -> str:
    """A token whose end is past."""
    return services.tokens.create("restore:builds", "old", "os:ada", stamp(datetime.now(UTC) - timedelta(hours=1)))[1]


def revoked(services: Services) -> str:
    """A token that was taken back."""
    token_id, secret = services.tokens.create("restore:builds", "lost", "os:ada")
    services.tokens.revoke(token_id)
    return secret


def test_without_a_valid_token_nothing_is_done_and_no_reason_is_told(
    services: Services, http: httpx.Client, secret: str
) -> None:
    bad = ["", "Bearer", "Bearer dbs_wrong", "Basic ZGJzOmRicw==", secret, f"Bearer {secret[:-1]}", f"Bearer {secret}x"]
    bad += [f"Bearer {expired(services)}", f"Bearer {revoked(services)}"]
    answers = [http.post(RESTORE, headers={"Authorization": one} if one else {}) for one in bad]
    answers.append(http.get("/api/jobs/1", headers=bearer("dbs_wrong")))

    assert {(answer.status_code, answer.headers["www-authenticate"]) for answer in answers} == {(401, "Bearer")}
    assert len({answer.text for answer in answers}) == 1 and "valid token" in answers[0].json()["sentence"]
    assert services.job_rows.recent(10) == []
    asked = ["restore builds"] * len(bad) + ["status 1"]
    assert outcomes(services) == [("token:unknown", one, end) for one in asked for end in ("received", "refused")]


def test_ten_thousand_strangers_do_not_fill_the_audit_table(services: Services, http: httpx.Client) -> None:
    for _ in range(3 * STRANGERS_A_MINUTE):
        assert http.post(RESTORE, headers=bearer("dbs_guess")).status_code == 401
    assert len(outcomes(services)) == 2 * STRANGERS_A_MINUTE


STRANGE = [
    "/api/instances/../../etc/passwd/restore",
    "/api/instances/..%2f..%2fetc%2fpasswd/restore",
    "/api/instances/%2e%2e/restore",
    "/api/instances/--yes/restore",
    "/api/instances/builds%00/restore",
    "/api/instances/buil%E2%80%8Bds/restore",
    "/api/instances/BUILDS/restore",
    f"/api/instances/{'x' * 5000}/restore",
    "/api/instances//restore",
]


def test_strange_names_lead_nowhere(services: Services, http: httpx.Client, secret: str) -> None:
    assert {path: _raw(http, "POST", path, secret) for path in STRANGE} == dict.fromkeys(STRANGE, 404)
    assert services.job_rows.recent(10) == []


def test_strange_job_numbers_lead_nowhere(http: httpx.Client, secret: str) -> None:
    strange = ["%C2%B2", "%D9%A1", "9" * 30, "..", "%00", "1%20OR%201", "restore:builds:%27"]
    assert {one: _raw(http, "GET", f"/api/jobs/{one}", secret) for one in strange} == dict.fromkeys(strange, 404)


def _raw(http: httpx.Client, method: str, path: str, secret: str) -> int:
    """The status of a request whose path nobody tidied up."""
    host, port = http.base_url.host, http.base_url.port or 0
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\nConnection: close\r\n"
    with closing(socket.create_connection((host, port), 10)) as connection:
        connection.sendall(f"{head}Content-Length: 0\r\n\r\n".encode())
        with connection.makefile("rb") as answer:
            return int(answer.readline().split()[1])


def test_a_page_of_another_site_cannot_ask(http: httpx.Client, secret: str) -> None:
    """A browser asks first, and is not told that it may; without the header there is no token."""
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    asked = http.options(RESTORE, headers={**origin, "Access-Control-Request-Headers": "authorization"})
    form = http.post(RESTORE, headers={"Origin": "https://evil.example"}, data={"token": secret})
    query = http.post(f"{RESTORE}?access_token={secret}", headers={"Cookie": f"token={secret}"})

    assert asked.status_code == 405
    assert not [name for name in asked.headers if name.startswith("access-control")]
    assert (form.status_code, query.status_code) == (401, 401)
    assert http.get(RESTORE, headers=bearer(secret)).status_code == 405


def test_the_secret_is_nowhere(
    services: Services,
    http: httpx.Client,
    secret: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    http.post(RESTORE, headers=bearer(secret))
    http.post("/api/instances/shared/restore", headers=bearer(secret))
    http.post(RESTORE, headers=bearer(secret + "x"))

    def bug(*_: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(services.catalog, "choose", bug)
    broken = http.post(RESTORE, headers=bearer(secret))
    monkeypatch.setattr(services.job_rows, "get", bug)
    worse = http.get("/api/jobs/1", headers=bearer(secret))

    assert (broken.status_code, worse.status_code) == (500, 500)
    assert broken.json()["error_id"] in broken.json()["sentence"]
    services.tokens.list()
    with closing(sqlite3.connect(tmp_path / "home" / "state.db")) as state:
        dumped = "\n".join(state.iterdump())
    said = capfd.readouterr()
    for text in (dumped, said.out, said.err, worse.text, broken.text, str(services.tokens.list())):
        assert secret not in text
    assert "bug in a command" in said.out + said.err  # so the log was looked at
