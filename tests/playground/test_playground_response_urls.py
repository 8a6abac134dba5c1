"""Response addresses: five uses, thirty minutes, ephemeral unless asked otherwise."""

import pytest

from playground import cast
from playground.replies import respond
from playground.workspace import Workspace

HERE = cast.DATABASES


class Clock:
    """Epoch seconds that only move when told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(clock: Clock) -> Workspace:
    return cast.default_workspace(clock)


def test_five_uses(workspace: Workspace) -> None:
    key = workspace.response_urls.new(HERE, cast.REQUESTER)
    assert [respond(workspace, key, {"text": "x"}) for _ in range(6)] == [(200, "ok")] * 5 + [(404, "used_url")]
    assert len(workspace.ephemerals(cast.REQUESTER)) == 5
    assert workspace.messages(HERE) == []


@pytest.mark.parametrize(("minutes", "expected"), [(29.9, (200, "ok")), (30.1, (404, "expired_url"))])
def test_thirty_minutes(workspace: Workspace, clock: Clock, minutes: float, expected: tuple[int, str]) -> None:
    key = workspace.response_urls.new(HERE, cast.REQUESTER)
    clock.now += minutes * 60
    assert respond(workspace, key, {"text": "x"}) == expected


def test_in_channel_is_seen_by_all(workspace: Workspace) -> None:
    key = workspace.response_urls.new(HERE, cast.REQUESTER)
    respond(workspace, key, {"text": "for all", "response_type": "in_channel"})
    assert [message.text for message in workspace.messages(HERE)] == ["for all"]
    assert workspace.ephemerals(cast.REQUESTER) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "no_text")),
        ({"blocks": [{"type": "nonsense"}]}, (400, "invalid_blocks")),
        ([], (400, "invalid_payload")),
    ],
)
def test_what_cannot_be_posted(workspace: Workspace, body: object, expected: tuple[int, str]) -> None:
    assert respond(workspace, workspace.response_urls.new(HERE, cast.REQUESTER), body) == expected


def test_a_made_up_address(workspace: Workspace) -> None:
    assert respond(workspace, "made-up", {"text": "x"}) == (404, "invalid_url")


def test_triggers_have_an_age(workspace: Workspace, clock: Clock) -> None:
    trigger = workspace.new_trigger()
    clock.now += 2.5
    assert workspace.trigger_age(trigger) == 2.5
    assert workspace.trigger_age("made-up") is None


def test_time_stamps_increase_while_the_clock_stands_still(workspace: Workspace, clock: Clock) -> None:
    stamps = [workspace.new_ts() for _ in range(3)]
    clock.now -= 10
    stamps.append(workspace.new_ts())
    assert stamps == sorted(set(stamps))


def test_waiting_ends_with_the_value_or_with_an_error(workspace: Workspace) -> None:
    assert workspace.wait_for(lambda: "there", 1) == "there"
    with pytest.raises(TimeoutError, match=r"0\.05 s"):
        workspace.wait_for(lambda: workspace.messages(HERE), 0.05)
