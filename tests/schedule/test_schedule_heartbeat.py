"""After each scheduled refresh that succeeded the monitor hears of it, and nothing else depends on that."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import stamina

from commands.beating import tell_monitor
from dbs.errors import SettingsError
from dbs.heartbeat import HeartbeatError, beat
from dbs.settings.network import Network
from tests.schedule.nights import NIGHTLY, Night, night

SECRET = "3f1c-hunter2"


class Monitor:
    """Notes what it is asked for; answers with the next of `answers`, else 200."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: list[int] = []
        monitor = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                monitor.asked.append(self.path)
                self.send_response(monitor.answers.pop(0) if monitor.answers else 200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/{SECRET}"


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    """A monitor on a port of its own; nobody waits between tries."""
    one = Monitor()
    thread = threading.Thread(target=one.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    with stamina.set_testing(True, attempts=3, cap=True):
        yield one
    one.server.shutdown()
    one.server.server_close()
    thread.join()


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, monitor: Monitor) -> Iterator[Night]:
    """A night with a heartbeat, whose address lies in a file."""
    (tmp_path / "url").write_text(monitor.url)
    (tmp_path / "url").chmod(0o600)
    with night(tmp_path, monkeypatch, NIGHTLY + 'heartbeat_url = "file:url"\n') as found:
        yield found


def test_each_success_is_told_once(one: Night, monitor: Monitor) -> None:
    services = one.open()
    for _ in range(2):
        one.pass_by(services, 1)
        assert tell_monitor(services, one.now) == 0
        one.end(services, "done", after=10)
        one.now += timedelta(minutes=1)
        assert [tell_monitor(each, one.now) for each in (services, one.open(), services)] == [1, 0, 0]
        one.now += timedelta(hours=24, minutes=-12)
    assert monitor.asked == [f"/{SECRET}"] * 2


@pytest.mark.parametrize("outcome", ["failed", "cancelled"])
def test_a_failure_is_not_told_and_a_later_success_is(one: Night, monitor: Monitor, outcome: str) -> None:
    services = one.open()
    one.pass_by(services, 1)
    one.end(services, outcome, transient=outcome == "failed")
    assert tell_monitor(services, one.now) == 0 and monitor.asked == []
    if outcome == "failed":
        one.pass_by(services, 5)
        one.end(services, "done")
        assert tell_monitor(services, one.now) == 1


def test_it_is_tried_three_times_then_logged_and_given_up(
    one: Night, monitor: Monitor, capfd: pytest.CaptureFixture[str]
) -> None:
    services, monitor.answers = one.open(), [500, 503, 404]
    one.pass_by(services, 1)
    job = one.end(services, "done")
    assert [tell_monitor(services, one.now) for _ in range(3)] == [0, 0, 0]
    assert len(monitor.asked) == 3
    output = "".join(capfd.readouterr())
    assert "it answers with status 404" in output and job.id in output
    assert "hunter2" not in output


def test_an_address_that_cannot_be_had_is_logged_once(
    one: Night, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    services = one.open()
    one.pass_by(services, 1)
    one.end(services, "done")
    (tmp_path / "url").unlink()
    assert [tell_monitor(services, one.now) for _ in range(3)] == [0, 0, 0]
    assert "".join(capfd.readouterr()).count("no heartbeat") == 1


def test_two_tries_may_fail(monitor: Monitor) -> None:
    monitor.answers = [500, 500]
    beat(monitor.url, Network())
    assert len(monitor.asked) == 3


def test_the_way_out(monitor: Monitor) -> None:
    beat("http://monitor.invalid/x", Network(proxy=monitor.url.rpartition("/")[0]))
    assert monitor.asked == ["http://monitor.invalid/x"]
    beat(monitor.url, Network(proxy="http://127.0.0.1:1"))  # this machine needs none


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/hunter2", "http://127.0.0.1:1/hunter2 x\n", "https://127.0.0.1:1/hunter2"]
)
def test_a_monitor_that_is_away_is_a_sentence_without_its_address(
    url: str, monitor: Monitor, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(HeartbeatError, match=r"was not told: it cannot be reached \(\w+\)") as caught:
        beat(url, Network())
    assert "hunter2" not in str(caught.value) + "".join(capfd.readouterr())


def test_what_is_no_address() -> None:
    with pytest.raises(SettingsError, match=r'"schedule\.heartbeat_url" is no address') as caught:
        beat("file:///etc/hunter2", Network())
    assert "hunter2" not in str(caught.value)


def test_without_an_address_nobody_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with night(tmp_path, monkeypatch) as one:
        services = one.open()
        one.pass_by(services, 1)
        one.end(services, "done")
        assert tell_monitor(services, one.now) == 0
