"""The HTTP server of the stand-in for GitHub: who asks, faults, pages."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support.fake_github import FakeGithub
from tests.support.fake_github_api import ROUTES, Answer, Asked, allow
from tests.support.fake_github_model import App, Fault, Grant, Json, Refusal
from tests.support.ports import free_port
from tests.support.waiting import until

KINDS = ("secondary", "primary", "500", "502", "503", "after_store", "cut", "html")
"""Rate limits (403); a fault before, or after (`after_store`), the request was carried out, or an answer to it that
breaks off (`cut`); a proxy's log-in page."""

_REPOSITORY = re.compile(r"/repos/([^/]+/[^/]+)/(.+)")
_TOKEN_OF = re.compile(r"/app/installations/(\d+)/access_tokens")
_INSTALLATION = re.compile(r"/repos/([^/]+/[^/]+)/installation")


@contextmanager
def running(root: Path, *, prefix: str = "", tls: Path | None = None) -> Iterator[FakeGithub]:
    """A GitHub until the block ends. `prefix` is /api/v3 for an Enterprise Server; `tls` a certificate with its key."""
    port = free_port()
    fake = FakeGithub(root, f"{'https' if tls else 'http'}://127.0.0.1:{port}{prefix}")
    methods = ["GET", "POST", "PATCH", "PUT", "DELETE"]
    site = Starlette(routes=[Route("/{rest:path}", _Site(fake, prefix).answer, methods=methods)])
    config = uvicorn.Config(
        _as_proxy(site),
        host="127.0.0.1",
        port=port,
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=1,
        ssl_certfile=tls,
        ssl_keyfile=tls,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="github", daemon=True)
    thread.start()
    until(lambda: server.started, "the stand-in for GitHub starts")
    try:
        yield fake
    finally:
        server.should_exit = True
        thread.join(10)


def _as_proxy(site: ASGIApp) -> ASGIApp:
    """Answers as a proxy too: whoever takes it for one asks for a whole address instead of a path."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await site({**scope, "path": re.sub(r"^https?://[^/]+", "", scope["path"])}, receive, send)

    return answer


class _Site:
    def __init__(self, fake: FakeGithub, prefix: str) -> None:
        self._fake = fake
        self._prefix = prefix

    async def answer(self, request: Request) -> Response:
        """Everything, in a thread."""
        return await run_in_threadpool(self._answer, request, await request.body())

    def _answer(self, request: Request, raw: bytes) -> Response:
        path = request.url.path.removeprefix(self._prefix)
        fault = self._fake.struck(request.method, path)
        response = self._failing(fault) if fault and fault.kind not in ("after_store", "cut") else None
        if response is None:
            response = self._real(request, path, raw)
            if fault and response.status_code < 400:
                response = self._lost(fault)
        self._fake.answered(request.method, path, response.status_code)
        return response

    def _failing(self, fault: Fault) -> Response:
        if fault.kind == "secondary":
            said = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
            return JSONResponse({"message": said}, 403, {"Retry-After": str(fault.seconds)})
        if fault.kind == "primary":
            headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + fault.seconds)}
            return JSONResponse({"message": "API rate limit exceeded for installation."}, 403, headers)
        if fault.kind == "html":
            return Response("<html>Please log in</html>", 200, media_type="text/html")
        return JSONResponse({"message": "Server Error"}, int(fault.kind))

    def _lost(self, fault: Fault) -> Response:
        if fault.kind == "cut":
            return Response(b'{"id": 1', 201, {"Content-Length": "999"})
        return JSONResponse({"message": "Server Error"}, 502)

    def _real(self, request: Request, path: str, raw: bytes) -> Response:
        try:
            if not request.headers.get("user-agent"):
                raise Refusal(403, "Request forbidden by administrative rules.")
            body = _json(raw)
            with self._fake.lock:
                status, data = self._found(request, path, body)
        except Refusal as refusal:
            return JSONResponse({"message": str(refusal)}, refusal.status, refusal.headers)
        return _paged(request, self._fake.url + path, status, data)

    def _found(self, request: Request, path: str, body: Json) -> Answer:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._as_app(request.method, path, self._app(secret), body)
        grant = self._fake.tokens.get(secret)
        if grant is None:
            raise Refusal(401, "Bad credentials")
        if path == "/user" and grant.app is None:
            return 200, {"login": grant.login}
        found = _REPOSITORY.fullmatch(path)
        if found is None:
            raise Refusal(404, "Not Found")
        return self._in_repository(request, grant, found[1], found[2], body)

    def _in_repository(self, request: Request, grant: Grant, name: str, rest: str, body: Json) -> Answer:
        repository = self._fake.repositories.get(name.lower())
        if repository is None or (grant.repositories is not None and repository.name not in grant.repositories):
            raise Refusal(404, "Not Found")
        asked = Asked(
            self._fake,
            grant,
            repository,
            f"{self._fake.url}/repos/{repository.name}",
            dict(request.query_params),
            body,
        )
        for method, pattern, right, endpoint in ROUTES:
            match = pattern.fullmatch(rest)
            if match and method == request.method:
                allow(grant, right)
                return endpoint(asked, match[1])
        raise Refusal(404, "Not Found")

    def _app(self, secret: str) -> App:
        """The App that signed; JSON Web Tokens live ten minutes at most."""
        for app in self._fake.apps:
            try:
                claims = jwt.decode(secret, app.public_key, algorithms=["RS256"], issuer=str(app.id))
            except jwt.InvalidTokenError:
                continue
            if claims["exp"] - time.time() <= 600:
                return app
        raise Refusal(401, "A JSON web token could not be decoded")

    def _as_app(self, method: str, path: str, app: App, body: Json) -> Answer:
        if (method, path) == ("GET", "/app"):
            return 200, {"id": app.id, "slug": app.slug, "name": app.slug}
        wanted = _INSTALLATION.fullmatch(path)
        if wanted and method == "GET":
            repository = self._fake.repositories.get(wanted[1].lower())
            if repository is None or repository.installation is None:
                raise Refusal(404, "Not Found")
            return 200, {"id": repository.installation, "app_id": app.id}
        asked = _TOKEN_OF.fullmatch(path)
        if asked and method == "POST":
            return self._token(app, int(asked[1]), body)
        raise Refusal(404, "Not Found")

    def _token(self, app: App, installation: int, body: Json) -> Answer:
        installed = [one for one in self._fake.repositories.values() if one.installation == installation]
        if not installed:
            raise Refusal(404, "Not Found")
        names = body.get("repositories") or [one.name.partition("/")[2] for one in installed]
        chosen = [one for one in installed if one.name.partition("/")[2] in names]
        if len(chosen) != len(names):
            raise Refusal(422, "There is at least one repository that does not exist or is not accessible.")
        rights = body.get("permissions") or {}
        for name, level in rights.items():
            if installed[0].rights.get(name) not in ((level, "write") if level == "read" else (level,)):
                raise Refusal(422, "The permissions requested are not granted to this installation.")
        token = f"ghs_{uuid.uuid4().hex}"
        self._fake.tokens[token] = Grant(app.login, rights, frozenset(one.name for one in chosen), app)
        ends = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return 201, {"token": token, "expires_at": ends, "permissions": rights}


def _json(raw: bytes) -> Json:
    try:
        body = json.loads(raw) if raw else {}
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None
    if not isinstance(body, dict):
        raise Refusal(400, "Body should be a JSON object")
    return body


def _paged(request: Request, url: str, status: int, data: Any) -> Response:
    """Lists in pages of 30, or `per_page` up to 100, with GitHub's `Link` header."""
    key = "check_runs" if isinstance(data, dict) and "check_runs" in data else None
    rows = data[key] if key else data
    if not isinstance(rows, list):
        return JSONResponse(data, status)
    size = min(int(request.query_params.get("per_page", "30")), 100)
    page = int(request.query_params.get("page", "1"))
    pages = max(1, -(-len(rows) // size))
    headers = {}
    if page < pages:
        link = {name: f"{url}?{urlencode({**request.query_params, 'page': n})}" for name, n in _ahead(page, pages)}
        headers["Link"] = ", ".join(f'<{address}>; rel="{name}"' for name, address in link.items())
    part = rows[(page - 1) * size : page * size]
    return JSONResponse({**data, key: part} if key else part, status, headers)


def _ahead(page: int, pages: int) -> tuple[tuple[str, int], ...]:
    return ("next", page + 1), ("last", pages)
