"""The API for CI on a real port: what is done, once, and what is not done."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from commands.services import Services
from commands.working import working
from dbs.snapshots.interface import Progress, Restored, SnapshotError, Ticket
from dbs.state import stamp
from tests.support.waiting import until
from tests.web.calling import RESTORE, bearer, outcomes
from web.bearers import RESTORES_A_MINUTE
from web.bodies import MOST_BYTES

pytestmark = pytest.mark.timeout(120)


def test_a_restore_is_queued_done_and_recorded(services: Services, http: httpx.Client, secret: str) -> None:
    answer = http.post(RESTORE, headers=bearer(secret))
    token = services.tokens.list()[0]

    assert answer.status_code == 202
    queued = answer.json()
    assert (queued["outcome"], queued["job"]) == ("queued", 1)
    assert answer.headers["location"] == "/api/jobs/1"
    job = services.job_rows.get("1")
    assert job is not None and (job.target, job.requester_id, job.requester_name) == (
        "builds",
        f"token:{token.id}",
        "ci",
    )
    with working(services):
        again = http.post(f"{RESTORE}?wait=30", headers=bearer(secret))
        until(lambda: not services.job_rows.open(), "both are done")
    assert (again.status_code, again.json()["outcome"], again.json()["job"]) == (200, "done", 2)
    assert again.json()["sentence"].startswith("builds is back to the data of")
    shown = http.get("/api/jobs/1", headers=bearer(secret)).json()
    assert (shown["state"], shown["asked_by"], shown["target"]) == ("done", "ci", "builds")
    assert [step["state"] for step in shown["steps"]] == ["done"] * 3
    assert http.get(f"/api/jobs/{queued['job_id']}", headers=bearer(secret)).json() == shown
    assert outcomes(services).count((f"token:{token.id}", "restore builds", "done")) == 2
    assert services.audit.verify().ok


def test_the_same_key_is_one_job_however_often_it_comes(services: Services, http: httpx.Client, secret: str) -> None:
    def post(_: int) -> tuple[int, int]:
        answer = httpx.post(f"{http.base_url}{RESTORE}", headers=bearer(secret, **key), trust_env=False, timeout=30)
        return answer.status_code, answer.json().get("job")

    key = {"Idempotency-Key": "build-77"}
    with ThreadPoolExecutor(RESTORES_A_MINUTE) as crowd:
        answers = list(crowd.map(post, range(RESTORES_A_MINUTE - 1)))

    assert answers == [(202, 1)] * (RESTORES_A_MINUTE - 1)
    assert len(services.job_rows.recent(100)) == 1
    other = http.post(RESTORE, headers=bearer(secret, **key), json={"snapshot": "shop-1"})
    assert other.status_code == 422 and len(services.job_rows.recent(100)) == 1


def test_a_key_belongs_to_its_token(services: Services, http: httpx.Client, secret: str) -> None:
    _, other = services.tokens.create("restore:builds", "other ci", "os:ada")
    answers = [http.post(RESTORE, headers=bearer(one, **{"Idempotency-Key": "1"})).json() for one in (secret, other)]

    assert [answer["job"] for answer in answers] == [1, 2]


def test_a_snapshot_can_be_named_and_a_wrong_one_is_refused(
    services: Services, http: httpx.Client, secret: str
) -> None:
    good = http.post(RESTORE, headers=bearer(secret), json={"snapshot": "shop-1"})
    wrong = http.post(RESTORE, headers=bearer(secret), json={"snapshot": "shop-0"})

    assert good.status_code == 202
    assert wrong.status_code == 500 and "There is no snapshot shop-0" in wrong.json()["sentence"]
    assert len(services.job_rows.recent(10)) == 1


def test_a_token_does_what_its_scope_says_and_no_more(services: Services, http: httpx.Client, secret: str) -> None:
    _, dump = services.tokens.create("dump:shop", "dumps", "os:ada")
    with_other = http.post("/api/instances/shared/restore", headers=bearer(secret))
    with_dump = http.post(RESTORE, headers=bearer(dump))
    unknown = http.post("/api/instances/nowhere/restore", headers=bearer(secret))

    assert (with_other.status_code, with_dump.status_code, unknown.status_code) == (403, 403, 404)
    assert "has not been granted restore:shared" in with_other.json()["sentence"]
    assert "shared" not in unknown.text  # a token learns no other names
    assert services.job_rows.recent(10) == []
    assert [outcome for *_, outcome in outcomes(services)] == ["received", "refused"] * 3


def test_a_job_of_another_instance_is_not_shown(services: Services, http: httpx.Client, secret: str) -> None:
    _, other = services.tokens.create("restore:shared", "other", "os:ada")
    number = http.post("/api/instances/shared/restore", headers=bearer(other)).json()["job"]

    hidden, absent = (http.get(f"/api/jobs/{one}", headers=bearer(secret)) for one in (number, 999))
    assert (hidden.status_code, hidden.json()) == (absent.status_code, absent.json()) == (404, absent.json())


def test_somebody_elses_lease_stands(services: Services, http: httpx.Client, secret: str) -> None:
    services.leases.take("builds", "U0ADA", "Ada", stamp(datetime.now(UTC) + timedelta(hours=1)), "load test")
    answer = http.post(f"{RESTORE}?wait=5", headers=bearer(secret))

    assert answer.status_code == 409
    assert "Ada holds it" in answer.json()["sentence"]
    assert outcomes(services)[-1][2] == "refused"  # a token cannot confirm, so nothing waits for it


def test_nothing_starts_while_dbs_is_paused(services: Services, http: httpx.Client, secret: str) -> None:
    services.switches.pause("Ada", "moving house")
    answer = http.post(RESTORE, headers=bearer(secret))

    assert answer.status_code == 409 and "moving house" in answer.json()["sentence"]


def test_a_failed_job_is_no_success(
    services: Services, http: httpx.Client, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(instance: str, snapshot_id: str, ticket: Ticket, progress: Progress) -> Restored:
        raise SnapshotError("The disk is full.")

    monkeypatch.setattr(services.providers["local"], "restore", full)
    with working(services):
        answer = http.post(f"{RESTORE}?wait=30", headers=bearer(secret))

    assert (answer.status_code, answer.json()["outcome"]) == (500, "failed")
    assert answer.json()["sentence"] == "The disk is full."


def test_waiting_ends_in_time_and_holds_nobody_up(services: Services, http: httpx.Client, secret: str) -> None:
    begun = threading.Event()

    def post(number: int) -> int:
        begun.set()
        return httpx.post(
            f"{http.base_url}{RESTORE}?wait=2", headers=bearer(secret), trust_env=False, timeout=30
        ).status_code

    with ThreadPoolExecutor(RESTORES_A_MINUTE) as crowd:
        waiting = [crowd.submit(post, number) for number in range(RESTORES_A_MINUTE)]
        assert begun.wait(10)
        assert http.get("/healthz").status_code == 200
        assert [one.result() for one in waiting] == [202] * RESTORES_A_MINUTE


def test_ten_a_minute_for_each_token(services: Services, http: httpx.Client, secret: str) -> None:
    _, other = services.tokens.create("restore:builds", "other", "os:ada")
    answers = [http.post(RESTORE, headers=bearer(secret)) for _ in range(RESTORES_A_MINUTE + 3)]

    assert [answer.status_code for answer in answers] == [202] * RESTORES_A_MINUTE + [429] * 3
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert "try again in" in answers[-1].json()["sentence"]
    assert http.post(RESTORE, headers=bearer(other)).status_code == 202
    assert http.get("/api/jobs/1", headers=bearer(secret)).status_code == 200


NONSENSE: list[tuple[str, dict[str, str], bytes]] = [
    ("?wait=301", {}, b""),
    ("?wait=-1", {}, b""),
    ("?wait=x", {}, b""),
    ("", {"Idempotency-Key": "a b"}, b""),
    ("", {"Idempotency-Key": "x" * 101}, b""),
    ("", {}, b"{"),
    ("", {}, b"\xff\xfe"),
    ("", {}, b"[]"),
    ("", {}, b'{"undo": true}'),
    ("", {}, b'{"snapshot": 1}'),
]


def test_what_makes_no_sense_is_said_so(services: Services, http: httpx.Client, secret: str) -> None:
    for query, headers, body in NONSENSE:
        answer = http.post(f"{RESTORE}{query}", headers=bearer(secret, **headers), content=body)
        assert answer.status_code == 400 and answer.json()["sentence"], (query, headers, body)
    assert services.job_rows.recent(10) == []


def test_a_long_body_is_refused(http: httpx.Client, secret: str) -> None:
    assert http.post(RESTORE, headers=bearer(secret), content=b" " * (MOST_BYTES + 1)).status_code == 413
    assert http.post(RESTORE, headers=bearer(secret), content=b" " * MOST_BYTES).status_code == 202
