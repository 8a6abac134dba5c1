"""The forms of stand-ins for texts: addresses nobody has, numbers that look like numbers, words one can say."""

from __future__ import annotations

import ipaddress
import re
import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.masking.interface import MaskingError
from tests.support import maskers as at
from tests.support.maskers import PATIENT, mask, masked, unique

ADDRESS = re.compile(rb"[a-z0-9]{1,64}@([a-z0-9]{1,63}\.)*x\.test")


@PATIENT
@given(value=at.texts(at.LONG).filter(lambda value: value.strip(b" ") != b""))
def test_an_address_is_one_that_nobody_can_have(value: bytes) -> None:
    stand_in = masked("email", at.LONG, value)
    assert ADDRESS.fullmatch(stand_in.rstrip(b" "))


@pytest.mark.parametrize("count", range(1, 256))
def test_an_address_is_as_long_as_the_value_if_that_is_longer(count: int) -> None:
    stand_in = masked("email", at.LONG, b"a" * count)
    # One character more than 71 has no place in a name of labels.
    assert len(stand_in) == max(23, count - (count == 72))
    assert ADDRESS.fullmatch(stand_in)


@PATIENT
@given(value=st.from_regex(rb"[!-~]{15,80}", fullmatch=True))
def test_usual_addresses_are_masked_as_all_others(value: bytes) -> None:
    # With a space behind it an address does not go the short way, and its stand-in is the same before the space.
    assert masked("email", at.LONG, value + b" ") == masked("email", at.LONG, value) + b" "


@pytest.mark.parametrize("room", range(1, 30))
def test_an_address_fits_a_short_column_and_begins_alike(room: int) -> None:
    stand_in = masked("email", replace(at.SHORT, characters=room), b"anna@shop.example")
    assert len(stand_in) == min(room, 23)
    full = masked("email", at.LONG, b"anna@shop.example")
    assert full.startswith(stand_in.split(b"@")[0])


def test_addresses_in_a_short_unique_column_differ() -> None:
    function = mask("email", replace(unique(at.SHORT), characters=20))
    assert len({function(b"anna%d@shop.example" % number, b"") for number in range(300_000)}) == 300_000


@PATIENT
@given(value=st.text("0123456789 ()+-./", max_size=30).map(str.encode))
def test_a_phone_number_keeps_its_form(value: bytes) -> None:
    stand_in = masked("phone", at.LONG, value)
    assert re.sub(rb"\d", b"0", stand_in) == re.sub(rb"\d", b"0", value)
    digits, new = re.sub(rb"\D", b"", value), re.sub(rb"\D", b"", stand_in)
    assert new[:-10] == digits[:-10]


def test_a_phone_number_is_masked_alike_in_every_form() -> None:
    ends = {
        re.sub(rb"\D", b"", masked("phone", at.LONG, value))[-10:]
        for value in (b"+49 170 1234567", b"0170/1234567", b"(0170) 123-4567", b"491701234567", b"1701234567")
    }
    assert len(ends | {masked("phone", at.BIG, b"1701234567"), masked("phone", at.BIG, b"491701234567")[-10:]}) == 1


def test_words_beside_a_phone_number_do_not_come_through() -> None:
    stand_in = masked("phone", at.LONG, "ask for Zoë: 030 1234".encode())
    assert b"Zo" not in stand_in and b"1234" not in stand_in


def test_a_first_name_is_found_again_in_the_full_one() -> None:
    first, last = masked("name", at.LONG, b"Anna"), masked("name", at.LONG, "Müller".encode())
    assert masked("name", at.LONG, "Anna Müller".encode()) == first + b" " + last
    assert first.istitle() and first.isalpha() and len(first) == 4
    assert masked("name", at.LONG, b"ANNA") == first.upper()
    assert re.fullmatch("[bdfghjklmnprstvw]?([aeiou][bdfghjklmnprstvw])*[aeiou]?", first.decode().lower())


def test_names_in_any_script_become_ascii_of_the_same_length() -> None:
    for name in ("Ærøskøbing", "李小龍", "Дмитрий Иванович", "O\u2019Brien-Łukasz", "محمد", "🙂"):
        stand_in = masked("name", at.LONG, name.encode())
        assert stand_in.isascii() and len(stand_in) == len(name)


@PATIENT
@given(value=st.ip_addresses().map(str))
def test_an_ip_address_becomes_another_of_its_version(value: str) -> None:
    stand_in = masked("ip", at.LONG, value.encode()).decode()
    assert ipaddress.ip_address(stand_in).version == ipaddress.ip_address(value).version
    packed, version = ipaddress.ip_address(value).packed, ipaddress.ip_address(value).version
    # As bytes and as a number it is the same one.
    assert masked("ip", at.BYTES, packed) == ipaddress.ip_address(stand_in).packed
    if version == 4:
        number = int(ipaddress.ip_address(value))
        assert masked("ip", at.UNSIGNED, b"%d" % number) == b"%d" % int(ipaddress.ip_address(stand_in))


@PATIENT
@given(number=at.whole_numbers(at.INTEGER))
def test_an_ip_address_in_a_signed_column_fits(number: bytes) -> None:
    assert -(2**31) <= int(masked("ip", at.INTEGER, number)) < 2**31


def test_a_long_ip_address_in_a_short_column() -> None:
    place = replace(at.SHORT, characters=15)
    assert len(masked("ip", place, b"2001:db8::1")) == 11
    assert masked("ip", place, b"10.0.0.1") == masked("ip", at.LONG, b"10.0.0.1")
    with pytest.raises(MaskingError, match=r"users\.short holds an IPv6 address"):
        masked("ip", unique(place), b"2001:db8::1")


def test_a_text_keeps_its_lines() -> None:
    value = "Sehr geehrte Damen,\n\nich heiße Anna Müller\nund möchte mein Geld.\n".encode()
    stand_in = masked("text", at.FREE, value)
    assert [len(line) for line in stand_in.split(b"\n")] == [len(line) for line in value.decode().split("\n")]
    assert b"Anna" not in stand_in


@pytest.mark.parametrize("count", [17, 1_000, 100_000, 1_000_000])
def test_long_texts_keep_their_length(count: int) -> None:
    assert len(masked("text", at.FREE, b"x" * count)) == count
    assert len(masked("text", at.FREE, ("ü\n" * count).encode())) == 2 * count


@pytest.mark.parametrize("exact", [False, True])
@PATIENT
@given(value=st.from_regex(r"[0-9]{1,40}|[0-9a-f]{1,64}|[0-9A-F]{1,64}", fullmatch=True).map(str.encode))
def test_a_hash_keeps_its_alphabet(exact: bool, value: bytes) -> None:
    stand_in = masked("hash", replace(at.LONG, exact=exact), value)
    alphabet = "[0-9]+" if value.isdigit() else "[0-9A-F]+" if value.isupper() else "[0-9a-f]+"
    assert re.fullmatch(alphabet, stand_in.decode()) and len(stand_in) == len(value)


def test_hashes_of_three_characters_do_not_collide() -> None:
    """Digits, hexadecimal and other letters are three kinds, and none takes a stand-in of another."""
    letters = "0123456789abcdefg"
    values = [f"{a}{b}{c}".encode() for a in letters for b in letters for c in letters]
    for place in (at.SHORT, replace(unique(at.SHORT), exact=True)):
        assert len({masked("hash", place, value) for value in values}) == len(values)


def test_choices_are_exchanged_and_none_stays() -> None:
    stand_ins = [masked("hash", at.CHOICE, value.encode()) for value in at.CHOICE.choices]
    assert sorted(stand_ins) == sorted(value.encode() for value in at.CHOICE.choices)
    assert all(new != old.encode() for new, old in zip(stand_ins, at.CHOICE.choices, strict=True))
    assert masked("hash", at.CHOICE, b"NEW") == masked("hash", at.CHOICE, b"new")
    assert masked("hash", at.CHOICE, b"") == b""


def test_members_of_a_set_are_in_the_order_of_the_type() -> None:
    for value in (b"new", b"new,open", b"open,closed", b"new,open,closed"):
        members = masked("hash", at.CHOICES, value).decode().split(",")
        assert members == [choice for choice in at.CHOICES.choices if choice in members]
        assert len(members) == value.count(b",") + 1


@PATIENT
@given(value=st.uuids())
def test_a_uuid_stays_one_of_its_version(value: uuid.UUID) -> None:
    for text in (str(value), str(value).upper()):
        stand_in = uuid.UUID(masked("token", at.LONG, text.encode()).decode())
        assert (stand_in.version, stand_in.variant) == (value.version, value.variant)
        assert stand_in != value
    assert masked("token", replace(at.LONG, data_type="uuid"), str(value).encode()).decode() != str(value)


@PATIENT
@given(value=at.texts(at.LONG).filter(bytes.isascii))
def test_a_token_keeps_the_class_of_each_character(value: bytes) -> None:
    def classes(text: bytes) -> bytes:
        return re.sub(rb"[a-z]", b"a", re.sub(rb"[A-Z]", b"A", re.sub(rb"[0-9]", b"0", text)))

    assert classes(masked("token", at.LONG, value)) == classes(value)
