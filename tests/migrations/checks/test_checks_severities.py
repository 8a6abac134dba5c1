"""What a project says of checks in its `.dbs.toml`, and that nothing in it is ignored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.migrations.checks import CHECKS, read_severities
from dbs.migrations.checks.interface import OFF, SEVERITIES
from dbs.migrations.checks.severities import sorted_out

NAMES = [check.name for check in CHECKS]
VALUES = [*SEVERITIES, OFF]
_WORDS = st.one_of(st.sampled_from([*NAMES, "drop-tabel", "checks"]), st.text(max_size=8))
_ANYTHING = st.one_of(st.sampled_from(VALUES), st.text(max_size=8), st.integers(), st.booleans(), st.none())

RUBBISH = {
    b"\xff\xfe": "`.dbs.toml` cannot be read: it is not text in UTF-8.",
    b"[checks": "`.dbs.toml` cannot be read: Expected ']'",
    b"[" * 100_000: "`.dbs.toml` cannot be read",
    b"a = " + b"[" * 5_000: "`.dbs.toml` cannot be read",
    b"a = " + b"9" * 5_000: "`.dbs.toml` cannot be read",
    b"checks = 1": "`.dbs.toml` gives checks a value; it is a table, [checks].",
    b"[check]\ndrop-table = 'off'": "`.dbs.toml` names the table `check`, which has no meaning; nearest is `checks`.",
    b"[checks]\ndrop-tabel = 'off'": "names a check `drop-tabel`, which does not exist; nearest is `drop-table`.",
    b'[checks]\n"\\u001b[31mred" = "off"': "names a check `[31mred`, which does not exist.",
    b"[checks]\ndrop-table = 'fatal'": 'gives drop-table the severity `fatal`; there are "error", "warning"',
    b"[checks]\ndrop-table = true": "gives drop-table the severity `True`",
    b"[checks.drop-table]\nseverity = 'off'": "gives drop-table the severity",
}


def test_severities_are_taken_as_they_are_written() -> None:
    text = b"\xef\xbb\xbf# ours\r\n[checks]\r\ndrop-table = \"error\"\r\nindex-gap = 'off'\r\n"
    assert read_severities(text) == ({"drop-table": "error", "index-gap": "off"}, [])
    assert read_severities(b"") == ({}, [])


@pytest.mark.parametrize("text", RUBBISH, ids=repr)
def test_rubbish_is_a_finding(text: bytes) -> None:
    severities, problems = read_severities(text)
    assert not severities
    assert [problem.severity for problem in problems] == ["error"]
    assert RUBBISH[text] in problems[0].sentence


@given(st.binary(max_size=200))
def test_no_file_breaks_it(text: bytes) -> None:
    severities, _ = read_severities(text)
    assert set(severities) <= set(NAMES)


@given(st.dictionaries(_WORDS, _ANYTHING, max_size=6))
def test_each_line_is_a_severity_or_a_finding(table: dict[str, object]) -> None:
    severities, problems = sorted_out(table)
    assert len(severities) + len(problems) == len(table)
    assert set(severities) <= set(NAMES)
    assert set(severities.values()) <= set(VALUES)
    assert all(problem.severity == "error" and problem.sentence.isprintable() for problem in problems)


@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES)))
def test_what_is_right_comes_back(table: dict[str, str]) -> None:
    text = "[checks]\n" + "".join(f'{name} = "{value}"\n' for name, value in table.items())
    assert read_severities(text.encode()) == (table, [])
