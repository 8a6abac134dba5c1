"""Ways to a remote: what proves who we are gets there, and nowhere else."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from dbs.errors import SettingsError
from dbs.git import Cache, GitError, Remote, UnreachableError, configured
from dbs.git.access import access
from dbs.process import ProgramError
from dbs.settings.network import Network
from dbs.settings.projects import Project
from tests.support.git_repositories import Repository
from tests.support.git_server import served

TOKEN = "ghs_hunter2hunter2"
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----"
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    (tmp_path / "served").mkdir()
    repository = Repository.make(tmp_path / "served" / "shop.git")
    repository.commit({"1.sql": b"SELECT 1"})
    return repository


def test_a_token_gets_to_its_server_and_into_no_argument(origin: Repository, tmp_path: Path) -> None:
    with served(origin.path.parent, TOKEN) as server:
        remote = Remote(f"{server.url}/shop.git", token=SecretStr(TOKEN))
        cache = Cache(tmp_path / "git")
        sha = cache.fetch(remote, "main")
        assert len(cache.objects(remote).tree(sha, "*.sql")) == 1
        assert all("git-remote-http" not in one for one in server.arguments if TOKEN in one)
        arguments = " ".join(server.arguments)
    assert "git-remote-http" in arguments and "/shop.git" in arguments  # we did look at the right time
    assert TOKEN not in arguments and "Authorization" not in arguments
    assert TOKEN not in repr(remote)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files and not any(b"hunter2" in path.read_bytes() for path in files)


@pytest.mark.parametrize("token", [None, "wrong-hunter2"])
def test_a_wrong_token_is_said_so_and_never_asked_for(origin: Repository, tmp_path: Path, token: str | None) -> None:
    with served(origin.path.parent, TOKEN) as server:
        remote = Remote(f"{server.url}/shop.git", token=SecretStr(token) if token else None)
        with pytest.raises(GitError, match="does not let dbs in") as caught:
            Cache(tmp_path / "git").fetch(remote, "main")
    assert "hunter2" not in str(caught.value)


def test_a_redirection_gets_no_token(origin: Repository, tmp_path: Path) -> None:
    with served(origin.path.parent, TOKEN) as right, served(origin.path.parent, TOKEN) as wrong:
        right.redirect_to = wrong.url
        with pytest.raises(GitError, match="has moved"):
            Cache(tmp_path / "git").fetch(Remote(f"{right.url}/shop.git", token=SecretStr(TOKEN)), "main")
        assert wrong.requests == 0


@pytest.mark.parametrize(
    ("status", "kind", "sentence"),
    [
        (404, GitError, "There is no repository"),
        (403, GitError, "does not let dbs in"),
        (503, UnreachableError, "was not reached"),
    ],
)
def test_what_a_server_answers_is_understood(
    origin: Repository, tmp_path: Path, status: int, kind: type[Exception], sentence: str
) -> None:
    with served(origin.path.parent, TOKEN) as server:
        server.status = status
        with pytest.raises(kind, match=sentence) as caught:
            Cache(tmp_path / "git").fetch(Remote(f"{server.url}/shop.git", token=SecretStr(TOKEN)), "main")
    assert "hunter2" not in str(caught.value)


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="was not reached"):
        Cache(tmp_path / "git").fetch(Remote("http://127.0.0.1:1/shop.git"), "main")


def test_an_authority_of_our_own_is_trusted_when_it_is_configured(origin: Repository, tmp_path: Path) -> None:
    with served(origin.path.parent, TOKEN, tls=tmp_path / "server.pem") as server:
        remote = Remote(f"{server.url}/shop.git", token=SecretStr(TOKEN))
        with pytest.raises(GitError, match=r"not trusted .* set \[network\] ca_file"):
            Cache(tmp_path / "git").fetch(remote, "main")
        assert server.requests == 0
        assert Cache(tmp_path / "git", Network(ca_file=tmp_path / "server.pem")).fetch(remote, "main")


def test_the_proxy_is_used_but_not_for_this_machine(tmp_path: Path) -> None:
    network = Network(proxy="http://dbs:hunter2@proxy.invalid:3128")
    with access(Remote("https://git.example.com/shop.git"), network, tmp_path) as way:
        assert way.settings["http.proxy"] == network.proxy
        assert "hunter2" in way.secrets and "hunter2" not in repr(way)
    with access(Remote("http://localhost/shop.git"), network, tmp_path) as way:
        assert way.settings["http.proxy"] == ""
    with pytest.raises(UnreachableError) as caught:
        Cache(tmp_path / "git", network).fetch(Remote("https://git.invalid/shop.git"), "main")
    assert "hunter2" not in str(caught.value)


STUB = """#!/bin/sh
while [ $# -gt 1 ]; do
    [ "$1" = -i ] && key=$2
    case $1 in UserKnownHostsFile=*) known=${1#*=} ;; esac
    echo "$1" >>"$NOTES/arguments"
    shift
done
stat -c %a "$key" "$known" "$(dirname "$key")" >"$NOTES/modes"
cat "$key" >"$NOTES/key"
cat "$known" >"$NOTES/known"
env >"$NOTES/environment"
exec sh -c "$1"
"""


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for ssh that runs the command here; what it saw is in this directory."""
    directory = tmp_path / "notes"
    directory.mkdir()
    stub = directory / "ssh"
    stub.write_text(STUB.replace("$NOTES", str(directory)))
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/tmp/agent")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    return directory


def test_a_deploy_key_over_ssh(origin: Repository, notes: Path, tmp_path: Path) -> None:
    remote = Remote(f"ssh://git@git.example.com:2222{origin.path}", key=SecretStr(KEY), host_keys=(HOST_KEY,))
    cache = Cache(tmp_path / "git")
    assert cache.fetch(remote, "main")
    assert (notes / "modes").read_text().split() == ["600", "600", "700"]
    assert (notes / "key").read_text() == KEY + "\n"
    assert (notes / "known").read_text() == f"[git.example.com]:2222 {HOST_KEY}\n"
    arguments = (notes / "arguments").read_text()
    assert "git@git.example.com" in arguments and "StrictHostKeyChecking=yes" in arguments
    assert "hunter2" not in arguments and "hunter2" not in (notes / "environment").read_text()
    assert "SSH_AUTH_SOCK" not in (notes / "environment").read_text()
    assert list(tmp_path.glob("git/*.keys/*")) == []  # the key is gone


def test_the_other_way_to_write_it(origin: Repository, notes: Path, tmp_path: Path) -> None:
    remote = Remote(f"git@git.example.com:{origin.path}", key=SecretStr(KEY), host_keys=(HOST_KEY,))
    assert Cache(tmp_path / "git").fetch(remote, "main")
    assert (notes / "known").read_text() == f"git.example.com {HOST_KEY}\n"


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        ("Host key verification failed.", "does not show one of the host keys"),
        ("git@x: Permission denied (publickey).", "does not let dbs in"),
        ("ssh: Could not resolve hostname x: Name or service not known", "was not reached"),
    ],
)
def test_what_ssh_says_is_understood(notes: Path, tmp_path: Path, says: str, sentence: str) -> None:
    (notes / "ssh").write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 255\n")
    remote = Remote("ssh://git@git.example.com/shop.git", key=SecretStr(KEY), host_keys=(HOST_KEY,))
    with pytest.raises((GitError, UnreachableError), match=sentence):
        Cache(tmp_path / "git").fetch(remote, "main")
    assert list(tmp_path.glob("git/*.keys/*")) == []


@pytest.mark.skipif(shutil.which("ssh") is None, reason="OpenSSH's client is not installed")
def test_the_real_ssh_understands_what_it_is_told(tmp_path: Path) -> None:
    remote = Remote("ssh://git@git.example.com/shop.git", key=SecretStr(KEY), host_keys=(HOST_KEY,))
    with access(remote, Network(), tmp_path) as way:
        words = shlex.split(way.environment["GIT_SSH_COMMAND"])
        key = Path(words[words.index("-i") + 1])
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        said = subprocess.run([*words, "-G", "git.example.com"], capture_output=True, text=True, check=True).stdout
    assert {"batchmode yes", "identityagent none", "stricthostkeychecking true"} <= set(said.splitlines())
    assert not key.exists()


def test_without_ssh_the_sentence_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("dbs.process.SYSTEM_DIRECTORIES", ())
    for name in ("git", "setpriv", "timeout", "prlimit"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(tmp_path))
    remote = Remote("ssh://git@git.example.com/shop.git", key=SecretStr(KEY), host_keys=(HOST_KEY,))
    with pytest.raises(ProgramError, match="ssh is not installed"):
        Cache(tmp_path / "git-cache").fetch(remote, "main")


GOOD = [
    "https://github.com/acme/shop.git",
    "https://oauth2@git.example.com:8443/a/b.git",
    "http://127.0.0.1:80/a",
    "/srv/git/shop.git",
]


@pytest.mark.parametrize("url", GOOD)
def test_addresses_that_are_taken(url: str) -> None:
    assert Remote(url).name == url


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hunter2@git.example.com/a.git",
        "http://git.example.com/a.git",
        "git://git.example.com/a.git",
        "ext::sh -c id",
        "host::path",
        "file:///srv/a.git",
        "--upload-pack=id",
        "-oProxyCommand=id:a",
        "git@-oProxyCommand=id:a",
        "ssh://-oProxyCommand=id/a",
        "ssh://git@host/-a\n",
        "https://git.example.com/a.git?token=hunter2",
        "https://git.example.com/a b",
        "relative/path",
        "",
        "ssh://git@git.example.com/a.git",  # without a key
    ],
)
def test_addresses_that_are_not(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Remote(url)
    assert str(caught.value).endswith(".") and "hunter2" not in str(caught.value)


def test_proofs_that_do_not_fit_the_address() -> None:
    secret = SecretStr("hunter2")
    ssh = "ssh://git@git.example.com/a.git"
    for url, more, sentence in (
        (ssh, {"token": secret}, "a token is for"),
        (GOOD[0], {"key": secret}, "a key and host_keys are for"),
        (ssh, {"key": secret}, "needs host_keys"),
        (ssh, {"key": secret, "host_keys": ("*",)}, "a type and a key"),
        (ssh, {"key": secret, "host_keys": (f"{HOST_KEY}\nevil ssh-rsa AAAA",)}, "a type and a key"),
    ):
        with pytest.raises(SettingsError, match=sentence):
            Remote(url, **more)


def test_a_project_says_where_it_lies() -> None:
    said = {"source": "shop", "migrations": "**", "runner": "sql"}
    project = Project.model_validate(
        {"remote": "git@git.example.com:a.git", "key": "env:KEY", "host_keys": [HOST_KEY], **said}
    )
    remote = configured(project, lambda reference: SecretStr(reference.get_secret_value().removeprefix("env:")))
    assert remote == Remote("git@git.example.com:a.git", key=SecretStr("KEY"), host_keys=(HOST_KEY,))
    with pytest.raises(ValueError, match="no remote of its own"):
        configured(Project.model_validate({"repository": "a/b", **said}), SecretStr)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({}, "a repository, on GitHub, or a remote, or both"),
        ({"repository": "a/b", "token": "x"}, "a token is for a remote"),
        ({"remote": "ssh://git@h/a"}, "needs a key"),
        ({"remote": "https://u:hunter2@h/a"}, "has no password in it"),
    ],
)
def test_a_project_that_says_it_wrongly(keys: dict[str, str], sentence: str) -> None:
    said = {"source": "shop", "migrations": "**", "runner": "sql"}
    with pytest.raises(ValidationError, match=sentence) as caught:
        Project.model_validate({**keys, **said})
    assert "hunter2" not in str(caught.value)


def test_an_old_git_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "git"
    old.write_text("#!/bin/sh\necho git version 2.30.2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(GitError, match=r"older than 2\.32"):
        Cache(tmp_path / "cache").fetch(Remote("/srv/a.git"), "main")


def test_two_remotes_never_share_a_directory() -> None:
    urls = [*GOOD, "https://github.com/acme/Shop.git", "https://github.com/acme-shop.git"]
    assert len({Remote(url).folder for url in urls}) == len(urls)
    assert Remote(GOOD[0]).folder.startswith("https-github-com-acme-shop-")
