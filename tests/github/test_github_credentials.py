"""As whom dbs asks, with how few rights, on which way; and that no secret is said anywhere."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from dbs.errors import SettingsError
from dbs.github import Access, GithubError, access, open_github, webhook_secrets
from dbs.github.client import GithubClient
from dbs.github.credentials import PERMISSIONS, AppCredentials, TokenCredentials, credentials
from dbs.github.way import Way
from dbs.settings import Settings, load_settings
from dbs.settings.network import Network
from tests.github.asking import ALL_RIGHTS, BOT, MIGRATION, REPOSITORY, Keys, as_person, result, start
from tests.support import fake_github_server
from tests.support.certificates import self_signed
from tests.support.fake_github import FakeGithub
from tests.support.fake_github_model import App


def settings(directory: Path, text: str = "", **environ: str) -> Settings:
    """Settings of a file with that text."""
    file = directory / "dbs.toml"
    file.write_text(text)
    return load_settings({"DBS_CONFIG": str(file), "DBS_HOME": str(directory / "home"), **environ})


def test_an_app_gets_a_token_for_one_repository_with_few_rights(
    fake: FakeGithub, app: GithubClient, installed: App
) -> None:
    fake.repository("acme/other")
    fake.repositories["acme/other"].installation = fake.repositories[REPOSITORY].installation
    fake.open_pull(REPOSITORY, MIGRATION)
    app.pull(REPOSITORY, 1)
    app.pull("ACME/Shop", 1)
    (grant,) = fake.tokens.values()
    assert grant.rights == PERMISSIONS and grant.repositories == frozenset({REPOSITORY})
    assert grant.rights["contents"] == grant.rights["pull_requests"] == "read"
    assert fake.asked("POST", "/access_tokens") == 1
    assert fake.tokens[app.git_token(REPOSITORY)] == grant


def test_an_app_that_is_not_installed(fake: FakeGithub, app: GithubClient) -> None:
    fake.repository("acme/other")
    with pytest.raises(GithubError, match="did not find the App's installation for acme/other"):
        app.pull("acme/other", 1)


def test_a_token_that_was_withdrawn_is_made_anew(fake: FakeGithub, app: GithubClient) -> None:
    fake.open_pull(REPOSITORY, MIGRATION)
    app.pull(REPOSITORY, 1)
    fake.tokens.clear()
    fake.install(REPOSITORY, ALL_RIGHTS)  # installed anew: the number is another one
    with pytest.raises(GithubError, match="does not take our credentials"):
        app.pull(REPOSITORY, 1)
    assert app.pull(REPOSITORY, 1).number == 1


def test_an_app_comments_under_its_own_name(fake: FakeGithub, app: GithubClient) -> None:
    fake.open_pull(REPOSITORY, MIGRATION)
    for text in ("one", "two"):
        app.comment(REPOSITORY, 1, "<!-- dbs:x -->", lambda before, text=text: text)  # type: ignore[misc]
    (comment,) = fake.repositories[REPOSITORY].comments
    assert (comment.author, comment.edits) == ("dbs[bot]", 1)


def test_the_key_of_another_app(fake: FakeGithub, installed: App, keys: Keys, tmp_path: Path) -> None:
    way = Way(fake.url, Network(), pause_seconds=0)
    with pytest.raises(GithubError, match="does not take our credentials"):
        AppCredentials(way, "999999", keys.private).requester(REPOSITORY)


@pytest.mark.parametrize(
    "key", ["s3cret-no-key", "-----BEGIN RSA PRIVATE KEY-----\ns3cret\n-----END RSA PRIVATE KEY-----"]
)
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(SettingsError, match="GITHUB_APP_PRIVATE_KEY is no private key") as caught:
        AppCredentials(Way("https://api.github.com", Network()), "1", key)
    assert "s3cret" not in str(caught.value) and caught.value.__cause__ is None


def test_a_key_on_one_line(keys: Keys) -> None:
    AppCredentials(Way("https://api.github.com", Network()), "1", keys.private.replace("\n", "\\n"))


def test_no_secret_is_in_logs_or_reprs(
    fake: FakeGithub, app: GithubClient, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sha = fake.open_pull(REPOSITORY, MIGRATION).head_sha
    app.start_check(REPOSITORY, start(sha))
    app.finish_check(REPOSITORY, "rehearse:1", result(sha, annotations=2))
    with as_person(fake) as client:
        client.comment(REPOSITORY, 1, "<!-- dbs:x -->", lambda before: "one")
    said = [record.getMessage() for record in caplog.records]
    fake.fault("GET", "/pulls/1", "502", times=9)
    with pytest.raises(GithubError) as caught:
        app.pull(REPOSITORY, 1)
    given = Access(fake.url, "1", keys.private, next(iter(fake.tokens)))
    said += [str(caught.value), repr(caught.value), repr(given), repr(app), repr(vars(app))]
    said += [repr(one) for one in (app._credentials._lent, app.__dict__)]  # type: ignore[attr-defined]
    secrets = [*fake.tokens, *keys.private.splitlines()[1:-1], "Bearer ey"]
    assert said and not [text for text in said for secret in secrets if secret in text]


def test_the_environment_says_as_whom(fake: FakeGithub, installed: App, keys: Keys, tmp_path: Path) -> None:
    file = tmp_path / "app.pem"
    file.write_text(keys.private)
    file.chmod(0o600)
    fake.open_pull(REPOSITORY, MIGRATION)
    both = {"GITHUB_TOKEN": fake.person(BOT), "GITHUB_API_URL": f"{fake.url}/"}
    as_app = {"GITHUB_APP_ID": str(installed.id), "GITHUB_APP_PRIVATE_KEY": f"file:{file}"}
    for environ, is_app in (({**both, **as_app}, True), (both, False)):
        with open_github(settings(tmp_path, **environ)) as opened:
            assert opened.is_app is is_app
            assert opened.github.pull(REPOSITORY, 1).number == 1
    assert fake.asked("POST", "/access_tokens") == 1


def test_without_credentials(tmp_path: Path) -> None:
    assert access(settings(tmp_path)) is None
    sentence = "set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY, or GITHUB_TOKEN"
    with pytest.raises(SettingsError, match=sentence), open_github(settings(tmp_path)):
        pass
    with pytest.raises(SettingsError, match="GITHUB_APP_PRIVATE_KEY is not set"):
        credentials(Access("https://api.github.com", "1", None, "token"), Way("https://api.github.com", Network()))


@pytest.mark.parametrize(
    ("text", "environ", "url"),
    [
        ("", {}, "https://api.github.com"),
        ('[github]\nurl = "https://github.com/"', {}, "https://api.github.com"),
        ('[github]\nurl = "https://git.example.com/"', {}, "https://git.example.com/api/v3"),
        ("", {"GITHUB_API_URL": "http://127.0.0.1:1/"}, "http://127.0.0.1:1"),
    ],
)
def test_where_the_api_is(tmp_path: Path, text: str, environ: dict[str, str], url: str) -> None:
    assert settings(tmp_path, text, **environ).github_api == url


def test_secrets_of_the_webhook(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="GITHUB_WEBHOOK_SECRET is not set"):
        webhook_secrets(settings(tmp_path))
    with pytest.raises(SettingsError, match="GITHUB_WEBHOOK_SECRET is not set"):
        webhook_secrets(settings(tmp_path, GITHUB_WEBHOOK_SECRET_OLD="b"))
    found = webhook_secrets(settings(tmp_path, GITHUB_WEBHOOK_SECRET="env:A", GITHUB_WEBHOOK_SECRET_OLD="b", A="a"))
    assert [one.get_secret_value() for one in found] == ["a", "b"]


def test_an_enterprise_server_behind_the_companys_authority(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path / "github.pem")
    with fake_github_server.running(tmp_path, prefix="/api/v3", tls=certificate) as fake:
        sha = fake.repository(REPOSITORY).git.tip("refs/heads/main")
        row = fake.open_pull(REPOSITORY, MIGRATION)
        fake.repositories[REPOSITORY].pulls.update(
            {number: row.__class__(number, "t", "", "rita", sha, REPOSITORY) for number in range(2, 140)}
        )
        token = fake.person(BOT)
        trusting = GithubClient(TokenCredentials(Way(fake.url, Network(certificate)), token))
        assert len(trusting.open_pulls(REPOSITORY)) == 139
        with pytest.raises(GithubError, match="set ca_file in"):
            GithubClient(TokenCredentials(Way(fake.url, Network()), token)).pull(REPOSITORY, 1)


def test_the_proxy_is_used_whatever_the_environment_says(fake: FakeGithub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    fake.open_pull(REPOSITORY, MIGRATION)
    # The stand-in as a proxy: asked for http://github.invalid/…, it answers itself.
    proxied = Way("http://github.invalid", Network(proxy=fake.url), pause_seconds=0)
    assert GithubClient(TokenCredentials(proxied, fake.person(BOT))).pull(REPOSITORY, 1).number == 1
    # What is on this machine is never asked for through a proxy.
    local = Way(fake.url, Network(proxy="http://127.0.0.1:1"), pause_seconds=0)
    assert GithubClient(TokenCredentials(local, fake.person(BOT))).pull(REPOSITORY, 1).number == 1


def test_who_only_names_it_does_not_load_pygithub() -> None:
    program = "import sys, dbs.github, web.github; sys.exit('github' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=False).returncode == 0
