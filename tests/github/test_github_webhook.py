"""Webhooks: nothing passes without the signature over its bytes, and few things matter."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr

from dbs.errors import UsageError
from dbs.github.webhook import (
    PullClosed,
    PullOpened,
    PullPushed,
    PullReopened,
    RerunAsked,
    UnknownRepositoryError,
    could_be_signed,
    is_signed,
    parse,
)

NEW, OLD = SecretStr("the-new-secret"), SecretStr("the-old-secret")
SHA = "0123456789abcdef0123456789abcdef01234567"
RAW = b'{ "action" : "opened" }'


def sign(raw: bytes, secret: SecretStr = NEW) -> str:
    """As GitHub does."""
    return "sha256=" + hmac.new(secret.get_secret_value().encode(), raw, hashlib.sha256).hexdigest()


def event(kind: str, action_: str, /, **more: Any) -> bytes:
    """A payload with what is read of it, and more."""
    body = {
        "action": action_,
        "number": 12,
        "pull_request": {"head": {"sha": SHA}, "title": "x"},
        "repository": {"full_name": "Acme/Shop"},
        "installation": {"id": 77},
        "sender": {"login": "rita"},
    }
    return json.dumps({**body, **more}).encode()


def test_the_example_of_githubs_documentation() -> None:
    # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert is_signed(b"Hello, World!", signature, [SecretStr("It's a Secret to Everybody")])


def test_both_secrets_count_while_one_is_changed() -> None:
    for secret in (NEW, OLD):
        assert is_signed(RAW, sign(RAW, secret), (NEW, OLD))
    assert not is_signed(RAW, sign(RAW, OLD), (NEW,))
    assert not is_signed(RAW, sign(RAW, SecretStr("")), (SecretStr(""),))
    assert not is_signed(RAW, sign(RAW), ())


@pytest.mark.parametrize(
    "signature",
    [None, "", "sha256=", sign(RAW)[7:], sign(RAW).upper(), sign(RAW) + " ", sign(RAW)[:-1], "sha1=" + "0" * 40],
)
def test_another_form_is_no_signature(signature: str | None) -> None:
    assert not is_signed(RAW, signature, (NEW,)) and not could_be_signed(signature)


def test_the_same_json_written_otherwise_is_not_signed() -> None:
    assert not is_signed(json.dumps(json.loads(RAW)).encode(), sign(RAW), (NEW,))


_HEX = st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256={}".format)


@hypothesis_settings(max_examples=300)
@given(raw=st.binary(max_size=200), signature=st.one_of(_HEX, st.text(max_size=80)), at=st.integers(0, 255))
@example(raw=b"", signature=sign(b"", SecretStr("other")), at=0)
def test_nothing_else_is_signed(raw: bytes, signature: str, at: int) -> None:
    assert not is_signed(raw, signature, (NEW, OLD))
    changed = bytearray(raw or b"x")
    changed[at % len(changed)] ^= 1 + at % 255
    assert not is_signed(bytes(changed), sign(raw or b"x"), (NEW, OLD))


@pytest.mark.parametrize(
    ("action", "kind"),
    [("opened", PullOpened), ("synchronize", PullPushed), ("reopened", PullReopened), ("closed", PullClosed)],
)
def test_pull_requests(action: str, kind: type[PullOpened]) -> None:
    found = parse("pull_request", event("pull_request", action), ["acme/other", "acme/shop"])
    assert found == kind("acme/shop", 12, SHA, 77)
    assert parse("pull_request", event("pull_request", action, installation=None), ["acme/shop"]) == kind(
        "acme/shop", 12, SHA, None
    )


@pytest.mark.parametrize(
    ("kind", "action", "more", "name"),
    [
        ("check_run", "rerequested", {"check_run": {"head_sha": SHA, "name": "dbs / x"}}, "dbs / x"),
        (
            "check_run",
            "requested_action",
            {"check_run": {"head_sha": SHA, "name": "dbs / x"}, "requested_action": {"identifier": "rerun"}},
            "dbs / x",
        ),
        ("check_suite", "rerequested", {"check_suite": {"head_sha": SHA}}, None),
    ],
)
def test_a_button_was_pressed(kind: str, action: str, more: dict[str, Any], name: str | None) -> None:
    assert parse(kind, event(kind, action, **more), ["acme/shop"]) == RerunAsked("acme/shop", SHA, "rita", name, 77)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("ping", b'{"zen": "Keep it logically awesome."}'),
        ("push", b"no JSON at all"),
        ("pull_request", event("pull_request", "labeled")),
        ("check_run", event("check_run", "completed", check_run={"head_sha": SHA, "name": "x"})),
        (
            "check_run",
            event("check_run", "requested_action", check_run={}, requested_action={"identifier": "other"}),
        ),
        ("check_suite", event("check_suite", "completed")),
    ],
)
def test_what_does_not_matter(kind: str, raw: bytes) -> None:
    assert parse(kind, raw, ["acme/shop"]) is None


def test_a_repository_that_nobody_configured() -> None:
    with pytest.raises(UnknownRepositoryError, match='repository = "Acme/Shop"'):
        parse("pull_request", event("pull_request", "opened"), ["acme/shop2"])


@pytest.mark.parametrize(
    "change",
    [
        {"number": "12"},
        {"number": True},
        {"number": 0},
        {"pull_request": {"head": {"sha": "HEAD"}}},
        {"pull_request": {"head": {"sha": SHA + "; rm"}}},
        {"pull_request": {"head": {"sha": 5}}},
        {"pull_request": None},
        {"repository": {"full_name": None}},
        {"repository": []},
        {"installation": {"id": "77"}},
        {"action": ["opened"]},
    ],
)
def test_another_shape_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="not what GitHub sends"):
        parse("pull_request", event("pull_request", "opened", **change), ["acme/shop"])


@given(
    raw=st.one_of(
        st.binary(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: (
                st.lists(inner) | st.dictionaries(st.sampled_from(["action", "repository", "full_name"]), inner)
            ),
            max_leaves=8,
        ).map(lambda body: json.dumps(body).encode()),
    )
)
def test_anything_is_an_event_or_refused(raw: bytes) -> None:
    for kind in ("pull_request", "check_run", "check_suite"):
        try:
            parse(kind, raw, ["acme/shop"])
        except (UsageError, UnknownRepositoryError):
            continue


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(UsageError):
        parse("pull_request", b"[" * 200_000, ["acme/shop"])
