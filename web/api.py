"""The HTTP API for CI and Makefiles: restore an instance, look at a job. A token may do what its scope says."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from commands.dispatch import dispatch
from commands.interface import TERMINAL, Actor, Result
from commands.interface import Request as Asked
from commands.services import Services
from dbs.jobs import Job
from dbs.tokens import Token
from web import bodies
from web.bearers import Bearers, HttpError, answered

LONGEST_WAIT = 300
_POLL_SECONDS = 0.25
_TURNS = 64
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_JOB = re.compile(r"[0-9]{1,12}|[a-z]+:[A-Za-z0-9._:-]{1,300}")
_STATUS = {"done": 200, "queued": 202, "running": 202, "failed": 500}
"""What is not here was understood and is not done: 409."""


@dataclass(frozen=True)
class _Order:
    """A restore as a request asks for it; `key` makes the same request the same one."""

    instance: str
    snapshot: str | None
    wait: int
    key: str

    @property
    def words(self) -> tuple[str, ...]:
        return ("restore", self.instance, *(("--snapshot", self.snapshot) if self.snapshot else ()))


class Api:
    """The handlers. They work in threads; only waiting for a job does not hold one."""

    def __init__(self, services: Services, bearers: Bearers) -> None:
        self._services = services
        self._bearers = bearers
        self._turns = [threading.Lock() for _ in range(_TURNS)]

    def routes(self) -> list[Route]:
        """Path → handler."""
        return [
            Route("/api/instances/{name}/restore", answered(self.restore), methods=["POST"]),
            Route("/api/jobs/{job}", answered(self.job), methods=["GET"]),
        ]

    async def restore(self, request: Request) -> Response:
        """`POST /api/instances/NAME/restore`, perhaps with `?wait=SECONDS` and `{"snapshot": "…"}`."""
        raw = await bodies.read(request)
        if raw is None:
            raise HttpError(413, f"{bodies.TOO_LONG}.")
        token = await run_in_threadpool(self._bearers.token, request, ("restore", _name(request)))
        order = _order(request, raw)
        result = await run_in_threadpool(self._restore, token, order)
        if order.wait and result.job_id and result.outcome not in TERMINAL:
            result = await self._ended(request, result, order.wait)
        return await run_in_threadpool(self._answer, token, order, result)

    async def job(self, request: Request) -> Response:
        """`GET /api/jobs/ID-OR-NUMBER`: a job of the instance that the token is for."""
        return await run_in_threadpool(self._job, request)

    def _restore(self, token: Token, order: _Order) -> Result:
        actor = Actor(f"token:{token.id}", token.label, "http", grants=(token.scope,))
        asked = Asked(f"http:{token.id}:{order.key}", actor, order.words)
        # The same request twice at once: the second waits for the answer of the first, instead of "not yet".
        with self._turns[hash(asked.id) % _TURNS]:
            result = dispatch(self._services, asked)
        before = self._services.audit.find(asked.id)[0].arguments
        if json.loads(before).get("words", list(order.words)) != list(order.words):
            raise HttpError(422, "That Idempotency-Key was used for something else. Nothing was done; take a new one.")
        return result

    async def _ended(self, request: Request, queued: Result, seconds: int) -> Result:
        until = time.monotonic() + seconds
        while True:
            job = await run_in_threadpool(self._services.job_rows.get, queued.job_id or "")
            if job is not None and job.state in TERMINAL:
                return Result(job.kind, job.state, job.sentence, queued.facts, job_id=job.id)
            if time.monotonic() >= until or await request.is_disconnected():
                return queued
            await asyncio.sleep(_POLL_SECONDS)

    def _answer(self, token: Token, order: _Order, result: Result) -> Response:
        job = self._services.job_rows.get(result.job_id) if result.job_id else None
        status = _STATUS.get(result.outcome, 409)
        if job is None and order.instance not in self._services.settings.instance:
            status = 404
        elif job is None and token.scope != f"restore:{order.instance}":
            status = 403
        headers = {"Location": f"/api/jobs/{job.number}"} if job else {}
        return JSONResponse({**result.to_json(), "job": job.number if job else None}, status, headers)

    def _job(self, request: Request) -> Response:
        key = request.path_params["job"]
        token = self._bearers.token(request, ("status", key))
        job = self._services.job_rows.get(key) if _JOB.fullmatch(key) else None
        if job is None or token.scope != f"{job.kind}:{job.target}":
            raise HttpError(404, "There is no such job, or it is none of this token's instance.")
        return JSONResponse(self._shown(job))

    def _shown(self, job: Job) -> dict[str, Any]:
        names = ("number", "id", "kind", "target", "state", "sentence", "created_at", "started_at", "finished_at")
        steps = [{"step": phase.step, "state": phase.state} for phase in self._services.job_rows.phases(job.id)]
        return {**{name: getattr(job, name) for name in names}, "asked_by": job.requester_name, "steps": steps}


def _order(request: Request, raw: bytes) -> _Order:
    """What a request asks for. Raises `HttpError` 400."""
    key = request.headers.get("idempotency-key", uuid.uuid4().hex)
    if not _KEY.fullmatch(key):
        raise HttpError(400, "An Idempotency-Key has 1 to 100 letters, digits and characters of . _ : -")
    wait = request.query_params.get("wait", "0")
    if not re.fullmatch(r"[0-9]{1,3}", wait) or int(wait) > LONGEST_WAIT:
        raise HttpError(400, f"wait is a number of seconds from 0 to {LONGEST_WAIT}.")
    return _Order(_name(request), _snapshot(raw), int(wait), key)


def _name(request: Request) -> str:
    """The instance in the path; what people could not see in it is spelled out, so that it is no name any more."""
    name = str(request.path_params["name"])
    return name if name.isprintable() else ascii(name)


def _snapshot(raw: bytes) -> str | None:
    try:
        given = json.loads(raw) if raw.strip() else {}
    except ValueError:  # no JSON, or no UTF-8
        given = None
    if not isinstance(given, dict) or set(given) - {"snapshot"} or not isinstance(given.get("snapshot", ""), str):
        raise HttpError(400, 'The body is empty or JSON such as {"snapshot": "ID"}.')
    return given.get("snapshot") or None
