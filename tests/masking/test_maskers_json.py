"""Documents: valid before and after, masked value by value, and nothing comes through that no path names."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.masking.interface import PolicyError
from dbs.masking.maskers.json import JsonMask
from dbs.masking.maskers.paths import parse
from tests.support import maskers as at
from tests.support.maskers import PATIENT, mask, masked

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc @", max_size=3), inner, max_size=4),
    max_leaves=12,
)
PERSON = {
    "email": "anna@shop.example",
    "name": "Anna",
    "age": 33,
    "paid": True,
    "born": "1985-04-12",
    "addresses": [{"phone": "0170 1234567", "city": "Berlin"}, {"phone": "030 99"}],
    "a b": {"ip": "10.0.0.1"},
}


def document(value: Any, **options: Any) -> Any:
    """What masking makes of a document."""
    return json.loads(masked("json", at.DOCUMENT, json.dumps(value).encode(), b"7", **options))


def shape(value: Any) -> Any:
    """What stays: lists, the order of keys, kinds of values."""
    if isinstance(value, dict):
        return [("@" if "@" in name else name, shape(one)) for name, one in value.items()]
    if isinstance(value, list):
        return [shape(one) for one in value]
    return type(value)


@PATIENT
@given(value=DOCUMENTS, ascii_only=st.booleans())
def test_a_document_stays_one_of_the_same_shape(value: Any, ascii_only: bool) -> None:
    written = json.dumps(value, ensure_ascii=ascii_only).encode()
    stand_in = masked("json", at.DOCUMENT, written)
    assert shape(json.loads(stand_in)) == shape(value)
    assert masked("json", replace(at.DOCUMENT, table="others"), written) == stand_in


@PATIENT
@given(value=DOCUMENTS)
def test_keep_keeps_and_null_empties(value: Any) -> None:
    value = json.loads(json.dumps(value).replace("@", ""))
    assert document(value, other="keep") == value
    assert set(leaves(document(value, other="null"))) <= {None}


def leaves(value: Any) -> list[Any]:
    """All values that hold no others."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return [value] if inner is None else [leaf for one in inner for leaf in leaves(one)]


@PATIENT
@given(value=DOCUMENTS)
def test_no_text_comes_through_that_no_path_names(value: Any) -> None:
    originals = {leaf for leaf in leaves(value) if isinstance(leaf, str) and len(leaf) > 4}
    assert not originals & {leaf for leaf in leaves(document(value)) if isinstance(leaf, str)}


def test_a_path_names_its_masker_and_agrees_with_columns() -> None:
    paths = {
        "$.email": "email",
        "$.name": {"mask": "constant", "value": "N."},
        "$.age": "keep",
        "$.born": {"mask": "date", "days": 10},
        "$.addresses[*].phone": "phone",
        '$."a b".*': "ip",
    }
    new = document(PERSON, paths=paths, by="id")
    assert list(new) == list(PERSON)
    assert new["email"] == masked("email", at.LONG, b"anna@shop.example").decode()
    assert (new["name"], new["age"], new["paid"]) == ("N.", 33, False)
    assert new["born"].encode() == masked("date", at.DAY, b"1985-04-12", b"7", by="id", days=10)
    assert new["addresses"][0]["phone"].encode() == masked("phone", at.LONG, b"0170 1234567")
    assert new["addresses"][0]["city"] not in ("Berlin", None)
    assert new["a b"]["ip"].encode() == masked("ip", at.LONG, b"10.0.0.1")


def test_a_rule_for_a_branch_is_for_all_that_is_within() -> None:
    new = document(PERSON, paths={"$.addresses": "null", "$.addresses[1].phone": "keep"}, other="keep")
    assert new == PERSON | {"addresses": [{"phone": None, "city": None}, {"phone": "030 99"}]}


def test_numbers_under_a_masker_for_texts_are_masked_as_numbers() -> None:
    new = document({"phone": 1701234567, "height": 1.75}, paths={"$.phone": "phone", "$.height": "phone"})
    assert new["phone"] == int(masked("phone", at.BIG, b"1701234567"))
    assert new["height"] != 1.75 and abs(new["height"] - 1.75) < 0.2


def test_paths_that_match_nothing_are_known() -> None:
    function = mask("json", at.DOCUMENT, paths={"$.email": "email", "$.emial": "email", "$[0]": "text"})
    assert isinstance(function, JsonMask)
    assert function.unmatched() == ("$.email", "$.emial", "$[0]")
    function(json.dumps(PERSON).encode(), b"")
    assert function.unmatched() == ("$.emial", "$[0]")


@pytest.mark.parametrize("value", [b"anna@shop.example", b"{", b"[1e999]", b"[NaN]", b"\xff", b"[" * 100_000])
def test_what_is_no_document_does_not_come_through(value: bytes) -> None:
    assert masked("json", at.DOCUMENT, value) == b"null"
    assert masked("json", at.FREE, value) == masked("text", at.FREE, value)


def test_an_empty_text_stays_empty() -> None:
    assert masked("json", at.FREE, b"") == b""


def test_a_key_with_an_address_is_masked() -> None:
    (key,) = document({"anna@shop.example": 1})
    assert key == masked("email", at.LONG, b"anna@shop.example").decode()


def test_a_document_that_becomes_too_long_is_masked_as_a_text() -> None:
    value = json.dumps({"a": "b@c.de", "list": [1, 2]}).encode()
    for room in range(len(value), 80):
        stand_in = masked("json", replace(at.SHORT, characters=room), value, paths={"$.a": "email"})
        assert len(stand_in) <= room and b"b@c.de" not in stand_in


def test_text_kept_stays_in_its_character_set() -> None:
    value = '{"a": "Müller"}'.encode()
    assert masked("json", at.FREE, value, other="keep") == value
    escaped = b'{"a": "\\u4e2d"}'
    assert masked("json", at.FREE, escaped, other="keep") == escaped


def test_paths_are_read_in_steps() -> None:
    assert parse("$") == ()
    assert parse('$.a[*]."b c"[3].*') == (
        *(("member", "a"), ("[*]", None), ("member", "b c")),
        *(("element", 3), (".*", None)),
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"paths": {"$.a": "emial"}}, "there is no masker emial. Do you mean email?"),
        ({"paths": {"$.a": "json"}}, "there is no masker json"),
        ({"paths": {"a": "email"}}, "the path a is wrong: it begins with"),
        ({"paths": {"$..a": "email"}}, "from character 2 on"),
        ({"paths": {"$.a": {"mask": "date", "by": "id"}}}, "write by beside paths"),
        ({"paths": {"$.a": {"mask": "date", "dasy": 3}}}, "Do you mean days?"),
        ({"paths": {"$.a": "constant"}}, "constant needs a value"),
        ({"paths": "$.a"}, "paths is a table"),
        ({"other": "drop"}, "other is text, keep or null, and not drop"),
        ({"path": {}}, "Do you mean paths?"),
    ],
)
def test_a_wrong_rule_says_what_to_write(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(PolicyError) as refusal:
        mask("json", at.DOCUMENT, **options)
    assert sentence in str(refusal.value)
    assert "users.document" in str(refusal.value)
