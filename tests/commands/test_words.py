"""Whatever people type, they get a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.dispatch import dispatch
from commands.interface import Request
from commands.parsing import parse
from commands.registry import COMMANDS
from dbs.errors import DbsError
from tests.support.office import ADA, ROOT, Office

_OPTIONS = ["--snapshot", "--from-dump", "--already-masked", "--data-state-at", "--yes", "--", "-"]
_NUMBERS = ["²", "٣", "9" * 30, "1m", "9999d", "٣d"]
_TIMES = ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-11-19"]
_SIGNS = ["\x00", "\udcff", "é" * 200, "../../etc/passwd", "`;--", "'", "<!channel>", "*", "\u202e", "%s%n{0}"]
_NASTY = st.sampled_from(["shared", "shop", "shop-2", *_OPTIONS, *_NUMBERS, *_TIMES, *_SIGNS])
_WORD = st.one_of(_NASTY, st.text(max_size=20))
_TYPED = st.tuples(st.sampled_from([*COMMANDS, "nonsense"]), st.lists(_WORD, max_size=6))


@given(
    name=st.sampled_from(sorted(COMMANDS)), words=st.lists(_WORD, max_size=8), face=st.sampled_from(["slack", "cli"])
)
def test_parsing_gives_arguments_or_a_sentence(name: str, words: list[str], face: str) -> None:
    command = COMMANDS[name]
    try:
        assert isinstance(parse(name, command.arguments, words, face), command.arguments)
    except DbsError as error:
        assert str(error)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(Path(tmp_path_factory.mktemp("office")))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(typed=_TYPED, on_the_command_line=st.booleans())
def test_nothing_that_is_typed_is_a_bug(
    office: Office, typed: tuple[str, list[str]], on_the_command_line: bool
) -> None:
    actor = ROOT if on_the_command_line else ADA
    result = dispatch(office.services, Request(office.new_id(), actor, (typed[0], *typed[1])))
    assert result.error_id is None, result.sentence
    assert result.sentence
    assert not any(character in result.sentence for character in "\x00\u202e\udcff")


@pytest.mark.parametrize(
    "words",
    [
        "status ²",
        "status " + "9" * 30,
        "refresh shop --already-masked yes --from-dump ~nobody-of-that-name/x.sql",
        "refresh shop --already-masked yes --from-dump x.sql --data-state-at 0001-01-01T00:00:00+23:59",
        "refresh shop --already-masked yes --from-dump x.sql --data-state-at 9999-12-31T23:59:59-23:59",
    ],
)
def test_what_was_once_a_bug(office: Office, words: str) -> None:
    result = office.say(ROOT, words)
    assert result.error_id is None, result.sentence
    assert result.outcome == "refused"
