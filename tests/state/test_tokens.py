"""Tokens: who holds the secret may, until the end or the revocation, and nobody learns why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from dbs.errors import RefusedError, UsageError
from dbs.state import open_state
from dbs.state.tables import token
from dbs.tokens import Token, Tokens

NOON = "2026-11-20T12:00:00.000000+00:00"
LATER = "2026-11-20T13:00:00.000000+00:00"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A state database."""
    engine = open_state(f"sqlite:///{tmp_path / 'state.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def time() -> list[str]:
    """The time, which a test may change."""
    return [NOON]


@pytest.fixture
def tokens(engine: Engine, time: list[str]) -> Tokens:
    """The service."""
    return Tokens(engine, lambda: time[0])


def test_a_token_is_good_for_its_scope(tokens: Tokens) -> None:
    token_id, secret = tokens.create("restore:builds", "ci", "os:ada")

    assert tokens.check(secret, "restore:builds") == Token(
        token_id, "restore:builds", "ci", "os:ada", NOON, None, None, None
    )
    assert tokens.list()[0].used_at == NOON


def test_why_a_token_is_refused_is_not_told(tokens: Tokens, time: list[str]) -> None:
    _, other = tokens.create("restore:shared", "other", "os:ada")
    revoked_id, revoked = tokens.create("restore:builds", "lost", "os:ada")
    tokens.revoke(revoked_id)
    _, expired = tokens.create("restore:builds", "old", "os:ada", LATER)
    assert tokens.check(expired, "restore:builds").label == "old"
    time[0] = LATER

    told = set()
    for secret in (other, revoked, expired, "", "dbs_", "dbs_" + "x" * 43, other + " ", "\udcff"):
        with pytest.raises(RefusedError) as caught:
            tokens.check(secret, "restore:builds")
        told.add(str(caught.value))
    assert len(told) == 1


def test_states(tokens: Tokens) -> None:
    tokens.create("restore:builds", "one", "os:ada", LATER)
    (one,) = tokens.list()
    assert (one.state(NOON), one.state(LATER)) == ("valid", "expired")
    tokens.revoke(one.id)
    assert tokens.list()[0].state(NOON) == "revoked"


def test_a_token_is_revoked_once(tokens: Tokens) -> None:
    token_id, _ = tokens.create("restore:builds", "ci", "os:ada")
    tokens.revoke(token_id)

    with pytest.raises(RefusedError, match="revoked already, on 2026-11-20"):
        tokens.revoke(token_id)
    with pytest.raises(UsageError, match="There is no token 'nope'"):
        tokens.revoke("nope")


def test_only_a_digest_is_kept_and_no_secret_comes_twice(tokens: Tokens, engine: Engine) -> None:
    secrets = {tokens.create("restore:builds", "ci", "os:ada")[1] for _ in range(20)}
    with engine.connect() as connection:
        rows = str(connection.execute(select(token)).all())

    assert len(secrets) == 20
    assert not [secret for secret in secrets if secret in rows or secret.removeprefix("dbs_") in rows]
    assert not [secret for secret in secrets if secret in repr(tokens.list())]
