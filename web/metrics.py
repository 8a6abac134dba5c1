"""`GET /metrics` for Prometheus: with a token at the common address, without one at an address of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from commands.measuring import Measured, measured
from commands.services import Services
from web.bearers import Bearers, HttpError, answered

log = structlog.get_logger()

SCOPE = "metrics"
BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0)
"""Seconds: a restore takes tenths of one, a refresh up to some hours."""


class Metrics:
    """The handler."""

    def __init__(self, services: Services, bearers: Bearers | None) -> None:
        self._services = services
        self._bearers = bearers

    def routes(self) -> list[Route]:
        """Path → handler."""
        return [Route("/metrics", answered(self.metrics), methods=["GET"])]

    async def metrics(self, request: Request) -> Response:
        """`GET /metrics`. Where there are bearers, for a token of the scope `metrics` only."""
        return await run_in_threadpool(self._answer, request)

    def _answer(self, request: Request) -> Response:
        if self._bearers is not None and self._bearers.token(request, ("metrics", "")).scope != SCOPE:
            raise HttpError(403, "This token is for something else. Make one: dbs token create --scope metrics")
        try:
            return Response(exposition(measured(self._services, BOUNDS)), headers={"Content-Type": CONTENT_TYPE_LATEST})
        except SQLAlchemyError as error:
            log.error("state database does not answer", reason=str(error))
            return JSONResponse({"problem": "the state database does not answer"}, 503)


def metrics_app(services: Services) -> Starlette:
    """Metrics and nothing else, for an address that only the monitoring reaches."""
    return Starlette(routes=Metrics(services, None).routes())


def exposition(found: Measured) -> bytes:
    """What Prometheus reads."""
    registry = CollectorRegistry()
    registry.register(_Once(found))
    return generate_latest(registry)


class _Once(Collector):
    def __init__(self, found: Measured) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        found = self._found
        yield _gauge("dbs_data_age_seconds", "Age of the newest snapshot's data.", "source", _ages(found))
        yield _gauge("dbs_data_max_age_seconds", "max_age of a source: older is too old.", "source", _limits(found))
        yield _gauge(
            "dbs_refresh_last_success_timestamp_seconds", "When a refresh was done last.", "source", _refreshed(found)
        )
        yield _durations(found)
        yield _gauge("dbs_jobs_open", "Jobs that have not ended.", "state", found.open_jobs)
        yield _gauge("dbs_instances", "Instances by state, personal ones included.", "state", found.instances)
        yield GaugeMetricFamily("dbs_outbox_waiting", "Messages not sent yet.", found.waiting_messages)
        yield GaugeMetricFamily("dbs_worker_running", "1 while a worker runs.", int(found.worker))
        yield GaugeMetricFamily("dbs_paused", "1 while no new work starts.", int(found.paused))


def _gauge(name: str, what: str, label: str, values: dict[str, int] | dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _ages(found: Measured) -> dict[str, float]:
    return {one.source: one.seconds for one in found.ages}


def _limits(found: Measured) -> dict[str, float]:
    return {one.source: one.limit.total_seconds() for one in found.ages if one.limit is not None}


def _refreshed(found: Measured) -> dict[str, float]:
    return {source: datetime.fromisoformat(at).timestamp() for source, at in found.last_success.items()}


def _durations(found: Measured) -> Metric:
    family = HistogramMetricFamily("dbs_job_duration_seconds", "From begin to end.", labels=["kind", "outcome"])
    for one in found.durations:
        buckets = [(str(bound), float(count)) for bound, count in zip(BOUNDS, one.within, strict=True)]
        family.add_metric([one.kind, one.outcome], [*buckets, ("+Inf", float(one.count))], one.total)
    return family
