"""Bearer tokens for programs such as CI and Makefiles: shown once when made, kept as sha256 only, revocable."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, Row, insert, select, update

from dbs.errors import RefusedError, UsageError
from dbs.state import now, reading, writing
from dbs.state.tables import token as table

PREFIX = "dbs_"
"""What every secret begins with, so that scanners of repositories can find one that was committed."""

_BYTES = 32
_REFUSAL = "This token is not valid here. Ask an operator for one: dbs token create"


@dataclass(frozen=True)
class Token:
    """What is known of a token; times are as `dbs.state.stamp` writes them. Never its secret."""

    id: str
    scope: str
    label: str
    made_by: str
    made_at: str
    expires_at: str | None
    used_at: str | None
    revoked_at: str | None

    def state(self, at: str) -> str:
        """`valid`, `expired` or `revoked` at a time."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= at else "valid"


class Tokens:
    """Rows of `token`. `clock` gives the time as `dbs.state.now` does."""

    def __init__(self, engine: Engine, clock: Callable[[], str] = now) -> None:
        self._engine = engine
        self._clock = clock

    def create(self, scope: str, label: str, made_by: str, expires_at: str | None = None) -> tuple[str, str]:
        """A new token: its id, and its secret, which nobody can find out again."""
        token_id, secret = secrets.token_hex(4), PREFIX + secrets.token_urlsafe(_BYTES)
        row = {
            "id": token_id,
            "digest": _digest(secret),
            "scope": scope,
            "label": label,
            "made_by": made_by,
            "made_at": self._clock(),
            "expires_at": expires_at,
        }
        with writing(self._engine) as connection:
            connection.execute(insert(table).values(row))
        return token_id, secret

    def identify(self, secret: str) -> Token:
        """The valid token with a secret, whatever it is for. Raises `RefusedError`, which does not say why."""
        digest, moment = _digest(secret), self._clock()
        with reading(self._engine) as connection:
            found = connection.execute(select(table).where(table.c.digest == digest)).one_or_none()
        # The look-up is by digest, so its time tells nothing about the secret; nor does this comparison.
        known = hmac.compare_digest(found.digest if found else "", digest)
        if found is None or not known or _token(found).state(moment) != "valid":
            raise RefusedError(_REFUSAL)
        with writing(self._engine) as connection:
            connection.execute(update(table).where(table.c.id == found.id).values(used_at=moment))
        return _token(found)

    def check(self, secret: str, scope: str) -> Token:
        """The valid token with a secret and a scope. Raises `RefusedError`, which does not say what was wrong."""
        token = self.identify(secret)
        if token.scope != scope:
            raise RefusedError(_REFUSAL)
        return token

    def revoke(self, token_id: str) -> Token:
        """End a token at once. Raises `UsageError` for an unknown id, `RefusedError` when it was revoked before."""
        with writing(self._engine) as connection:
            found = connection.execute(select(table).where(table.c.id == token_id)).one_or_none()
            if found is None:
                raise UsageError(f"There is no token {token_id[:40]!r}. See them all with: dbs token list")
            if found.revoked_at is not None:
                raise RefusedError(f"The token {token_id} was revoked already, on {found.revoked_at[:10]}.")
            connection.execute(update(table).where(table.c.id == token_id).values(revoked_at=self._clock()))
        return _token(found)

    def list(self) -> list[Token]:
        """All tokens, also revoked and expired ones, oldest first."""
        with reading(self._engine) as connection:
            return [_token(row) for row in connection.execute(select(table).order_by(table.c.made_at, table.c.id))]


def _digest(secret: str) -> str:
    # A plain hash is enough: 32 random bytes cannot be guessed, so nothing has to be slow here.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _token(row: Row[object]) -> Token:
    values = {name: value for name, value in row._mapping.items() if name != "digest"}
    return Token(**values)
