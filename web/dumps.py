"""Downloads of masked dumps: by a link that is one person's for a while, or by a token for CI and Makefiles."""

from __future__ import annotations

import base64
import threading
from functools import partial
from typing import BinaryIO

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from commands import downloads
from commands.downloads import DOWNLOAD, Part
from commands.interface import Actor
from commands.services import Services
from dbs.dumps.interface import DumpManifest
from dbs.dumps.store import LATEST, SUFFIX
from dbs.errors import RefusedError
from web.bearers import NOBODY, READS_A_MINUTE, Bearers, HttpError, answered
from web.limits import Limiter
from web.ranges import UnsatisfiableError, wanted
from web.sending import Sending

log = structlog.get_logger()

MOST_AT_ONCE = 20
"""Downloads at once in this process: each holds a connection and a file open, also of somebody who takes no byte."""

_ABSENT = "There is no such dump, or it is deleted already."


class Downloads:
    """The handlers. Who may not learn anything is told the same whatever there is."""

    def __init__(self, services: Services, bearers: Bearers) -> None:
        self._services = services
        self._bearers = bearers
        self._people = Limiter(READS_A_MINUTE, 60)
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)

    def routes(self) -> list[Route]:
        """Path → handler. Starlette answers HEAD wherever it answers GET."""
        return [Route("/dumps/{source}/{file}", answered(self.dump), methods=["GET"])]

    async def dump(self, request: Request) -> Response:
        """`GET /dumps/SOURCE/ID.sql.zst?ticket=…`, or with a token, for which `latest.sql.zst` is the newest."""
        actor = await run_in_threadpool(self._who, request)
        manifest, file = await run_in_threadpool(self._opened, request, actor)
        try:
            return await self._answer(request, actor, manifest, file)
        except BaseException:
            file.close()
            raise

    def _who(self, request: Request) -> Actor:
        """Who may have this dump. Raises `HttpError`, recorded."""
        source, dump_id = _names(request)
        ticket = request.query_params.get("ticket")
        if ticket is None or "authorization" in request.headers:
            token = self._bearers.token(request, (DOWNLOAD, source))
            actor = Actor(f"token:{token.id}", token.label, "http", grants=(token.scope,))
            if token.scope != f"dump:{source}":
                raise self._refusal(request, actor, 403, f"{token.label} has not been granted dump:{source}.")
            return actor
        try:
            # Slack looks at addresses in messages by itself: that would be a download in somebody's name.
            if "slackbot" in request.headers.get("user-agent", "").lower():
                raise RefusedError("A preview is no download.")
            said = self._services.links.read(ticket, source, dump_id)
        except RefusedError as error:
            raise self._refusal(request, NOBODY, 403, str(error)) from None
        seconds = self._people.wait(said.person_id)
        if seconds:
            log.warning("a person downloads too often", person=said.person_id)
            raise _later(f"That was too often. Nothing was sent; try again in {seconds} seconds.", seconds)
        return Actor(said.person_id, said.person_name, "http")

    def _opened(self, request: Request, actor: Actor) -> tuple[DumpManifest, BinaryIO]:
        source, dump_id = _names(request)
        dumps = self._services.dumps
        manifest = dumps.latest(source) if dump_id == LATEST else dumps.find(source, dump_id)
        try:
            if manifest is not None:
                return manifest, dumps.open(manifest)
        except FileNotFoundError:  # deleted just now
            pass
        raise self._refusal(request, actor, 404, _ABSENT)

    def _refusal(self, request: Request, actor: Actor, status: int, sentence: str) -> HttpError:
        self._bearers.record_refusal(request, actor, (DOWNLOAD, _names(request)[0]), sentence)
        return HttpError(status, sentence)

    async def _answer(self, request: Request, actor: Actor, manifest: DumpManifest, file: BinaryIO) -> Response:
        size, headers = manifest.bytes_on_disk, _headers(manifest)
        if _is_named(request.headers.get("if-none-match"), headers["ETag"]):
            return _closed(file, Response(status_code=304, headers=headers))
        asked = request.headers.get("range") if request.method == "GET" else None
        if request.headers.get("if-range", headers["ETag"]) != headers["ETag"]:
            asked = None  # it has the beginning of another dump: it gets this one from the beginning
        try:
            found = wanted(asked, size)
        except UnsatisfiableError:
            return _closed(file, Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"}))
        first, length = found or (0, size)
        headers["Content-Length"] = str(length)
        if found:
            headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{size}"
        if request.method == "HEAD":
            return _closed(file, Response(headers=headers))
        return await self._sending(actor, Part(manifest, first, length), file, headers)

    async def _sending(self, actor: Actor, part: Part, file: BinaryIO, headers: dict[str, str]) -> Response:
        if not self._places.acquire(blocking=False):
            log.warning("too many downloads at once", actor=actor.id)
            raise _later(f"{MOST_AT_ONCE} downloads are running, which is the most. Try again in a minute.", 60)
        try:
            file.seek(part.first)
            request_id = await run_in_threadpool(downloads.begun, self._services, actor, part)
        except BaseException:
            self._places.release()
            raise
        ended = partial(self._ended, request_id, part)
        longest = downloads.LONGEST.total_seconds()
        status = 206 if "Content-Range" in headers else 200
        return Sending(file, part.length, ended, longest=longest, status=status, headers=headers)

    def _ended(self, request_id: str, part: Part, sent: int) -> None:
        self._places.release()
        downloads.ended(self._services, request_id, part, sent)


def _names(request: Request) -> tuple[str, str]:
    """Source and dump of the path; an empty dump for what is the name of none. Neither has been checked."""
    source, file = str(request.path_params["source"]), str(request.path_params["file"])
    shown = source if source.isprintable() else ascii(source)
    return shown[:200], file.removesuffix(SUFFIX) if file.endswith(SUFFIX) else ""


def _headers(manifest: DumpManifest) -> dict[str, str]:
    digest = base64.b64encode(bytes.fromhex(manifest.sha256)).decode()
    return {
        "ETag": f'"{manifest.sha256}"',
        "Repr-Digest": f"sha-256=:{digest}:",  # RFC 9530
        "Accept-Ranges": "bytes",
        "Content-Type": "application/zstd",
        "Content-Disposition": f'attachment; filename="{manifest.file}"',
        "Content-Location": f"/dumps/{manifest.source}/{manifest.file}",
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def _is_named(header: str | None, etag: str) -> bool:
    """Whether an `If-None-Match` names this version."""
    names = [one.strip().removeprefix("W/") for one in (header or "").split(",")]
    return etag in names or "*" in names


def _later(sentence: str, seconds: int) -> HttpError:
    return HttpError(429, sentence, {"Retry-After": str(seconds)})


def _closed(file: BinaryIO, response: Response) -> Response:
    file.close()
    return response
