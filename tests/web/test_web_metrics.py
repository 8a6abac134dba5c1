"""`GET /metrics`: what it says, to whom, and what it never says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError

from commands.interface import Result
from commands.measuring import measured
from commands.services import Services
from dbs.errors import FailedError
from dbs.jobs import JobRequest, store
from dbs.snapshots.interface import SnapshotError
from tests.chatbot.parts import RITA, FakeDirectory, make_services
from tests.support.ports import free_port
from tests.web.calling import TWO, bearer, outcomes
from web.metrics import BOUNDS, exposition
from web.serving import serving_metrics


@pytest.fixture
def busy(services: Services, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Two restores that took 0.2 s and 40 s, a refresh that was done, one that failed, one that waits."""
    services.catalog.sync("local", services.providers["local"])
    jobs = [
        ("restore", "shared", "done", "00.2"),
        ("restore", "shared", "done", "40.0"),
        ("refresh", "shop", "done", "30.0"),
        ("refresh", "shop", "failed", "01.0"),
        ("refresh", "gone", "done", "01.0"),
    ]
    for number, (kind, target, outcome, seconds) in enumerate(jobs):
        request = JobRequest(f"{kind}:{number}", kind, target, {}, RITA, "Rita Requester")
        services.job_rows.add(request, ())
        monkeypatch.setattr(store, "now", lambda: "2026-11-20T01:00:00.000000+00:00")
        services.job_rows.begin(request.id)
        monkeypatch.setattr(store, "now", lambda at=seconds: f"2026-11-20T01:00:{at}00000+00:00")
        services.job_rows.end(request.id, outcome, "Rita did it.")  # type: ignore[arg-type]
    services.job_rows.add(JobRequest("restore:9", "restore", "shared", {}, RITA, "Rita Requester"), ())
    services.outbox.put("restore:9", "parent", {"channel": "#databases"}, Result("restore", "done", "x").to_json())
    return services


@pytest.fixture
def scrape(services: Services, http: httpx.Client) -> Callable[[], dict[str, float]]:
    """`name{label="value"}` → value, as Prometheus reads it."""
    secret = services.tokens.create("metrics", "prometheus", "os:ada")[1]

    def scraped() -> dict[str, float]:
        answer = http.get("/metrics", headers=bearer(secret))
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/plain; version=")
        assert not re.search(r"(?i)rita|ada|U0REQ|127\.0\.0\.1|mysql:", answer.text)
        samples = [one for family in text_string_to_metric_families(answer.text) for one in family.samples]
        return {_name(one.name, one.labels): one.value for one in samples}

    return scraped


def _name(name: str, labels: dict[str, str]) -> str:
    inside = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return f"{name}{{{inside}}}" if inside else name


def test_what_it_says(busy: Services, scrape: Callable[[], dict[str, float]]) -> None:
    found = scrape()
    assert found["dbs_data_age_seconds{source=shop}"] > 0
    assert found["dbs_refresh_last_success_timestamp_seconds{source=shop}"] == 1795136430.0
    assert "dbs_refresh_last_success_timestamp_seconds{source=gone}" not in found
    restore = "{kind=restore,%soutcome=done}"
    assert found["dbs_job_duration_seconds_count" + restore % ""] == 2
    assert found["dbs_job_duration_seconds_sum" + restore % ""] == pytest.approx(40.2, abs=0.01)
    within = {le: found["dbs_job_duration_seconds_bucket" + restore % f"le={le},"] for le in ("0.1", "0.25", "+Inf")}
    assert within == {"0.1": 0, "0.25": 1, "+Inf": 2}
    assert found["dbs_job_duration_seconds_count{kind=refresh,outcome=failed}"] == 1
    assert (found["dbs_jobs_open{state=queued}"], found["dbs_jobs_open{state=running}"]) == (1, 0)
    assert (found["dbs_outbox_waiting"], found["dbs_worker_running"], found["dbs_paused"]) == (1, 0, 0)
    assert (found["dbs_instances{state=running}"], found["dbs_instances{state=failed}"]) == (2, 0)


def test_an_empty_installation_and_one_without_a_supervisor(
    services: Services, scrape: Callable[[], dict[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "dbs_data_age_seconds{source=shop}" not in scrape()

    def away(name: str) -> None:
        raise SnapshotError("The supervisor does not answer.")

    monkeypatch.setattr(services.providers["local"], "inspect", away)
    assert scrape()["dbs_instances{state=unknown}"] == 2


def test_a_limit_is_told_beside_the_age(tmp_path: Path) -> None:
    config = TWO.replace("[source.shop]", '[source.shop]\nmax_age = "26h"')
    services = make_services(tmp_path, FakeDirectory(), config=config)
    services.catalog.sync("local", services.providers["local"])
    assert 'dbs_data_max_age_seconds{source="shop"} 93600.0' in exposition(measured(services, BOUNDS)).decode()


def test_it_needs_a_token_of_its_own(services: Services, http: httpx.Client, secret: str) -> None:
    assert http.get("/metrics").status_code == 401
    refused = http.get("/metrics", headers=bearer(secret))
    assert (refused.status_code, "dbs token create --scope metrics" in refused.text) == (403, True)
    assert outcomes(services) == [
        ("token:unknown", "metrics ", "received"),
        ("token:unknown", "metrics ", "refused"),
    ]
    metrics = services.tokens.create("metrics", "prometheus", "os:ada")[1]
    restore = http.post("/api/instances/builds/restore", headers=bearer(metrics))
    assert restore.status_code == 403 and services.job_rows.open() == []


def test_a_state_database_that_is_away(services: Services, http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = services.tokens.create("metrics", "prometheus", "os:ada")[1]

    def down(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    monkeypatch.setattr(services.measures, "durations", down)
    assert http.get("/metrics", headers=bearer(metrics)).status_code == 503


def test_at_an_address_of_its_own_it_needs_none(tmp_path: Path) -> None:
    port = free_port()
    config = TWO + f'\n[web]\nmetrics_bind = "127.0.0.1:{port}"\n'
    services = make_services(tmp_path, FakeDirectory(), config=config)
    with serving_metrics(services), httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        assert "dbs_worker_running 0.0" in http.get("/metrics").text
        assert http.get("/healthz").status_code == 404
        with pytest.raises(FailedError, match=r"Set \[web\] metrics_bind to a free port"), serving_metrics(services):
            pass


def test_without_an_address_there_is_nothing_more(services: Services) -> None:
    with serving_metrics(services):
        pass
