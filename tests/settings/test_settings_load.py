"""Where settings come from: the file, the environment, the home directory, references to secrets."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from dbs.errors import SettingsError
from dbs.settings import Settings, load_settings

FILE = """
[source.shop]
url = "mysql://reader@replica:3307/shop"
password = "env:SHOP_DB_PASSWORD"
max_age = "26h"
"""


def load(directory: Path, text: str = FILE, **environ: str) -> Settings:
    (directory / "dbs.toml").write_text(text)
    return load_settings({"DBS_CONFIG": str(directory / "dbs.toml"), "DBS_HOME": str(directory / "home"), **environ})


def test_the_file_is_read_and_frozen(tmp_path: Path) -> None:
    settings = load(tmp_path)
    source = settings.source["shop"]
    assert (source.user, source.host, source.port, source.database) == ("reader", "replica", 3307, "shop")
    assert source.max_age == timedelta(hours=26)
    with pytest.raises(ValidationError):
        source.url = "mysql://root@production/shop"


def test_an_empty_file_has_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path, "")
    assert settings.slack.mode == "socket"
    assert settings.slack.operators == ()
    assert settings.retention.audit is None
    assert settings.web_address == ("127.0.0.1", 8080)


def test_the_home_is_made_for_its_owner_only(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.home == tmp_path / "home"
    assert settings.home.stat().st_mode & 0o777 == 0o700
    assert settings.state_url == f"sqlite:///{tmp_path}/home/state.db"


def test_a_home_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(0o750)
    with pytest.raises(SettingsError, match=f"run: chmod 700 {tmp_path}/home"):
        load(tmp_path)


def test_the_home_has_a_default_below_the_home_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "dbs.toml").write_text("")
    settings = load_settings({"DBS_CONFIG": str(tmp_path / "dbs.toml"), "HOME": str(tmp_path)})
    assert settings.home == tmp_path / ".local" / "share" / "dbs"


def test_a_missing_file_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"set DBS_CONFIG to its path, or copy dbs\.example\.toml"):
        load_settings({"DBS_HOME": str(tmp_path / "home")})
    assert not (tmp_path / "home").exists()


def test_dbs_toml_in_the_current_directory_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dbs.toml").write_text(FILE)
    assert load_settings({"DBS_HOME": str(tmp_path / "home")}).file == tmp_path / "dbs.toml"


def test_the_environment_is_read_and_its_secrets_stay_hidden(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        SLACK_BOT_TOKEN="xoxb-hunter2",
        SLACK_APP_TOKEN="",
        DBS_STATE_URL="postgresql://dbs:hunter2@db/dbs",
        SHOP_DB_PASSWORD="hunter2",
        PORT="9000",
    )
    assert settings.environment.slack_bot_token == SecretStr("xoxb-hunter2")
    assert settings.environment.slack_app_token is None
    assert settings.environment.slack_api_url == "https://slack.com/api/"
    assert settings.web_address == ("127.0.0.1", 9000)
    assert settings.state_url == "postgresql://dbs:hunter2@db/dbs"
    assert "hunter2" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_only_the_environment_that_is_passed_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-of-the-process")
    assert load(tmp_path).environment.slack_bot_token is None


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="The environment variable PORT is wrong"):
        load(tmp_path, PORT="http")


def test_references_to_secrets_are_resolved(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("two\nlines\n\n")
    (tmp_path / "key").chmod(0o600)
    settings = load(tmp_path, SHOP_DB_PASSWORD="hunter2")
    assert settings.secret(settings.source["shop"].password or "") == SecretStr("hunter2")
    assert settings.secret(f"file:{tmp_path}/key").get_secret_value() == "two\nlines\n"
    assert settings.secret("file:key").get_secret_value() == "two\nlines\n"
    assert settings.secret("plain:text").get_secret_value() == "plain:text"


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("env:NOT_THERE", "The environment variable NOT_THERE is not set"),
        ("env:EMPTY", "The environment variable EMPTY is not set"),
        ("file:not-there", "cannot be read: No such file or directory"),
        ("file:open", "Everybody may read the secret .*chmod 600"),
        ("file:binary", "is not UTF-8 text"),
    ],
)
def test_a_secret_that_cannot_be_had_is_a_sentence(tmp_path: Path, reference: str, sentence: str) -> None:
    (tmp_path / "open").write_text("hunter2")
    (tmp_path / "open").chmod(0o644)
    (tmp_path / "binary").write_bytes(b"hunter2\xff")
    (tmp_path / "binary").chmod(0o600)
    settings = load(tmp_path, EMPTY="")
    with pytest.raises(SettingsError, match=sentence) as caught:
        settings.secret(reference)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "dbs.toml").mkdir()
    with pytest.raises(SettingsError, match=r"dbs\.toml cannot be read: Is a directory"):
        load_settings({"DBS_CONFIG": str(tmp_path / "dbs.toml"), "DBS_HOME": str(tmp_path / "home")})


@pytest.mark.parametrize(("text", "expected"), [("06:00", time(6)), ("6:05", time(6, 5)), ("23:59", time(23, 59))])
def test_a_time_of_day(tmp_path: Path, text: str, expected: time) -> None:
    assert load(tmp_path, f'[schedule]\nretry_until = "{text}"\n').schedule.retry_until == expected


@pytest.mark.parametrize("text", ['"24:00"', '"6"', '"06:60"', "6", '"06:00 CET"'])
def test_what_is_no_time_of_day(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r'"schedule\.retry_until": a time of day \(UTC\) is written like "06:00"'):
        load(tmp_path, f"[schedule]\nretry_until = {text}\n")


def test_the_address_of_the_heartbeat_is_kept_secret(tmp_path: Path) -> None:
    settings = load(tmp_path, '[schedule]\nheartbeat_url = "https://hc.example/hunter2"\n')
    assert "hunter2" not in repr(settings) + settings.model_dump_json()


def test_metrics_may_have_an_address_of_their_own(tmp_path: Path) -> None:
    assert load(tmp_path, "").metrics_address is None
    assert load(tmp_path, '[web]\nmetrics_bind = "[::1]:9187"\n', PORT="9000").metrics_address == ("::1", 9187)
