"""`dbs doctor` says which keys do nothing yet, and when the next report comes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

from cli.configured import NOT_YET, configured, references, schedule, unused_keys
from cli.doctor import CHECKS
from commands.services import Services
from dbs.errors import SettingsError
from dbs.settings import Config
from tests.chatbot.parts import CONFIG, FakeDirectory, make_services

ROOT = Path(__file__).parents[2]


def with_config(tmp_path: Path, more: str) -> Services:
    """Services for the usual configuration and some more."""
    return make_services(tmp_path, FakeDirectory(), config=CONFIG + more)


def test_what_is_not_set_is_not_named(tmp_path: Path) -> None:
    assert list(unused_keys(with_config(tmp_path, ""))) == []


def test_what_is_set_and_does_nothing_is_named_with_what_that_means(tmp_path: Path) -> None:
    more = '[schedule]\nchange_window = "thu 09:00-15:00 UTC"\n[retention]\naudit = "730d"\n'
    services = with_config(tmp_path, more)
    findings = {finding.about: finding for finding in unused_keys(services)}

    assert set(findings) == {"schedule.change_window", "retention.audit"}
    assert {finding.state for finding in findings.values()} == {"set, but does nothing in this version"}
    assert "There are no schema changes" in findings["schedule.change_window"].advice
    assert {unused_keys, schedule, references} <= set(CHECKS)


def test_names_are_those_of_the_file(tmp_path: Path) -> None:
    assert list(configured(with_config(tmp_path, "").settings)) == [
        ("slack.channel", "slack.channel"),
        ("slack.operators", "slack.operators"),
        ("source.shop", "source"),
        ("source.shop.url", "source.url"),
        ("provider.local", "provider"),
        ("provider.local.kind", "provider.kind"),
        ("provider.local.root", "provider.root"),
        ("instance.shared", "instance"),
        ("instance.shared.source", "instance.source"),
        ("instance.shared.provider", "instance.provider"),
        ("instance.shared.port", "instance.port"),
    ]


@pytest.mark.parametrize("key", NOT_YET)
def test_every_key_exists(key: str) -> None:
    table, _, name = key.partition(".")
    annotation: Any = Config.model_fields[table].annotation
    model = get_args(annotation)[1] if get_origin(annotation) is dict else annotation
    assert not name or name in model.model_fields


@pytest.mark.parametrize("key", NOT_YET)
def test_nothing_uses_a_key_that_is_said_to_do_nothing(key: str) -> None:
    table, _, name = key.partition(".")
    pattern = re.compile(rf"\.{name}\b" if table in ("source", "instance") else rf"settings\.{re.escape(key)}\b")
    files = [path for folder in ("chatbot", "commands", "dbs", "web") for path in (ROOT / folder).rglob("*.py")]
    users = [path for path in files if "settings" not in path.parts and pattern.search(path.read_text())]
    assert users == [], f"{key} is used now: take it out of NOT_YET in cli/configured.py"


@pytest.mark.parametrize(
    ("line", "state", "advice"),
    [
        ("0 7 * * *", r"next on \d{4}-\d\d-\d\d 07:00 UTC", ""),
        ("0 7 31 2 *", "never", '"0 7 31 2 *" never comes'),
    ],
)
def test_when_the_next_report_comes(tmp_path: Path, line: str, state: str, advice: str) -> None:
    finding, _ = schedule(with_config(tmp_path, f'[schedule]\nreport = "{line}"\n'))
    assert re.fullmatch(state, finding.state)
    assert finding.advice.startswith(advice) and bool(finding.advice) == bool(advice)


def test_no_report_is_no_fault_and_a_wrong_line_is(tmp_path: Path) -> None:
    findings = list(schedule(with_config(tmp_path, "")))
    assert [(finding.state, finding.advice) for finding in findings] == [
        ("not set, so no report comes by itself", ""),
        ("not set, so nothing is refreshed by itself", ""),
    ]
    with pytest.raises(SettingsError, match=r"schedule\.report"):
        list(schedule(with_config(tmp_path, '[schedule]\nreport = "0 25 * * *"\n')))


def test_a_schedule_without_a_policy_refreshes_nothing(tmp_path: Path) -> None:
    _, finding = schedule(with_config(tmp_path, '[schedule]\nrefresh = "0 1 * * *"\n'))
    assert finding.state.endswith(" 01:00 UTC") and "No source has a policy" in finding.advice
    config = (
        CONFIG.replace("[source.shop]", '[source.shop]\npolicy = "shop.toml"') + '[schedule]\nrefresh = "0 1 * * *"\n'
    )
    _, finding = schedule(make_services(tmp_path, FakeDirectory(), config=config))
    assert finding.advice == ""


def test_secrets_that_cannot_be_had_are_named(tmp_path: Path) -> None:
    config = CONFIG.replace("[source.shop]", '[source.shop]\npassword = "env:NOT_THERE"\nmask_key = "file:key"')
    (tmp_path / "key").write_text("hunter2")
    (tmp_path / "key").chmod(0o600)
    services = make_services(
        tmp_path, FakeDirectory(), config=config + '[schedule]\nheartbeat_url = "https://hc.example/hunter2"\n'
    )
    findings = {finding.about: finding for finding in references(services)}
    assert {name: finding.state for name, finding in findings.items()} == {
        "source.shop.password": "cannot be had",
        "source.shop.mask_key": "can be had",
    }
    assert "NOT_THERE is not set" in findings["source.shop.password"].advice
    assert "hunter2" not in str(findings)
