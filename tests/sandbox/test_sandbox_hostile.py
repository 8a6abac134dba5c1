"""What runs in the sandbox is hostile: it takes all that it can get, looks everywhere, and does not want to end."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from dbs import process
from dbs.sandbox import SandboxError, run
from tests.support.sandboxed import LIMITS, Sandbox, left, left_groups

CANARY = "canary-6f1d2c"
REPOSITORY = Path(__file__).parents[2]


def test_its_exit_code_and_its_words_are_what_comes_back(sandbox: Sandbox) -> None:
    ran = sandbox.run("echo one; echo two >&2; exit 7")
    assert (ran.exit_code, ran.output, ran.output_bytes, ran.stopped_by) == (7, "one\ntwo\n", 8, None)
    assert ran.seconds > 0
    assert ran.peak_bytes > 0


def test_an_exit_by_a_signal_is_told_as_a_shell_does(sandbox: Sandbox) -> None:
    assert sandbox.run("kill -TERM $$").exit_code == 128 + signal.SIGTERM


def test_a_program_that_is_not_there_is_the_commands_own_failure(sandbox: Sandbox) -> None:
    ran = run(replace(sandbox.request(""), command=("no-such-program",)))
    assert ran.exit_code == 127
    assert "no-such-program" in ran.output


def test_a_fork_bomb_starts_no_more_than_its_limit(sandbox: Sandbox) -> None:
    command = "i=0; while [ $i -lt 200 ]; do sleep 7654 & i=$((i+1)); done 2>/dev/null; ls -d /proc/[0-9]* | wc -l"
    ran = sandbox.run(f"sh -c '{command}'; ls -d /proc/[0-9]* | wc -l; echo still here")
    assert "still here" in ran.output or "Cannot fork" in ran.output
    counts = [int(line) for line in ran.output.splitlines() if line.isdigit()]
    assert all(count <= LIMITS.processes for count in counts)
    assert left("7654") == []


def test_a_fork_bomb_of_the_usual_kind_ends_at_the_time_limit(sandbox: Sandbox) -> None:
    ran = sandbox.run("f() { f | f & }; f; sleep 8765", seconds=2)
    assert ran.stopped_by in ("time limit", None)  # its own shell may give up when it cannot fork
    assert left("8765") == []
    assert sandbox.run("echo fine").output == "fine\n"


def test_a_memory_hog_is_stopped_and_the_run_says_so(sandbox: Sandbox) -> None:
    ran = sandbox.run("tail /dev/zero; echo went on; tail /dev/zero", memory_bytes=64 << 20)
    assert (ran.exit_code, ran.stopped_by) == (137, "memory")
    assert ran.peak_bytes >= 48 << 20


def test_several_hogs_together_have_one_limit(sandbox: Sandbox) -> None:
    # Eight times 24 MB: each alone is far below the limit.
    hog = "(head -c 24000000 /dev/zero | tail -c 24000000 | (sleep 5; cat) >/dev/null)"
    ran = sandbox.run(f"for i in 1 2 3 4 5 6 7 8; do {hog} & done; wait", memory_bytes=96 << 20)
    assert ran.stopped_by == "memory"


def test_a_disk_hog_fills_its_scratch_and_nothing_else(sandbox: Sandbox) -> None:
    ran = sandbox.run(
        "for place in /tmp /scratch /var/tmp /dev/shm / /dev /code /db /etc /usr /proc; do"
        " (head -c 50000000 /dev/zero >$place/hog.$$) 2>/dev/null; done; du -sm /scratch | cut -f 1"
    )
    assert int(ran.output) <= LIMITS.scratch_bytes >> 20
    assert list(sandbox.code.iterdir()) == []


def test_one_file_has_a_limit_of_its_own(sandbox: Sandbox) -> None:
    ran = sandbox.run("head -c 5000000 /dev/zero >/tmp/f; stat -c %s /tmp/f", file_bytes=1 << 20)
    assert ran.output.splitlines()[-1] == str(1 << 20)


def test_processor_time_is_counted_for_all_of_them_together(sandbox: Sandbox) -> None:
    ran = sandbox.run("for i in 1 2 3 4; do (while :; do :; done) & done; wait", cpu_seconds=1)
    assert ran.stopped_by == "processor time"
    assert ran.cpu_seconds >= 1


def test_nothing_of_the_host_is_seen(sandbox: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(CANARY)
    secret.chmod(0o644)
    (sandbox.code / "link").symlink_to(secret)
    (sandbox.code / "up").symlink_to("../secret")
    names = f"/etc/passwd /etc/shadow /etc/hostname /root /home /var/lib /run/mysqld {secret} {REPOSITORY}"
    ran = sandbox.run(f"cat {names} link up ../secret /proc/1/environ /proc/*/environ; ls {names}")
    assert CANARY not in ran.output
    assert "root:x:" not in ran.output
    assert "pyproject.toml" not in ran.output
    assert sandbox.run("find / -xdev -name passwd -o -name 'shadow*' -path '/etc/*' | grep ^/etc").output == ""


def test_no_secret_of_the_environment_is_inside(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", CANARY)
    looked = "env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'; grep -rs . /scratch /db /etc/hosts"
    ran = sandbox.run(looked, environment={"APP_ENV": "rehearsal", "PATH": "/nowhere"})
    assert CANARY not in ran.output
    assert "APP_ENV=rehearsal" in ran.output
    assert "/nowhere" not in ran.output


def test_no_descriptor_of_ours_is_inside(sandbox: Sandbox, tmp_path: Path) -> None:
    with (tmp_path / "kept open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        ran = sandbox.run("for fd in 0 1 2 3 4 5 6 7 8 9; do readlink /proc/$$/fd/$fd; done")
    first, second, third = ran.output.splitlines()
    assert first == "/dev/null"
    assert second.startswith("pipe:")
    assert third == second


def test_only_its_own_processes_are_seen_and_none_is_root(sandbox: Sandbox) -> None:
    ran = sandbox.run("id -u; grep -h ^Uid: /proc/[0-9]*/status | sort -u; cat /proc/self/uid_map; ls -d /proc/[0-9]*")
    uid, users, mapping, *pids = ran.output.splitlines()
    assert uid == "65534"
    assert set(users.split()[1:]) == {"65534"}
    assert mapping.split()[0] == "65534"
    assert mapping.split()[2] == "1"
    assert len(pids) < 8


def test_on_the_host_it_is_neither_root_nor_whoever_runs_dbs(sandbox: Sandbox) -> None:
    uids: set[int] = set()
    stop = threading.Event()
    looker = threading.Thread(target=_collect, args=("43210", uids, stop))
    looker.start()
    sandbox.run("sleep 43210", seconds=1)
    stop.set()
    looker.join()
    assert uids
    assert not uids & {0, os.geteuid()}


def _collect(mark: str, uids: set[int], stop: threading.Event) -> None:
    while not stop.wait(0.02):
        for pid, words in process.running(mark).items():
            with suppress(OSError):
                if Path(words[0]).name == "sleep":
                    uids.add(Path(f"/proc/{pid}").stat().st_uid)


def test_root_inside_is_out_of_reach(sandbox: Sandbox) -> None:
    ran = sandbox.run(
        "grep -h ^Cap /proc/self/status | cut -f 2 | sort -u; grep NoNewPrivs /proc/self/status | cut -f 2;"
        " unshare --user --map-root-user id -u; unshare --mount true; mount -t tmpfs none /tmp; su -c id; sudo id;"
        " chroot / true; mknod /tmp/disk b 8 0; nsenter --target 1 --all true; echo end"
    )
    capabilities, no_new, *rest = ran.output.splitlines()
    assert set(capabilities) == {"0"}
    assert no_new == "1"
    assert "0" not in rest
    assert "uid=0" not in ran.output
    assert rest[-1] == "end"


def test_there_is_no_network_but_itself(sandbox: Sandbox) -> None:
    listening = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout.split()
    places = ["1.1.1.1/53", "127.0.0.1/22", "127.0.0.1/3306", *(f"{address}/22" for address in listening[:1])]
    tries = "".join(f"(exec 3<>/dev/tcp/{place}) 2>/dev/null && echo reached {place};" for place in places)
    ran = run(replace(sandbox.request(""), command=("/bin/bash", "-c", f"{tries} ls /sys; cut -d: -f1 /proc/net/dev")))
    assert "reached" not in ran.output
    assert [line.strip() for line in ran.output.splitlines()[-1:]] == ["lo"]


def test_abstract_sockets_of_the_host_are_not_reached(sandbox: Sandbox) -> None:
    assert sandbox.run("grep -c @ /proc/net/unix").output.strip() == "0"


def test_who_leaves_its_session_ends_with_the_rest(sandbox: Sandbox) -> None:
    ran = sandbox.run("setsid sleep 65432 & (setsid setsid sh -c 'trap : TERM HUP; sleep 65432' &) ; echo left")
    assert ran.output == "left\n"
    assert left("65432") == []


def test_what_never_ends_is_stopped_at_its_limit(sandbox: Sandbox) -> None:
    ran = sandbox.run("trap : TERM INT HUP; setsid sleep 54321 & echo begun; while :; do sleep 54321; done", seconds=1)
    assert (ran.exit_code, ran.stopped_by, ran.output) == (137, "time limit", "begun\n")
    assert left("54321") == []
    assert left_groups() == []


def test_cancelling_ends_it(sandbox: Sandbox) -> None:
    seen: list[str] = []
    ran = run(sandbox.request("echo begun; sleep 54322"), on_output=seen.append, cancelled=lambda: bool(seen))
    assert (ran.exit_code, ran.stopped_by, seen) == (137, "cancelled", ["begun\n"])
    assert left("54322") == []


def test_an_error_of_ours_ends_it_too(sandbox: Sandbox) -> None:
    def broken(_: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(sandbox.request("echo begun; sleep 54323"), on_output=broken)
    assert left("54323") == []


def test_of_huge_output_the_beginning_and_the_end_are_kept(sandbox: Sandbox) -> None:
    ran = sandbox.run("echo first; yes middle | head -c 20000000; echo; echo last", output_bytes=10_000)
    assert ran.output.startswith("first\n")
    assert ran.output.endswith("last\n")
    assert "bytes left out" in ran.output
    assert len(ran.output) < 10_200
    assert ran.output_bytes == len("first\n") + 20_000_000 + len("\nlast\n")


def test_output_cannot_steer_a_terminal(sandbox: Sandbox) -> None:
    ran = sandbox.run(r"printf 'a\033[31mred\033[0m\033]0;title\007\0\b\r\nb\342\200\256c\377\n'")
    assert ran.output == "ared\nbc�\n"


def test_a_link_in_the_place_of_the_code_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc")
    with pytest.raises(SandboxError, match="no link"):
        run(replace(sandbox.request("ls"), code=tmp_path / "link"))
    with pytest.raises(SandboxError, match="everything on this machine"):
        run(replace(sandbox.request("ls"), toolchain=Path("/")))
