"""The statement splitter: the server's lexical rules, chunk by chunk."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbs.mysql.script import ScriptError, Statement, statements


def cut(script: bytes, size: int) -> Iterator[bytes]:
    """The script in chunks of `size` bytes."""
    return (script[start : start + size] for start in range(0, len(script), size))


def texts(script: bytes, size: int = 7) -> list[bytes]:
    """The statements' texts, read in small chunks."""
    return [statement.text for statement in statements(cut(script, size))]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (b"SELECT 1; SELECT 2;", [b"SELECT 1", b"SELECT 2"]),
        (b"SELECT ';';SELECT 'a''b;';", [b"SELECT ';'", b"SELECT 'a''b;'"]),
        (rb"SELECT '\';', '\\';SELECT 3;", [rb"SELECT '\';', '\\'", b"SELECT 3"]),
        (rb'SELECT "\";", """";SELECT 3;', [rb'SELECT "\";", """"', b"SELECT 3"]),
        (rb"SELECT `a;``b\`;SELECT 3;", [rb"SELECT `a;``b\`", b"SELECT 3"]),
        (b"-- it's; a comment\n#it's; another\r\n/* it's; a third */ SELECT 1;", [b"SELECT 1"]),
        (b"--\n--\r\nSELECT 1;--", [b"SELECT 1"]),
        (b"SELECT 5--3, 4/2, 1-1; SELECT 2;", [b"SELECT 5--3, 4/2, 1-1", b"SELECT 2"]),
        (b"SELECT 1 -- ; '\n, 2;", [b"SELECT 1 -- ; '\n, 2"]),
        (b"SELECT 1 /* ; ' */, 2 # ; `\n;", [b"SELECT 1 /* ; ' */, 2 # ; `\n"]),
        (b"/*/ ; */SELECT 1;", [b"SELECT 1"]),
        (b"/*!40101 SET NAMES utf8 */;", [b"/*!40101 SET NAMES utf8 */"]),
        (b"/*M!100100 SET x='*/;' */;", [b"/*M!100100 SET x='*/;' */"]),
        (b"/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump\nSELECT 1;", [b"SELECT 1"]),
        (b"/*!999999\\- enable the sandbox mode */\nSELECT 1;", [b"SELECT 1"]),
        (b"DELIMITER ;;\nBEGIN; END ;;\ndelimiter ;\nSELECT 1;", [b"BEGIN; END ", b"SELECT 1"]),
        (b"Delimiter //\r\nSELECT 4/2; //\r\nDELIMITER ;\r\nSELECT 1;", [b"SELECT 4/2; ", b"SELECT 1"]),
        (b"DELIMITER --\nSELECT 4-2; --\nDELIMITER ;\nSELECT 1;", [b"SELECT 4-2; ", b"SELECT 1"]),
        (b"DELIMITER go\nSELECT goat, 'go' go SELECT 2 go", [b"SELECT ", b"at, 'go' ", b"SELECT 2 "]),
        (b"SELECT\n delimiter 1;", [b"SELECT\n delimiter 1"]),
        (b";;; SELECT 1;;", [b"SELECT 1"]),
        (b"\xef\xbb\xbfSELECT 1;", [b"SELECT 1"]),
        (b"system rm file; SELECT 1;", [b"system rm file", b"SELECT 1"]),
        (b"SELECT \\N;", [b"SELECT \\N"]),
        (b" \r\n\t", []),
        (b"-- only\n/* comments */", []),
        (b"", []),
    ],
)
def test_splits_as_the_server_reads(script: bytes, expected: list[bytes]) -> None:
    for size in (1, 2, 5, 1000):
        assert texts(script, size) == expected


def test_says_where_a_statement_begins() -> None:
    script = b"-- head\r\n\r\n  SELECT\n1;\n\n# note\nSELECT 2; SELECT 3"
    assert list(statements(cut(script, 4))) == [
        Statement(b"SELECT\n1", 3, 13, True),
        Statement(b"SELECT 2", 7, 31, True),
        Statement(b"SELECT 3", 7, 41, False),
    ]


@pytest.mark.parametrize(
    ("script", "what", "line", "offset"),
    [
        (b"SELECT 1;\n\nINSERT INTO t VALUES ('a", "statement", 3, 11),
        (b"SELECT 1;\nSELECT `a", "statement", 2, 10),
        (b'SELECT\n1,\n"a\\"', "statement", 1, 0),
        (b"SELECT 'a\\", "statement", 1, 0),
        (b"SELECT 1;\n/* never closed", "comment", 2, 10),
        (b"SELECT 1;\nSELECT 2 /* never closed", "statement", 2, 10),
        (b"SELECT 1;\n/*!50003 CREATE TRIGGER t '*/'", "statement", 2, 10),
    ],
)
def test_refuses_a_script_that_breaks_off(script: bytes, what: str, line: int, offset: int) -> None:
    for size in (1, 3, 1000):
        with pytest.raises(ScriptError) as caught:
            texts(script, size)
        assert str(caught.value) == f"The file ends in the middle of a {what} that begins in line {line}."
        assert (caught.value.line, caught.value.offset) == (line, offset)


@pytest.mark.parametrize(
    "script", [b"\\! rm file\n", b"SELECT 1;\\. other.sql\n", b"DELIMITER \nSELECT 1;", b"DELIMITER '\n"]
)
def test_refuses_client_commands(script: bytes) -> None:
    with pytest.raises(ScriptError, match="Line 1 "):
        texts(script)


def test_refuses_a_delimiter_that_never_ends_without_reading_on() -> None:
    with pytest.raises(ScriptError, match="usable delimiter"):
        texts(b"DELIMITER " + b"x" * 1000)


QUOTED = st.builds(
    lambda quote, body: quote + body.replace(b"\\", b"\\\\").replace(quote, quote * 2) + quote,
    st.sampled_from([b"'", b'"']),
    st.text("a'\"`;#-/*\\\n\r\t\0 é😀!").map(str.encode),
)
NAMES = st.text("a`;'\"\\-# é", min_size=1).map(lambda name: b"`" + name.replace("`", "``").encode() + b"`")
ESCAPED = st.lists(st.sampled_from([b"\\'", b"\\\\", b'\\"', b"\\n", b"x"])).map(lambda p: b"'" + b"".join(p) + b"'")
COMMENTS = st.sampled_from([b"/* ; ' */", b"-- ; '\n", b"# ` ;\n", b"/*!40101 SET x=';' */", b"/**/"])
PIECES = st.one_of(QUOTED, NAMES, ESCAPED, COMMENTS, st.sampled_from([b"SELECT", b"-1", b"4/2", b",", b"\n"]))
STATEMENTS = st.lists(PIECES).map(lambda pieces: b"SELECT " + b" ".join(pieces))


@given(
    st.lists(STATEMENTS),
    st.sampled_from([b";", b";;", b"$$", b"//"]),
    st.integers(1, 40),
)
@settings(deadline=None)
def test_what_was_joined_is_split_again(originals: list[bytes], delimiter: bytes, size: int) -> None:
    # The blank keeps "*/" and "//" apart; without it the mysql program, too, takes the first two slashes.
    script = b"DELIMITER " + delimiter + b"\n" + b"".join(text + b" " + delimiter + b"\n" for text in originals)
    found = list(statements(cut(script, size)))
    assert [statement.text for statement in found] == [text + b" " for text in originals]
    for statement in found:
        assert script[statement.offset :].startswith(statement.text)
        assert statement.line == script.count(b"\n", 0, statement.offset) + 1


def outcome(script: bytes, size: int) -> list[Statement] | str:
    """What comes of a script: its statements, or the sentence of its error."""
    try:
        return list(statements(cut(script, size)))
    except ScriptError as error:
        return str(error)


NOISE = st.one_of(
    st.binary(),
    st.lists(
        st.sampled_from([b"'", b'"', b"`", b"\\", b"--", b" ", b"\n", b"#", b"/*", b"*/", b"!", b";", b"a", b"M"])
    ).map(b"".join),
    st.lists(st.sampled_from([b"delimiter ", b"\n", b";", b"$", b"'", b"x", b"/*!9", b"99999", b"*/"])).map(b"".join),
)


@given(NOISE, st.integers(1, 9))
@settings(deadline=None, max_examples=400)
def test_noise_ends_in_statements_or_a_sentence_whatever_the_chunks(script: bytes, size: int) -> None:
    assert outcome(script, size) == outcome(script, len(script) + 1)


def seconds(script: bytes) -> float:
    """The processor's time to split a script that arrives in 4 KiB chunks, at best of three."""
    best = float("inf")
    for _ in range(3):
        began = time.thread_time()
        assert len(texts(script, 4096)) == 1
        best = min(best, time.thread_time() - began)
    return best


@pytest.mark.parametrize("row", [b"(1,'it\\'s',-2.5),\n", b"x''y\\n;", b"/* ' */ -- '\n"])
def test_time_grows_with_the_size_and_not_with_its_square(row: bytes) -> None:
    opening = b"INSERT INTO t VALUES '" if row.startswith(b"x") else b"INSERT INTO t VALUES "
    closing = b"';" if row.startswith(b"x") else b";"
    one, sixteen = (seconds(opening + row * count + closing) for count in (5_000, 80_000))
    # Sixteen times the size; its square would be 256 times. The room between is for a noisy machine.
    assert sixteen < 64 * one


def test_memory_is_bounded_by_the_longest_statement() -> None:
    statement = b"INSERT INTO t VALUES ('" + b"x" * 1_000_000 + b"');\n"
    chunks = (chunk for _ in range(40) for chunk in cut(statement, 65536))
    tracemalloc.start()
    count = sum(1 for _ in statements(chunks))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 40
    assert peak < 6 * len(statement)
