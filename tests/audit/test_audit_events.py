"""What is recorded, once, and how it is stored and found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from dbs.audit import Audit, AuditEvent
from dbs.state import open_state


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_state(f"sqlite:///{tmp_path}/state.db")


def received(audit: Audit, request_id: str = "r1", **changes: Any) -> bool:
    values: dict[str, Any] = {
        "actor_id": "U1",
        "actor_name": "Ann",
        "face": "slack",
        "command": "restore",
        "target": "shared",
        "arguments": {"snapshot": None, "instance": "shared"},
        "channel": "C1",
        "thread_ts": "1.2",
    }
    return audit.received(request_id=request_id, **{**values, **changes})


def test_a_request_is_received_once_and_ends_once(engine: Engine) -> None:
    times = iter(["2026-11-20T01:00:00.000000+00:00", "2026-11-20T01:00:02.000000+00:00"])
    audit = Audit(engine, clock=lambda: next(times))
    assert received(audit) is True
    assert received(audit, actor_name="Somebody else") is False
    assert audit.ended("r1", "done", "shared is back.", job_id="restore:shared:1") is True
    assert audit.ended("r1", "failed", "no", job_id="x") is False
    first, last = audit.find("r1")
    assert (first.id, first.at, first.outcome, first.detail) == (1, "2026-11-20T01:00:00.000000+00:00", "received", "")
    assert first.arguments == '{"instance":"shared","snapshot":null}'
    assert (last.id, last.at, last.outcome) == (2, "2026-11-20T01:00:02.000000+00:00", "done")
    assert (last.detail, last.job_id) == ("shared is back.", "restore:shared:1")
    copied = ("actor_id", "actor_name", "face", "command", "target", "arguments", "channel", "thread_ts")
    assert [getattr(last, name) for name in copied] == [getattr(first, name) for name in copied]
    assert audit.verify().rows == 2


def test_the_job_of_the_received_row_is_kept(engine: Engine) -> None:
    audit = Audit(engine)
    received(audit, job_id="j1")
    audit.ended("r1", "cancelled", "")
    assert [event.job_id for event in audit.find("r1")] == ["j1", "j1"]


@pytest.mark.parametrize("outcome", ["received", "queued", "running", "", "Done"])
def test_what_does_not_end_a_request_is_refused(engine: Engine, outcome: str) -> None:
    audit = Audit(engine)
    received(audit)
    with pytest.raises(ValueError, match="does not end a request"):
        audit.ended("r1", outcome, "")
    assert len(audit.find("r1")) == 1


def test_what_was_never_received_cannot_end(engine: Engine) -> None:
    audit = Audit(engine)
    with pytest.raises(ValueError, match="never received"):
        audit.ended("r1", "done", "")
    assert audit.verify().rows == 0


def test_open_requests_are_those_without_an_end(engine: Engine) -> None:
    audit = Audit(engine)
    for request_id in ("a", "b", "c"):
        received(audit, request_id)
    audit.ended("b", "refused", "not now")
    assert [event.request_id for event in audit.open_requests()] == ["a", "c"]


def test_history_is_newest_first_and_finds_words_in_any_field(engine: Engine) -> None:
    audit = Audit(engine)
    received(audit, "a", actor_name="Ann", target="shared")
    received(audit, "b", actor_name="Bob", target="shared", arguments={"reason": "Müller's table"})
    audit.ended("a", "done", "100% back", job_id="j9")

    def found(words: str | None, limit: int = 10) -> list[int]:
        return [event.id for event in audit.history(words=words, limit=limit)]

    assert found(None) == [3, 2, 1]
    assert found(None, limit=2) == [3, 2]
    assert found("ann shared") == [3, 1]
    assert found("ann DONE") == [3]
    assert found("müller") == [2]
    assert found("MÜLLER") == [], "case is folded for a to z only"
    assert found("j9") == [3]
    assert found("%") == [3]
    assert found("_") == []


def fields(event: AuditEvent) -> str:
    return "".join(str(getattr(event, name)) for name in AuditEvent.__dataclass_fields__)


@pytest.mark.parametrize("hostile", ["\n", "\r", "\x1b[31m", "\x00", "\x7f", "\u2028", "\u202e", "\x85", "\ud800"])
def test_nothing_in_a_field_can_forge_a_line(engine: Engine, hostile: str) -> None:
    audit = Audit(engine)
    text = f"before{hostile}2026-11-20 Ann approved it"
    names = ("actor_id", "actor_name", "face", "command", "target", "job_id", "channel", "thread_ts")
    assert received(audit, text, arguments={text: text}, **dict.fromkeys(names, text)) is True
    assert received(audit, text) is False
    assert audit.ended(text, "failed", text) is True
    first, last = audit.find(text)
    assert (fields(first) + fields(last)).isprintable()
    assert json.loads(first.arguments) == {text: text}
    assert len(audit.history(words=text.split()[0], limit=9)) == 2
    assert audit.verify().ok


def test_two_texts_never_look_alike(engine: Engine) -> None:
    audit = Audit(engine)
    assert received(audit, "a\n") is True
    assert received(audit, "a\\n") is True
    assert [event.request_id for event in audit.open_requests()] == ["a\\n", "a\\\\n"]


def test_long_fields_are_cut_with_a_mark(engine: Engine) -> None:
    audit = Audit(engine)
    long = "x" * 4001
    assert received(audit, long + "1", target="y" * 4000, arguments={"sql": '"' * 9000}) is True
    assert received(audit, long + "2") is True, "cut, they are still two requests"
    audit.ended(long + "1", "failed", "\n" * 3000)
    first, last = audit.find(long + "1")
    assert len(first.request_id) == 4000
    assert "…[cut: 4002 characters, sha256 " in first.request_id
    assert first.target == "y" * 4000
    assert len(last.detail) == 4000
    assert "[cut: 3000 characters" in last.detail
    assert len(first.arguments) <= 4000
    assert set(json.loads(first.arguments)) == {"cut", "sha256"}


def test_arguments_that_are_no_json_are_a_bug(engine: Engine) -> None:
    audit = Audit(engine)
    with pytest.raises(TypeError):
        received(audit, arguments={"path": Path("x")})
    assert audit.find("r1") == []
