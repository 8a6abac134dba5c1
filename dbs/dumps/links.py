"""Links to a dump that open it for a while: signed, for one dump, with the name of whoever they were made for."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dbs.dumps import disk
from dbs.errors import FailedError, RefusedError

_PURPOSE = b"dbs: a link to a dump, version 1\n"
"""Signed with everything, so that a signature made with this key for something else opens no dump."""
_KEY_BYTES = 32
LONGEST = 2_000
"""Characters of a ticket; ours have about 300."""


@dataclass(frozen=True)
class Ticket:
    """What a link says: which dump, for whom, until when (seconds since 1970, UTC)."""

    source: str
    dump_id: str
    person_id: str
    person_name: str
    until: int


class Links:
    """Makes and reads tickets, the part of a link that opens a dump. The key lies in `key_file` (0600), made when it is
    needed first: whoever throws it away ends all links. `clock` gives the time in UTC.
    """

    def __init__(self, key_file: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._key_file = key_file
        self._clock = clock

    def make(self, source: str, dump_id: str, person_id: str, person_name: str, life: timedelta) -> str:
        """A ticket for one person and one dump; characters that need no quoting in an address. It can be used again
        within its life, so that a download that broke off can go on.
        """
        until = int((self._clock() + life).timestamp())
        said = asdict(Ticket(source, dump_id, person_id, person_name, until))
        text = _base64(json.dumps(said, separators=(",", ":")).encode())
        return f"{text}.{_base64(self._mac(text))}"

    def read(self, ticket: str, source: str, dump_id: str) -> Ticket:
        """What a ticket says, when it is ours, opens this dump and has not expired. Raises `RefusedError`, which does
        not say what was wrong.
        """
        text, _, signature = ticket[:LONGEST].partition(".")
        # Compared as text: in base64 the last letter has bits to spare, so that several texts mean the same bytes.
        genuine = hmac.compare_digest(signature.encode("utf-8", "replace"), _base64(self._mac(text)).encode())
        said = _said(text) if genuine and len(ticket) <= LONGEST else None
        if said is None or (said.source, said.dump_id) != (source, dump_id) or self._clock().timestamp() >= said.until:
            raise RefusedError("This link opens nothing, or nothing any more. Ask for a new one: /dbs dump SOURCE")
        return said

    def _mac(self, text: str) -> bytes:
        return hmac.digest(self._key(), _PURPOSE + text.encode("utf-8", "replace"), hashlib.sha256)

    def _key(self) -> bytes:
        try:
            key = self._key_file.read_bytes()
        except FileNotFoundError:
            key = self._new_key()
        if len(key) != _KEY_BYTES:  # signed with nothing, anybody's links would open
            raise FailedError(f"{self._key_file} is not whole. Remove it; the links made until now end with it.")
        return key

    def _new_key(self) -> bytes:
        """Bot and web server may both be the first: whoever links its key to the name wins, and both read that one."""
        aside = self._key_file.with_name(f".{self._key_file.name}.{secrets.token_hex(8)}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(aside, self._key_file)
            disk.sync_directory(self._key_file.parent)
        finally:
            aside.unlink()
        return self._key_file.read_bytes()


def _said(text: str) -> Ticket | None:
    try:
        return Ticket(**json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
    except (binascii.Error, ValueError, TypeError):
        return None


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
