"""How the bot gets out of the company."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.client import web_client
from dbs.errors import SettingsError
from dbs.settings import Settings, load_settings
from tests.support.certificates import self_signed


def settings(home: Path) -> Settings:
    """With an authority of the company's own, and a token."""
    (home / "dbs.toml").write_text('[network]\nca_file = "ca.pem"\n')
    return load_settings(
        {"DBS_CONFIG": str(home / "dbs.toml"), "DBS_HOME": str(home / "home"), "SLACK_BOT_TOKEN": "xoxb-1"}
    )


def test_the_companys_authority_is_trusted_beside_those_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(self_signed(tmp_path / "system.pem")))
    self_signed(tmp_path / "ca.pem")
    context = web_client(settings(tmp_path)).ssl
    assert context is not None
    names = {str(one["subject"]) for one in context.get_ca_certs()}
    assert names == {f"((('commonName', '{name}'),),)" for name in ("system.pem", "ca.pem")}


def test_one_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"network\.ca_file.*No such file or directory"):
        web_client(settings(tmp_path))
