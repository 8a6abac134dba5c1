"""The playground stands beside a state database of its own only, and beside no real token."""

from pathlib import Path

import pytest

from playground import ForeignHomeError, Playground, RealTokensError, mark_home
from playground.__main__ import main
from playground.homes import refuse_foreign_home
from playground.installation import refuse_real_tokens


def test_a_state_that_it_did_not_make_keeps_it_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state.db").touch()
    monkeypatch.setenv("DBS_HOME", str(tmp_path))
    with pytest.raises(ForeignHomeError, match="was not made by a playground"):
        Playground()
    assert main(["--port", "0"]) == 1
    assert "DBS_HOME" in capsys.readouterr().err
    with pytest.raises(ForeignHomeError):  # a mark does not make it its own
        mark_home(tmp_path)
    assert not (tmp_path / "playground").exists()


def test_a_home_that_was_marked_while_fresh_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("DBS_HOME", str(home))
    Playground().stop()  # nothing there yet
    mark_home(home)
    (home / "state.db").touch()
    mark_home(home)
    Playground().stop()


@pytest.mark.parametrize("url", ["sqlite:///{path}", "postgresql://db.internal/dbs"])
def test_a_state_by_its_address(tmp_path: Path, url: str) -> None:
    (tmp_path / "state.db").touch()
    with pytest.raises(ForeignHomeError):
        refuse_foreign_home({"DBS_STATE_URL": url.format(path=tmp_path / "state.db")})
    refuse_foreign_home({"DBS_STATE_URL": f"sqlite:///{tmp_path / 'new.db'}", "DBS_HOME": str(tmp_path / "new")})
    refuse_foreign_home({})


@pytest.mark.parametrize("token", ["xoxb-123-456-abc", "xapp-1-A0-1-abc", "xoxp-1-2-3", "xoxe.xoxp-1-abc"])
def test_a_real_token_under_any_name(token: str) -> None:
    with pytest.raises(RealTokensError, match="MY_BOT"):
        refuse_real_tokens({"MY_BOT": token})
    refuse_real_tokens({"MY_BOT": token.replace("-", "-playground-", 1), "OTHER": "xo", "XOXB": "about xoxb-tokens"})
